/* SPDX-License-Identifier: MIT */
/*
 * covers.h: a test says which rows of lib/spec it covers, for docs/commands.md: what the controller answers
 * to the command, feature or log page, or the event that it reports, is asserted there.
 *
 *	COVERS(ADMIN, IDENTIFY);
 *
 * The kind is the set of commands.def, FEATURE, LOG_PAGE or EVENT; a symbol without a row does not compile. The
 * symbol of an event begins with its type, NOTICE_NS_CHANGED; the test includes spec/feature.h, which has it.
 * scripts/check-commands reads the names from the programs, which do not load them.
 */
#ifndef NVU_TEST_COVERS_H
#define NVU_TEST_COVERS_H

#include <nvu/spec.h>

#define COVERS_ADMIN(symbol) NVU_ADMIN_##symbol
#define COVERS_IO(symbol) NVU_CMD_##symbol
#define COVERS_NVM(symbol) NVU_CMD_##symbol
#define COVERS_ZONED(symbol) NVU_ZONED_##symbol
#define COVERS_KV(symbol) NVU_KV_##symbol
#define COVERS_FEATURE(symbol) NVU_FEAT_##symbol
#define COVERS_LOG_PAGE(symbol) NVU_LOG_##symbol
#define COVERS_EVENT(symbol) EVENT_##symbol

#define COVERS(kind, symbol)                                                               \
	__asm__(".pushsection .nvu.covers, \"\", %progbits\n\t.asciz \"" #kind " " #symbol \
		" " __FILE__ "\"\n\t.popsection");                                         \
	NVU_STATIC_ASSERT(COVERS_##kind(symbol) >= 0, "a row of lib/spec")

#endif
