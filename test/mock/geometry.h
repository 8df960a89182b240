/* SPDX-License-Identifier: MIT */
/*
 * geometry.h: what the tests of changed namespaces and controllers share.
 */
#ifndef NVU_TEST_GEOMETRY_H
#define NVU_TEST_GEOMETRY_H

#include "harness.h"

#include "clock.h"

enum { NS_BYTES = 1 << 20, HEALTH_CHECK_MS = 100, FORMAT_512 = 0, FORMAT_4096 = 3 };
enum { STEPS = 40, STEP_MS = 4 };

static inline void start(struct rig *rig, uint32_t namespaces, uint32_t flags)
{
	rig_start(rig,
		  NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .ns_bytes = NS_BYTES,
				.namespaces = namespaces, .ns_max = 4),
		  NVU_CTRL_OPTS(.admin_timeout_ms = 50),
		  NVU_QPAIR_OPTS(.depth = 16, .flags = flags));
}

static inline int command(struct rig *rig, uint8_t opcode, uint32_t nsid, uint32_t cdw10,
			  void *page)
{
	const struct nvu_sqe cmd = { .opcode = opcode,
				     .nsid = nvu_le32_put(nsid),
				     .cdw10 = nvu_le32_put(cdw10) };

	return nvu_admin(rig->ctrl, &cmd, page, page ? PAGE : 0, 0, NULL);
}

static inline int format(struct rig *rig, uint32_t nsid, uint32_t lbaf)
{
	return command(rig, NVU_ADMIN_FORMAT_NVM, nsid, lbaf, NULL);
}

static inline int attach(struct rig *rig, uint32_t nsid, uint32_t select)
{
	uint8_t list[PAGE] = { 1, 0, 1 };

	return command(rig, NVU_ADMIN_NS_ATTACHMENT, nsid, select, list);
}

static inline void change(struct rig *rig, const struct nvu_mock_changes *what)
{
	assert_int_equal(nvu_mock_change(rig->mock, what), 0);
}

#define CHANGE(rig, ...) change(rig, NVU_MOCK_CHANGE(__VA_ARGS__))

static inline const struct nvu_ns *get(struct rig *rig, uint32_t nsid)
{
	const struct nvu_ns *ns = NULL;

	assert_int_equal(nvu_ns_get(rig->ctrl, nsid, &ns), 0);
	return ns;
}

static inline int read_one(struct rig *rig, const struct nvu_ns *ns)
{
	int ret = nvu_read(rig->qpair, ns, 0, 1, rig->buf, 0, 0);

	return ret ? ret : rig_status(rig);
}

static inline void assert_stale(struct rig *rig, const struct nvu_ns *ns, const char *why)
{
	assert_int_equal(nvu_read(rig->qpair, ns, 0, 1, rig->buf, 0, 0), -ESTALE);
	rig_assert_sentence(why);
	rig_assert_sentence("nvu_ns_get");
	assert_int_equal(nvu_write(rig->qpair, ns, 0, 1, rig->buf, 0, 0), -ESTALE);
	assert_int_equal(nvu_flush(rig->qpair, ns, 0), -ESTALE);
	assert_int_equal(nvu_ns_info(ns)->nsid, 1); /* it can be looked at */
}

/*
 * A program that does nothing but poll: for two looks, and for the steps of identifying again, of which each poll takes
 * one.
 */
static inline void only_poll(struct rig *rig)
{
	struct nvu_cpl cpl;

	for (int turn = 0; turn < 4; turn++) {
		clock_advance_ms(HEALTH_CHECK_MS);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	}
	for (int turn = 0; turn < STEPS; turn++) {
		clock_advance_ms(STEP_MS);
		assert_int_equal(rig_poll(rig, &cpl, 1), 0);
	}
}

#endif
