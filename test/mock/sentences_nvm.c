// SPDX-License-Identifier: MIT
/*
 * sentences_nvm.c: calls of nvu/nvm.h that fail, and that work.
 */
#include "sentences.h"

static int work(struct rig *rig, int ret)
{
	return ret ? ret : rig_status(rig);
}
static int spoil_works(struct rig *rig)
{
	return work(rig, nvu_write_uncorrectable(rig->qpair, rig->ns, 0, 1, 0));
}
static int spoil_nothing(struct rig *rig)
{
	return nvu_write_uncorrectable(rig->qpair, rig->ns, 0, 0, 0);
}
static int spoil_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_write_uncorrectable(rig->qpair, rig->ns, 0, 1, 0);
}
static int zeroes_work(struct rig *rig)
{
	return work(rig, nvu_write_zeroes(rig->qpair, rig->ns, 0, 1, NVU_RW_DEAC, 0));
}
static int zeroes_past_the_end(struct rig *rig)
{
	return nvu_write_zeroes(rig->qpair, rig->ns, UINT64_MAX, 1, 0, 0);
}
static int zeroes_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_write_zeroes(rig->qpair, rig->ns, 0, 1, 0, 0);
}
static int verify_works(struct rig *rig)
{
	return work(rig, nvu_verify(rig->qpair, rig->ns, 0, 1, 0, 0));
}
static int verify_unknown_flag(struct rig *rig)
{
	return nvu_verify(rig->qpair, rig->ns, 0, 1, NVU_RW_DEAC, 0);
}
static int compare_works(struct rig *rig)
{
	return work(rig, nvu_compare(rig->qpair, rig->ns, 0, 1, rig->buf, 0, 0, 0));
}
static int compare_without_buffer(struct rig *rig)
{
	return nvu_compare(rig->qpair, rig->ns, 0, 1, NULL, 0, 0, 0);
}
static int deallocate(struct rig *rig, uint32_t count)
{
	static const struct nvu_range range = { .lba = 0, .blocks = 1 };

	return nvu_deallocate(rig->qpair, rig->ns, &range, count, 0);
}
static int deallocate_works(struct rig *rig)
{
	return work(rig, deallocate(rig, 1));
}
static int deallocate_nothing(struct rig *rig)
{
	return deallocate(rig, 0);
}
static int deallocate_dead(struct rig *rig)
{
	sentence_die(rig);
	return deallocate(rig, 1);
}
static int rw(struct rig *rig, uint64_t blocks)
{
	return nvu_rw(rig->qpair, NVU_RW_ARGS(.ns = rig->ns, .opcode = NVU_CMD_READ,
					      .blocks = blocks, .buf = rig->buf));
}
static int rw_works(struct rig *rig)
{
	return work(rig, rw(rig, 1));
}
static int rw_nothing(struct rig *rig)
{
	return rw(rig, 0);
}
static int rw_dead(struct rig *rig)
{
	sentence_die(rig);
	return rw(rig, 1);
}
static int compare_and_write(struct rig *rig, uint32_t blocks)
{
	return nvu_compare_and_write(rig->qpair, rig->ns, 0, blocks, rig->buf, 0, rig->buf, 0, 0);
}
static int compare_and_write_works(struct rig *rig)
{
	return work(rig, compare_and_write(rig, 1));
}
static int compare_and_write_nothing(struct rig *rig)
{
	return compare_and_write(rig, 0);
}
static int compare_and_write_dead(struct rig *rig)
{
	sentence_die(rig);
	return compare_and_write(rig, 1);
}
static int copy(struct rig *rig, uint32_t blocks)
{
	const struct nvu_copy_range range = { .lba = 0, .blocks = blocks };

	return nvu_copy(rig->qpair, rig->ns, 8, &range, 1, 0, 0);
}
static int copy_works(struct rig *rig)
{
	return work(rig, copy(rig, 1));
}
static int copy_nothing(struct rig *rig)
{
	return copy(rig, 0);
}
static int copy_dead(struct rig *rig)
{
	sentence_die(rig);
	return copy(rig, 1);
}
static int register_key(struct rig *rig, uint32_t action)
{
	return nvu_reservation_register(rig->qpair, rig->ns, action, 0, 0, 7, 0);
}
static int register_works(struct rig *rig)
{
	return work(rig, register_key(rig, NVU_RESERVATION_REGISTER));
}
static int register_unknown_action(struct rig *rig)
{
	return register_key(rig, 3);
}
static int register_dead(struct rig *rig)
{
	sentence_die(rig);
	return register_key(rig, NVU_RESERVATION_REGISTER);
}
static int acquire(struct rig *rig, uint32_t type)
{
	int ret = register_works(rig);

	return ret ? ret : nvu_reservation_acquire(rig->qpair, rig->ns, 0, type, 7, 0, 0);
}
static int acquire_works(struct rig *rig)
{
	return work(rig, acquire(rig, 1));
}
static int acquire_unknown_type(struct rig *rig)
{
	return acquire(rig, 7);
}
static int release(struct rig *rig, uint32_t type)
{
	int ret = acquire_works(rig);

	return ret ? ret : nvu_reservation_release(rig->qpair, rig->ns, 0, type, 7, 0);
}
static int release_works(struct rig *rig)
{
	return work(rig, release(rig, 1));
}
static int release_unknown_type(struct rig *rig)
{
	return release(rig, 0);
}
static int report_works(struct rig *rig)
{
	return work(rig, nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0, 24, 0, 0));
}
static int report_nothing(struct rig *rig)
{
	return nvu_reservation_report(rig->qpair, rig->ns, rig->buf, 0, 0, 0, 0);
}
static int decode(uint8_t type)
{
	const uint8_t data[24] = { [4] = type };
	struct nvu_reservation reservation;

	return nvu_reservation_decode(data, sizeof(data), 0, &reservation, NULL, 0);
}
static int decode_works(struct rig *rig)
{
	(void)rig;
	return decode(6);
}
static int decode_unknown_type(struct rig *rig)
{
	(void)rig;
	return decode(7);
}
static int host_id_works(struct rig *rig)
{
	return nvu_reservation_set_host_id(rig->ctrl, "abcdefgh", 8);
}
static int host_id_of_no_length(struct rig *rig)
{
	return nvu_reservation_set_host_id(rig->ctrl, "abcdefgh", 0);
}
static int host_id_dead(struct rig *rig)
{
	sentence_die(rig);
	return host_id_works(rig);
}
static int reserve(struct rig *rig, uint32_t opcode)
{
	return nvu_mock_reserve(rig->mock, NVU_MOCK_RESERVE(.opcode = opcode, .other_key = 7));
}
static int reserve_works(struct rig *rig)
{
	return reserve(rig, NVU_CMD_RESERVATION_REGISTER);
}
static int reserve_reads(struct rig *rig)
{
	return reserve(rig, NVU_CMD_READ);
}
static int describe(struct rig *rig, size_t len)
{
	const struct nvu_cpl cpl = { .status = NVU_SC_INTERNAL };
	char text[256];

	return nvu_cpl_describe(rig->qpair, &cpl, text, len);
}
static int describe_works(struct rig *rig)
{
	return describe(rig, 256) > 0 ? 0 : -1;
}
static int describe_without_room(struct rig *rig)
{
	return describe(rig, 0);
}

