// SPDX-License-Identifier: MIT
/*
 * nvu/nvu.hpp: nvu in C++: handles, one exception, an awaiter. Header only.
 *
 *	nvu::ctrl ctrl("0000:01:00.0");
 *	nvu::dma buf(ctrl, 4096);
 *	nvu::qpair qpair(ctrl);
 *
 *	if (qpair.read(ctrl.ns(1), 0, 8, buf, 0, 1))
 *		for (const nvu_cpl &cpl : qpair.wait())
 *			handle(cpl);
 */
#ifndef NVU_NVU_HPP
#define NVU_NVU_HPP

#include <nvu/async.hpp>
#include <nvu/handles.hpp>

#endif /* NVU_NVU_HPP */
