// SPDX-License-Identifier: MIT
/*
 * sentences_ctrl.c: calls of nvu/ctrl.h, nvu/ns.h and nvu/protection.h that fail, and that work.
 */
#include "sentences.h"

#include <nvu/regs.h>

static int open_bad_address(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open("mock:colour=red", NULL, &ctrl);
}
static int open_unknown_option(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open("mock:", NVU_CTRL_OPTS(.flags = 1u << 31), &ctrl);
}
static int open_twice(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	return nvu_ctrl_open(rig_address(rig), NULL, &ctrl);
}
static int open_refused(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open("mock:size=1M,fault=status:qid=admin:op=6:status=2", NULL, &ctrl);
}
static int open_and_close(struct rig *rig)
{
	struct nvu_ctrl *ctrl;
	int ret = nvu_ctrl_open("mock:size=1M", NULL, &ctrl);

	(void)rig;
	if (!ret)
		nvu_ctrl_close(ctrl);
	return ret;
}
static int open_fds_null(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open_fds(NULL, NULL, &ctrl);
}
static int open_fds_nameless(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open_fds(NVU_CTRL_FDS(NULL, 0, -1, -1), NULL, &ctrl);
}
static int open_fds_without_group(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open_fds(NVU_CTRL_FDS("0000:01:00.0", -1, -1, -1), NULL, &ctrl);
}
static int open_fds_iommufd(struct rig *rig)
{
	struct nvu_ctrl_fds fds = *NVU_CTRL_FDS("0000:01:00.0", -1, -1, -1);
	struct nvu_ctrl *ctrl;

	(void)rig;
	fds.iommufd = 0;
	return nvu_ctrl_open_fds(&fds, NULL, &ctrl);
}
static int open_fds_ioas_alone(struct rig *rig)
{
	struct nvu_ctrl_fds fds = *NVU_CTRL_FDS("0000:01:00.0", 0, -1, -1);
	struct nvu_ctrl *ctrl;

	(void)rig;
	fds.ioas = 1;
	return nvu_ctrl_open_fds(&fds, NULL, &ctrl);
}
static int open_fds_short(struct rig *rig)
{
	struct nvu_ctrl_fds fds = *NVU_CTRL_FDS("0000:01:00.0", -1, -1, -1);
	struct nvu_ctrl *ctrl;

	(void)rig;
	fds.size = sizeof(fds.size);
	return nvu_ctrl_open_fds(&fds, NULL, &ctrl);
}
static int open_fds_no_group(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open_fds(NVU_CTRL_FDS("0000:01:00.0", 0, -1, -1), NULL, &ctrl);
}
static int start_bad_address(struct rig *rig)
{
	struct nvu_ctrl *ctrl;

	(void)rig;
	return nvu_ctrl_open_start("mock:colour=red", NULL, &ctrl);
}
static int start_and_close(struct rig *rig)
{
	struct nvu_ctrl *ctrl;
	int ret = nvu_ctrl_open_start("mock:size=1M", NULL, &ctrl);

	(void)rig;
	if (!ret)
		nvu_ctrl_close(ctrl);
	return ret;
}
static int open_in_steps(const char *address)
{
	struct nvu_ctrl *ctrl;
	int ret = nvu_ctrl_open_start(address, NULL, &ctrl);

	if (ret)
		return ret;
	while ((ret = nvu_ctrl_open_step(ctrl)) == -EAGAIN)
		;
	nvu_ctrl_close(ctrl);
	return ret;
}
static int step_works(struct rig *rig)
{
	(void)rig;
	return open_in_steps("mock:size=1M");
}
static int step_refused(struct rig *rig)
{
	(void)rig;
	return open_in_steps("mock:size=1M,fault=status:qid=admin:op=6:status=2");
}
static int reset_before_it_is_open(struct rig *rig)
{
	struct nvu_ctrl *ctrl;
	int ret = nvu_ctrl_open_start("mock:size=1M", NULL, &ctrl);

	(void)rig;
	if (ret)
		return 0;
	ret = nvu_ctrl_reset(ctrl);
	nvu_ctrl_close(ctrl);
	return ret;
}
static int open_no_namespace(struct rig *rig)
{
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;

	(void)rig;
	return nvu_open("mock:size=1M#2", NULL, &ctrl, &ns);
}
static int open_bad_namespace(struct rig *rig)
{
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;

	(void)rig;
	return nvu_open("mock:size=1M#0", NULL, &ctrl, &ns);
}
static int open_namespace(struct rig *rig)
{
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns;
	int ret = nvu_open("mock:size=1M,ns=2#2", NULL, &ctrl, &ns);

	(void)rig;
	if (!ret)
		nvu_ctrl_close(ctrl);
	return ret;
}
/* There is nothing that such a controller would not fail at, inside. */
static int close_dead(struct rig *rig)
{
	sentence_die(rig);
	nvu_qpair_destroy(rig->qpair);
	nvu_ctrl_close(rig->ctrl);
	rig->qpair = NULL;
	rig->ctrl = NULL;
	return 0;
}
static int release_fd(struct rig *rig)
{
	return nvu_ctrl_release_fd(rig->ctrl);
}
static int reset(struct rig *rig)
{
	return nvu_ctrl_reset(rig->ctrl);
}
static int reset_dead(struct rig *rig)
{
	sentence_die(rig);
	return reset(rig);
}
static int reset_refused(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_NEVER_READY));
	return reset(rig);
}
static int start_reset(struct rig *rig)
{
	return nvu_ctrl_reset_start(rig->ctrl);
}
static int start_reset_dead(struct rig *rig)
{
	sentence_die(rig);
	return start_reset(rig);
}
static int start_reset_before_it_is_open(struct rig *rig)
{
	struct nvu_ctrl *ctrl;
	int ret = nvu_ctrl_open_start("mock:size=1M", NULL, &ctrl);

	(void)rig;
	if (ret)
		return 0;
	ret = nvu_ctrl_reset_start(ctrl);
	nvu_ctrl_close(ctrl);
	return ret;
}
static int step_reset(struct rig *rig)
{
	int ret = nvu_ctrl_reset_start(rig->ctrl);

	while (!ret || ret == -EAGAIN) {
		(void)nvu_mock_step(rig->mock, 1);
		ret = nvu_ctrl_reset_step(rig->ctrl);
		if (!ret)
			break;
	}
	return ret;
}
static int step_reset_dead(struct rig *rig)
{
	sentence_die(rig);
	return nvu_ctrl_reset_step(rig->ctrl);
}
static int service(struct rig *rig)
{
	struct nvu_event event;

	return nvu_ctrl_service(rig->ctrl, &event);
}
static int service_dead(struct rig *rig)
{
	sentence_die(rig);
	return service(rig);
}
static int service_gone(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_GONE_NOW));
	return service(rig);
}
static int service_failed(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_CFS_NOW));
	return service(rig);
}