static int flush_after_works(struct rig *rig)
{
	return work(rig, nvu_flush_after(rig->qpair, rig->ns, 0));
}
static int flush_after_foreign(struct rig *rig)
{
	const struct nvu_ns *ns;
	struct nvu_ctrl *other;
	int ret;

	assert_int_equal(nvu_ctrl_open("mock:size=1M", NULL, &other), 0);
	assert_int_equal(nvu_ns_get(other, 1, &ns), 0);
	ret = nvu_flush_after(rig->qpair, ns, 0);
	nvu_ctrl_close(other);
	return ret;
}
static int flush_after_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_flush_after(rig->qpair, rig->ns, 0);
}

static int abort_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_abort(rig->qpair, 1);
}

const struct sentence_row sentence_nvm_rows[] = {
	{ "nvu_write_uncorrectable", spoil_nothing, spoil_works },
	{ "nvu_write_uncorrectable", spoil_dead, NULL },
	{ "nvu_flush_after", flush_after_foreign, flush_after_works },
	{ "nvu_flush_after", flush_after_dead, NULL },
	{ "nvu_abort", abort_dead, NULL },
	{ "nvu_write_zeroes", zeroes_past_the_end, zeroes_work },
	{ "nvu_write_zeroes", zeroes_dead, NULL },
	{ "nvu_verify", verify_unknown_flag, verify_works },
	{ "nvu_compare", compare_without_buffer, compare_works },
	{ "nvu_deallocate", deallocate_nothing, deallocate_works },
	{ "nvu_deallocate", deallocate_dead, NULL },
	{ "nvu_rw", rw_nothing, rw_works },
	{ "nvu_rw", rw_dead, NULL },
	{ "nvu_compare_and_write", compare_and_write_nothing, compare_and_write_works },
	{ "nvu_compare_and_write", compare_and_write_dead, NULL },
	{ "nvu_copy", copy_nothing, copy_works },
	{ "nvu_copy", copy_dead, NULL },
	{ "nvu_reservation_register", register_unknown_action, register_works },
	{ "nvu_reservation_register", register_dead, NULL },
	{ "nvu_reservation_acquire", acquire_unknown_type, acquire_works },
	{ "nvu_reservation_release", release_unknown_type, release_works },
	{ "nvu_reservation_report", report_nothing, report_works },
	{ "nvu_reservation_decode", decode_unknown_type, decode_works },
	{ "nvu_reservation_set_host_id", host_id_of_no_length, host_id_works },
	{ "nvu_reservation_set_host_id", host_id_dead, NULL },
	{ "nvu_mock_reserve", reserve_reads, reserve_works },
	{ "nvu_cpl_describe", describe_without_room, describe_works },
	{ NULL, NULL, NULL },
};
