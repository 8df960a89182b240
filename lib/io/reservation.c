/* SPDX-License-Identifier: MIT */
/*
 * reservation.c: commands of reservations. The keys are copied to a page of the queue pair.
 */
#include "spec/reservation.h"

#include "base/error.h"
#include "ctrl/snapshot.h"
#include "io/allow.h"
#include "io/explain.h"
#include "io/paged.h"
#include "io/slow.h"
#include "qpair/ranges.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The namespace may have no reservations although the controller has the commands. */
static int allow_reservation(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint8_t opcode,
			     const char *function)
{
	int ret = allow_command(qpair, ns, opcode, function);

	if (ret || ns->info.reservation_types)
		return ret;
	return error_set(-ENOTSUP, "namespace %u does not support reservations (RESCAP is %#x)",
			 ns->info.nsid, ns->id.rescap);
}

static int check_action(uint32_t action, uint32_t last, const char *function)
{
	if (action <= last)
		return 0;
	return error_set(-EINVAL, "action is %u: %s() expects 0 to %u", action, function, last);
}

static int check_type(const struct nvu_ns *ns, uint32_t type)
{
	if (!type || type >= RESERVATION_TYPES)
		return error_set(-EINVAL, "type is %u: expected 1 to %d", type,
				 RESERVATION_TYPES - 1);
	if (ns->info.reservation_types & 1u << type)
		return 0;
	return error_set(-ENOTSUP,
			 "namespace %u does not support reservation type %u: bit n of "
			 "nvu_ns_info()->reservation_types, %#x, says that it has type n",
			 ns->info.nsid, type, ns->info.reservation_types);
}

static int check_flags(const struct nvu_ns *ns, uint32_t flags)
{
	uint32_t persistence = flags & NVU_RESERVATION_PERSIST;

	if (flags & ~(NVU_RESERVATION_IGNORE_KEY | NVU_RESERVATION_PERSIST) ||
	    (persistence && !(persistence & NVU_RESERVATION_VANISH)))
		return error_set(-EINVAL,
				 "flags is %#x: expected NVU_RESERVATION_IGNORE_KEY, and "
				 "NVU_RESERVATION_PERSIST or NVU_RESERVATION_VANISH",
				 flags);
	if (persistence == NVU_RESERVATION_PERSIST &&
	    !(ns->info.reservation_types & NVU_RESCAP_PERSIST))
		return error_set(-ENOTSUP,
				 "namespace %u does not keep reservations through a power loss "
				 "(RESCAP is %#x): leave NVU_RESERVATION_PERSIST out",
				 ns->info.nsid, ns->id.rescap);
	return 0;
}

static int queue_keys(struct nvu_qpair *qpair, const char *function, struct nvu_sqe *cmd,
		      uint64_t key, uint64_t other, uint64_t user_data)
{
	const struct nvu_reservation_keys keys = { nvu_le64_put(key), nvu_le64_put(other) };
	uint32_t page;
	int ret = paged_find(qpair, 0, &page);

	if (ret)
		return ret;
	memcpy(ranges_page(qpair, page), &keys, sizeof(keys));
	return paged_queue(qpair, function, cmd, page, user_data);
}

int nvu_reservation_register(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint32_t action,
			     uint32_t flags, uint64_t key, uint64_t new_key, uint64_t user_data)
{
	int ret = allow_reservation(qpair, ns, NVU_CMD_RESERVATION_REGISTER, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = check_action(action, NVU_RESERVATION_REPLACE, __func__);
	if (!ret)
		ret = check_flags(ns, flags);
	if (ret)
		return ret;
	cmd = encode_reservation_register(ns->info.nsid, action, flags);
	return queue_keys(qpair, __func__, &cmd, key, new_key, user_data);
}

int nvu_reservation_acquire(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint32_t action,
			    uint32_t type, uint64_t key, uint64_t preempted_key, uint64_t user_data)
{
	int ret = allow_reservation(qpair, ns, NVU_CMD_RESERVATION_ACQUIRE, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = check_action(action, NVU_RESERVATION_PREEMPT_ABORT, __func__);
	if (!ret)
		ret = check_type(ns, type);
	if (ret)
		return ret;
	cmd = encode_reservation_acquire(ns->info.nsid, action, type);
	return queue_keys(qpair, __func__, &cmd, key, preempted_key, user_data);
}

int nvu_reservation_release(struct nvu_qpair *qpair, const struct nvu_ns *ns, uint32_t action,
			    uint32_t type, uint64_t key, uint64_t user_data)
{
	int ret = allow_reservation(qpair, ns, NVU_CMD_RESERVATION_RELEASE, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = check_action(action, NVU_RESERVATION_CLEAR, __func__);
	if (!ret && action == NVU_RESERVATION_RELEASE)
		ret = check_type(ns, type);
	if (ret)
		return ret;
	if (action == NVU_RESERVATION_CLEAR)
		type = NVU_RESERVATION_NONE;
	cmd = encode_reservation_release(ns->info.nsid, action, type);
	return queue_keys(qpair, __func__, &cmd, key, 0, user_data);
}

/* Room for the head, and no more than a command moves. */
static int check_report(const struct nvu_qpair *qpair, size_t len, uint32_t flags)
{
	uint32_t max = snapshot_get(qpair->ctrl)->info.max_transfer_bytes;
	uint32_t min = reservation_head_bytes(flags);

	if (flags & ~NVU_RESERVATION_EXTENDED)
		return error_set(-EINVAL, "flags is %#x: expected NVU_RESERVATION_EXTENDED or 0",
				 flags);
	if (len < min || len > max || len % 4)
		return error_set(-EINVAL,
				 "len is %zu: it must be a multiple of 4 between %u and %u", len,
				 min, max);
	return 0;
}

int nvu_reservation_report(struct nvu_qpair *qpair, const struct nvu_ns *ns,
			   const struct nvu_dma *buf, size_t offset, size_t len, uint32_t flags,
			   uint64_t user_data)
{
	int ret = allow_reservation(qpair, ns, NVU_CMD_RESERVATION_REPORT, __func__);
	struct nvu_sqe cmd;

	if (!ret)
		ret = check_report(qpair, len, flags);
	if (!ret)
		ret = explain_buffer(qpair, __func__, buf, offset, len, true);
	if (ret)
		return ret;
	cmd = encode_reservation_report(ns->info.nsid, len, flags);
	return slow_queue(qpair, __func__, &cmd, buf, offset, len, user_data);
}

int nvu_reservation_decode(const void *data, size_t len, uint32_t flags,
			   struct nvu_reservation *ret_reservation,
			   struct nvu_registrant *ret_registrants, uint32_t max)
{
	uint32_t min = reservation_head_bytes(flags);
	int ret;

	if (flags & ~NVU_RESERVATION_EXTENDED)
		return error_set(-EINVAL, "flags is %#x: expected NVU_RESERVATION_EXTENDED or 0",
				 flags);
	if (len < min)
		return error_set(-EINVAL, "len is %zu: a report has %u bytes before the first host",
				 len, min);
	ret = reservation_decode(data, len, flags, ret_reservation, ret_registrants, max);
	if (ret < 0)
		return error_set(ret, "the report has a type of reservation that does not exist");
	return ret;
}