static int admin(struct rig *rig, uint8_t opcode, void *data, size_t len, uint32_t timeout_ms)
{
	const struct nvu_sqe cmd = { .opcode = opcode,
				     .cdw10 = nvu_le32_put(NVU_CNS_CTRL),
				     .nsid = 0 };

	return nvu_admin(rig->ctrl, &cmd, data, len, timeout_ms, NULL);
}
static int admin_works(struct rig *rig)
{
	char data[PAGE];

	return admin(rig, NVU_ADMIN_IDENTIFY, data, sizeof(data), 0);
}
static int admin_reserved(struct rig *rig)
{
	return admin(rig, NVU_ADMIN_CREATE_SQ, NULL, 0, 0);
}
static int admin_without_memory(struct rig *rig)
{
	return admin(rig, NVU_ADMIN_IDENTIFY, NULL, PAGE, 0);
}
static int admin_odd_length(struct rig *rig)
{
	char data[PAGE];

	return admin(rig, NVU_ADMIN_IDENTIFY, data, 3, 0);
}
static int admin_unknown_opcode(struct rig *rig)
{
	return admin(rig, 0xc5, NULL, 0, 0);
}
static int admin_unanswered(struct rig *rig)
{
	rig_inject(rig, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .qid = NVU_MOCK_ADMIN_QUEUE));
	return admin(rig, 0xc5, NULL, 0, 1);
}
static int admin_dead(struct rig *rig)
{
	sentence_die(rig);
	return admin_works(rig);
}

static int start_admin(struct rig *rig, uint8_t opcode, void *data, size_t len)
{
	const struct nvu_sqe cmd = { .opcode = opcode, .cdw10 = nvu_le32_put(NVU_CNS_CTRL) };

	return nvu_admin_start(rig->ctrl, &cmd, data, len, 0, 0);
}
static int start_admin_works(struct rig *rig)
{
	static char data[PAGE];

	return start_admin(rig, NVU_ADMIN_IDENTIFY, data, sizeof(data));
}
static int start_admin_reserved(struct rig *rig)
{
	return start_admin(rig, NVU_ADMIN_CREATE_SQ, NULL, 0);
}
static int start_admin_without_memory(struct rig *rig)
{
	return start_admin(rig, NVU_ADMIN_IDENTIFY, NULL, PAGE);
}
static int start_admin_dead(struct rig *rig)
{
	sentence_die(rig);
	return start_admin_works(rig);
}

static int poll_admin(struct rig *rig)
{
	struct nvu_cpl cpl;

	return nvu_admin_poll(rig->ctrl, &cpl, 1);
}
static int poll_admin_works(struct rig *rig)
{
	int ret = start_admin_works(rig);

	while (!ret)
		ret = poll_admin(rig);
	return ret < 0 ? ret : 0;
}
static int poll_admin_without_room(struct rig *rig)
{
	return nvu_admin_poll(rig->ctrl, NULL, 0);
}
static int poll_admin_dead(struct rig *rig)
{
	sentence_die(rig);
	return poll_admin(rig);
}

static int get_namespace(struct rig *rig)
{
	const struct nvu_ns *ns;

	return nvu_ns_get(rig->ctrl, 1, &ns);
}
static int get_namespace_7(struct rig *rig)
{
	const struct nvu_ns *ns;

	return nvu_ns_get(rig->ctrl, 7, &ns);
}

static int protection_of_none(struct rig *rig)
{
	struct nvu_protection_format format;

	return nvu_protection_of(rig->ns, &format, sizeof(format));
}

/* The tags of a block of 512 bytes with a tuple of 8, and what is done to its bytes. */
static int protect(uint16_t app_tag, uint8_t xor, uint32_t checks)
{
	const struct nvu_protection_format *format =
		NVU_PROTECTION_FORMAT(.block_bytes = 512, .metadata_bytes = 8, .type = 1);
	uint8_t data[512] = { 1 }, metadata[8];
	int ret = nvu_protection_generate(format, NVU_PROTECTION_ARGS(.app_tag = app_tag), data,
					  metadata, 1);

	data[0] ^= xor;
	return ret ? ret
		   : nvu_protection_verify(format, NVU_PROTECTION_ARGS(.checks = checks), data,
					   metadata, 1, NULL);
}
static int verify_works(struct rig *rig)
{
	(void)rig;
	return protect(1, 0, NVU_RW_PRCHK_GUARD);
}
static int verify_damaged(struct rig *rig)
{
	(void)rig;
	return protect(1, 1, NVU_RW_PRCHK_GUARD);
}
static int verify_nothing(struct rig *rig)
{
	(void)rig;
	return protect(1, 0, 0);
}
static int generate_without_format(struct rig *rig)
{
	(void)rig;
	return nvu_protection_generate(NULL, NULL, NULL, NULL, 1);
}
static int encode_without_format(struct rig *rig)
{
	struct nvu_sqe cmd;

	(void)rig;
	return nvu_protection_encode(NULL, NULL, &cmd);
}
static int encode_works(struct rig *rig)
{
	struct nvu_sqe cmd = { .opcode = NVU_CMD_READ };

	(void)rig;
	return nvu_protection_encode(
		NVU_PROTECTION_FORMAT(.block_bytes = 512, .metadata_bytes = 8, .type = 1), NULL,
		&cmd);
}

static int read_half_a_register(struct rig *rig)
{
	uint8_t data[4];

	return nvu_ctrl_registers(rig->ctrl, data, 2);
}
static int discover_without_size(struct rig *rig)
{
	struct nvu_found found = { .size = 0 };

	(void)rig;
	return nvu_discover(&found, 1);
}

const struct sentence_row sentence_ctrl_rows[] = {
	{ "nvu_ctrl_open", open_bad_address, open_and_close },
	{ "nvu_ctrl_open", open_unknown_option, NULL },
	{ "nvu_ctrl_open", open_twice, NULL },
	{ "nvu_ctrl_open", open_refused, NULL },
	{ "nvu_ctrl_open_start", start_bad_address, start_and_close },
	{ "nvu_ctrl_open_step", step_refused, step_works },
	{ "nvu_ctrl_open_fds", open_fds_null, NULL },
	{ "nvu_ctrl_open_fds", open_fds_nameless, NULL },
	{ "nvu_ctrl_open_fds", open_fds_without_group, NULL },
	{ "nvu_ctrl_open_fds", open_fds_iommufd, NULL },
	{ "nvu_ctrl_open_fds", open_fds_ioas_alone, NULL },
	{ "nvu_ctrl_open_fds", open_fds_short, NULL },
	{ "nvu_ctrl_open_fds", open_fds_no_group, NULL },
	{ "nvu_open", open_bad_namespace, open_namespace },
	{ "nvu_open", open_no_namespace, NULL },
	{ "nvu_ctrl_release_fd", release_fd, NULL },
	{ "nvu_ctrl_reset", reset_dead, reset },
	{ "nvu_ctrl_reset", reset_refused, NULL },
	{ "nvu_ctrl_reset", reset_before_it_is_open, NULL },
	{ "nvu_ctrl_reset_start", start_reset_dead, start_reset },
	{ "nvu_ctrl_reset_start", start_reset_before_it_is_open, NULL },
	{ "nvu_ctrl_reset_step", step_reset_dead, step_reset },
	{ "nvu_ctrl_service", service_dead, service },
	{ "nvu_ctrl_service", service_gone, NULL },
	{ "nvu_ctrl_service", service_failed, NULL },
	{ "nvu_admin", admin_reserved, admin_works },
	{ "nvu_admin", admin_without_memory, NULL },
	{ "nvu_admin", admin_odd_length, NULL },
	{ "nvu_admin", admin_unknown_opcode, NULL },
	{ "nvu_admin", admin_unanswered, NULL },
	{ "nvu_admin", admin_dead, NULL },
	{ "nvu_admin_start", start_admin_reserved, start_admin_works },
	{ "nvu_admin_start", start_admin_without_memory, NULL },
	{ "nvu_admin_start", start_admin_dead, NULL },
	{ "nvu_admin_poll", poll_admin_without_room, poll_admin_works },
	{ "nvu_admin_poll", poll_admin_dead, NULL },
	{ "nvu_ns_get", get_namespace_7, get_namespace },
	{ "nvu_protection_of", protection_of_none, NULL },
	{ "nvu_protection_generate", generate_without_format, verify_works },
	{ "nvu_protection_verify", verify_damaged, verify_works },
	{ "nvu_protection_verify", verify_nothing, NULL },
	{ "nvu_protection_encode", encode_without_format, encode_works },
	{ "nvu_ctrl_registers", read_half_a_register, NULL },
	{ "nvu_discover", discover_without_size, NULL },
	{ "nvu_ctrl_close", NULL, close_dead },
	{ "nvu_qpair_destroy", NULL, close_dead },
	{ "nvu_ctrl_identify", NULL, NULL },
	{ "nvu_ctrl_info", NULL, NULL },
	{ "nvu_ns_identify", NULL, NULL },
	{ "nvu_ns_info", NULL, NULL },
	{ "nvu_ns_next", NULL, NULL },
	{ NULL, NULL, NULL },
};
