// SPDX-License-Identifier: MIT
/*
 * device.c: the controller's own behaviour: enabling, fetching commands, tricks, completions.
 */
#include "device.h"

#include "input.h"

enum { SHST_COMPLETE = 2, EVENT_NEVER = 0x7fffffff };

struct device device;
extern const struct transport_domain_ops device_domain_ops;

void device_init(void)
{
	memset(&device, 0, sizeof(device));
	device.domain.ops = &device_domain_ops;
	device.domain.page_bytes = 4096;
	device.domain.max_mappings = UINT32_MAX;
	device.transport.reg_bytes = 0x2000;
	device.map_doorbells = true;
	device.cap = 0x3ff | NVU_CAP_CQR | NVU_PUT(NVU_CAP_TO, 2) | NVU_CAP_CSS_NVM |
		     NVU_PUT(NVU_CAP_MPSMAX, 4);
	device.vs = NVU_VS(1, 4, 0);
	device.namespaces = 2;
	device.lbads = 9;
	device.blocks = 4096;
}

void device_reset(void)
{
	memset(device.queues, 0, sizeof(device.queues));
	device.cc = device.csts = device.csts_next = 0;
	device.reads_left = 0;
	device.held_count = 0;
	device.shadow_iova = 0;
	device.fatal = false;
	device.stopping = true;
	device.ends++;
}

static uint32_t ends(uint16_t qid)
{
	return device.ends + device.queue_ends[qid];
}

uint8_t *device_memory(uint64_t iova, uint64_t len, uint32_t prot)
{
	for (uint32_t i = 0; device.master && i < device.map_count; i++) {
		const struct device_map *map = &device.maps[i];

		if (iova >= map->iova && iova - map->iova < map->len &&
		    len <= map->len - (iova - map->iova) && (map->prot & prot) == prot)
			return map->addr + (iova - map->iova);
	}
	return NULL;
}

void device_write(uint64_t iova, const void *data, uint64_t len)
{
	uint8_t *to = device_memory(iova, len, TRANSPORT_DMA_WRITE);

	if (to)
		memcpy(to, data, len);
}

static void change_status(uint32_t csts)
{
	device.csts_next = csts;
	device.reads_left = device.ready_reads;
	if (!device.reads_left)
		device.csts = csts;
}

static void start(void)
{
	struct device_queue *admin = &device.queues[0];

	memset(device.queues, 0, sizeof(device.queues));
	if (device.bar)
		memset(device.bar, 0, device.transport.reg_bytes);
	device.held_count = 0;
	device.shadow_iova = 0;
	*admin = (struct device_queue){
		.live = true,
		.cq_live = true,
		.entries = (uint16_t)NVU_GET(NVU_AQA_ASQS, device.aqa),
		.cq_entries = (uint16_t)NVU_GET(NVU_AQA_ACQS, device.aqa),
		.iova = device.asq,
		.cq_iova = device.acq,
		.phase = 1,
	};
	change_status(NVU_CSTS_RDY);
}

void device_write_cc(uint32_t value)
{
	uint32_t before = device.cc;

	device_trace("  CC = %xh", value);
	device.cc = value;
	if ((value & NVU_CC_EN) && !(before & NVU_CC_EN)) {
		start();
	} else if (!(value & NVU_CC_EN) && (before & NVU_CC_EN)) {
		memset(device.queues, 0, sizeof(device.queues));
		device.held_count = 0;
		device.fatal = false;
		change_status(0);
	} else if ((value & NVU_CC_SHN) && !(before & NVU_CC_SHN)) {
		change_status(device.csts | (uint32_t)NVU_PUT(NVU_CSTS_SHST, SHST_COMPLETE));
	}
}

uint32_t device_read_csts(void)
{
	if (device.reads_left && !--device.reads_left)
		device.csts = device.csts_next;
	return device.csts | (device.fatal ? (uint32_t)NVU_CSTS_CFS : 0);
}

void device_ring(uint32_t offset, uint32_t value)
{
	uint32_t stride = 4u << NVU_GET(NVU_CAP_DSTRD, device.cap);
	uint32_t index = offset / stride;

	if (offset % stride || index / 2 >= DEVICE_QUEUES || index % 2)
		return;
	device.queues[index / 2].doorbell = value;
	if (device.hasty)
		device_step(UINT32_MAX);
}

/* The tail that the driver has written last, to the register or to the shadow doorbell. */
static uint32_t look_at_doorbell(struct device_queue *sq, uint16_t qid)
{
	uint32_t at = qid * 2u * (4u << NVU_GET(NVU_CAP_DSTRD, device.cap)), value;
	const uint8_t *shadow = NULL;

	if (device.map_doorbells && device.bar &&
	    NVU_REG_DOORBELLS + at + 4 <= device.transport.reg_bytes) {
		memcpy(&value, device.bar + NVU_REG_DOORBELLS + at, sizeof(value));
		sq->doorbell = value;
	}
	if (device.shadow_iova && sq->shadow)
		shadow = device_memory(device.shadow_iova + at, sizeof(value), TRANSPORT_DMA_READ);
	if (shadow) {
		memcpy(&value, shadow, sizeof(value));
		sq->doorbell = value;
	}
	return sq->doorbell > sq->entries ? sq->head : sq->doorbell;
}

uint32_t device_reasons(uint16_t qid)
{
	struct device_queue *sq = &device.queues[qid % DEVICE_QUEUES];

	if (qid >= DEVICE_QUEUES || !sq->live || sq->born != ends(qid))
		return DEVICE_ENDED;
	if (!sq->fetched && sq->head == look_at_doorbell(sq, qid))
		return DEVICE_ENDED;
	return device.forged + device.queue_forged[qid];
}

void device_post(uint16_t qid, const struct nvu_cqe *cqe, bool wrong_phase)
{
	struct device_queue *cq = &device.queues[qid % DEVICE_QUEUES];
	struct nvu_cqe entry = *cqe;
	uint32_t status = nvu_le16_get(entry.status) & 0xfffeu;

	device_trace("  post: queue %u, identifier %xh, status %xh", qid, nvu_le16_get(entry.cid),
		     status >> 1);
	if (!cq->cq_live)
		return;
	/* A command that was aborted, or whose queue was deleted, as far as the device says. */
	if ((status >> 1 & 0x7ff) == NVU_SC_ABORT_REQUESTED ||
	    (status >> 1 & 0x7ff) == NVU_SC_ABORT_SQ_DELETED)
		device.queue_forged[qid % DEVICE_QUEUES]++;
	entry.status = nvu_le16_put((uint16_t)(status | (cq->phase ^ wrong_phase)));
	device_write(cq->cq_iova + cq->tail * sizeof(entry), &entry, sizeof(entry));
	if (cq->tail++ == cq->cq_entries) {
		cq->tail = 0;
		cq->phase ^= 1;
	}
}

static struct nvu_cqe make_answer(const struct device_held *cmd, uint16_t status, uint64_t result)
{
	return (struct nvu_cqe){
		.dw0 = nvu_le32_put((uint32_t)result),
		.dw1 = nvu_le32_put((uint32_t)(result >> 32)),
		.sqhd = nvu_le16_put((uint16_t)device.queues[cmd->qid].head),
		.sqid = nvu_le16_put(cmd->qid),
		.cid = cmd->sqe.cid,
		.status = nvu_le16_put((uint16_t)(status << 1)),
	};
}

static void answer(const struct device_held *cmd, uint16_t status, uint64_t result)
{
	struct nvu_cqe cqe = make_answer(cmd, status, result);

	device_post(cmd->qid, &cqe, false);
}

static void hold(const struct device_held *cmd)
{
	if (device.held_count < DEVICE_HELD)
		device.held[device.held_count++] = *cmd;
}

static struct device_held release(uint32_t at)
{
	struct device_held cmd = device.held[at];

	device.held[at] = device.held[--device.held_count];
	return cmd;
}

void device_event(uint32_t result)
{
	for (uint32_t i = 0; i < device.held_count; i++) {
		struct device_held cmd;

		if (!device.held[i].event)
			continue;
		cmd = release(i);
		answer(&cmd, 0, result);
		return;
	}
}

/* Abort, or the deletion of a queue, ends commands that are held. */
static uint32_t end_held(uint16_t qid, uint16_t cid, bool any, uint16_t status)
{
	uint32_t count = 0;

	for (uint32_t i = device.held_count; i-- > 0;) {
		struct device_held *held = &device.held[i], cmd;

		if (held->event || held->qid != qid || (!any && nvu_le16_get(held->sqe.cid) != cid))
			continue;
		cmd = release(i);
		if (device.aborts)
			answer(&cmd, status, 0);
		count++;
	}
	return count;
}

static uint16_t create_queue(const struct nvu_sqe *sqe)
{
	uint32_t cdw10 = nvu_le32_get(sqe->cdw10), qid = cdw10 & 0xffff;
	struct device_queue *queue = &device.queues[qid % DEVICE_QUEUES];

	if (!qid || qid >= DEVICE_QUEUES)
		return NVU_SC_INVALID_QID;
	if (sqe->opcode == NVU_ADMIN_CREATE_CQ) {
		queue->cq_live = true;
		queue->cq_entries = (uint16_t)(cdw10 >> 16);
		queue->cq_iova = nvu_le64_get(sqe->prp1);
		queue->tail = 0;
		queue->phase = 1;
		return 0;
	}
	queue->live = true;
	queue->born = ends((uint16_t)qid);
	queue->fetched = false;
	queue->shadow = device.shadow_iova != 0;
	queue->entries = (uint16_t)(cdw10 >> 16);
	queue->iova = nvu_le64_get(sqe->prp1);
	queue->head = queue->doorbell = 0;
	if (device.map_doorbells && device.bar) {
		uint32_t stride = 4u << NVU_GET(NVU_CAP_DSTRD, device.cap);
		uint64_t at = NVU_REG_DOORBELLS + qid * 2ull * stride;

		/* What the driver wrote for a former queue of that identifier does not count. */
		if (at + 4 <= device.transport.reg_bytes)
			memset(device.bar + at, 0, 4);
	}
	return 0;
}

static uint16_t delete_queue(const struct nvu_sqe *sqe)
{
	uint32_t qid = nvu_le32_get(sqe->cdw10) & 0xffff;

	if (!qid || qid >= DEVICE_QUEUES)
		return NVU_SC_INVALID_QID;
	if (sqe->opcode == NVU_ADMIN_DELETE_CQ) {
		device.queues[qid].cq_live = false;
		return 0;
	}
	(void)end_held((uint16_t)qid, 0, true, NVU_SC_ABORT_SQ_DELETED);
	device.queues[qid].live = false;
	return 0;
}

static uint16_t execute_admin(const struct nvu_sqe *sqe, uint64_t *ret_result)
{
	uint32_t cdw10 = nvu_le32_get(sqe->cdw10);

	switch (sqe->opcode) {
	case NVU_ADMIN_CREATE_CQ:
	case NVU_ADMIN_CREATE_SQ:
		return create_queue(sqe);
	case NVU_ADMIN_DELETE_CQ:
	case NVU_ADMIN_DELETE_SQ:
		return delete_queue(sqe);
	case NVU_ADMIN_SET_FEATURES:
		if ((cdw10 & 0xff) == NVU_FEAT_NUM_QUEUES)
			*ret_result = (DEVICE_QUEUES - 2) << 16 | (DEVICE_QUEUES - 2);
		return 0;
	case NVU_ADMIN_FORMAT_NVM:
		device_change(DEVICE_CHANGE_FORMAT);
		return 0;
	case NVU_ADMIN_DOORBELL_BUFFER:
		device.shadow_iova = nvu_le64_get(sqe->prp1);
		device.event_iova = nvu_le64_get(sqe->prp2);
		return 0;
	case NVU_ADMIN_ABORT:
		*ret_result = !end_held((uint16_t)(cdw10 & 0xffff), (uint16_t)(cdw10 >> 16), false,
					NVU_SC_ABORT_REQUESTED);
		return 0;
	default:
		device_return_data(sqe, true);
		return 0;
	}
}

static struct trick *find_trick(uint16_t qid)
{
	uint8_t scope = qid ? TRICK_IO : TRICK_ADMIN;

	for (uint32_t i = 0; i < device.trick_count; i++) {
		struct trick *trick = &device.tricks[i];

		if (!trick->count || (trick->scope && !(trick->scope & scope)))
			continue;
		if (trick->skip) {
			trick->skip--;
			continue;
		}
		trick->count--;
		return trick;
	}
	return NULL;
}

/* Said to be done: its deletion ends the queue for the driver, whatever is true. */
static void note_deletion(const struct device_held *cmd)
{
	if (!cmd->qid && cmd->sqe.opcode == NVU_ADMIN_DELETE_SQ)
		device.queue_ends[(nvu_le32_get(cmd->sqe.cdw10) & 0xffff) % DEVICE_QUEUES]++;
}

/* Creates or deletes a submission queue, or tells where its doorbell is. */
static bool is_about_queues(const struct device_held *cmd)
{
	return !cmd->qid && (cmd->sqe.opcode <= NVU_ADMIN_CREATE_SQ ||
			     cmd->sqe.opcode == NVU_ADMIN_DOORBELL_BUFFER);
}

/* What a command does, but for its answer. */
static uint16_t carry_out(const struct device_held *cmd, uint64_t *ret_result)
{
	note_deletion(cmd);
	if (!cmd->qid)
		return execute_admin(&cmd->sqe, ret_result);
	device_return_data(&cmd->sqe, false);
	return 0;
}

static void execute(const struct device_held *cmd)
{
	uint64_t result = 0;
	uint16_t status = carry_out(cmd, &result);

	answer(cmd, status, result);
}

/* Carried out, and answered with a change. */
static void answer_wrongly(const struct device_held *cmd, const struct trick *trick)
{
	uint64_t result = 0;
	uint16_t status = carry_out(cmd, &result), value = (uint16_t)trick->value, qid = cmd->qid;
	struct nvu_cqe cqe =
		make_answer(cmd, status, trick->kind == TRICK_RESULT ? trick->value : result);

	if (trick->kind == TRICK_CID)
		cqe.cid = nvu_le16_put(nvu_le16_get(cqe.cid) ^ value);
	else if (trick->kind == TRICK_SQID)
		cqe.sqid = nvu_le16_put(nvu_le16_get(cqe.sqid) ^ value);
	else if (trick->kind == TRICK_RAW)
		memcpy(&cqe, trick->raw, sizeof(cqe));
	else if (trick->kind == TRICK_QUEUE)
		qid = value % DEVICE_QUEUES;
	device_post(qid, &cqe, trick->kind == TRICK_PHASE);
	if (trick->kind == TRICK_TWICE)
		device_post(qid, &cqe, false);
}

static void play(const struct device_held *cmd, const struct trick *trick)
{
	struct device_held held = *cmd;

	/* What an admin command seems to have done is not what it has. */
	device.forged += !cmd->qid;
	device.lied = device.lied || (is_about_queues(cmd) && !trick->value);
	switch (trick->kind) {
	case TRICK_DROP:
		hold(&held);
		return;
	case TRICK_HOLD:
		held.due = device.step + (uint8_t)trick->value;
		hold(&held);
		return;
	case TRICK_FATAL:
		device.fatal = true;
		return;
	case TRICK_GONE:
		device.gone = true;
		return;
	case TRICK_STATUS:
		answer(cmd, (uint16_t)trick->value, 0);
		return;
	case TRICK_LIE:
		device.lied = device.lied || is_about_queues(cmd);
		note_deletion(cmd);
		answer(cmd, 0, 0);
		return;
	case TRICK_NOISE:
		device.lied = device.lied || is_about_queues(cmd);
		note_deletion(cmd);
		device_return_noise(&cmd->sqe, !cmd->qid, trick->value);
		answer(cmd, 0, 0);
		return;
	default:
		answer_wrongly(cmd, trick);
	}
}

static void take(const struct device_held *cmd)
{
	const struct trick *trick;

	device_trace("  fetch: queue %u, opcode %02xh, identifier %xh, cdw10 %xh", cmd->qid,
		     cmd->sqe.opcode, nvu_le16_get(cmd->sqe.cid), nvu_le32_get(cmd->sqe.cdw10));
	/* Where the device has kept to the rules, the driver must have. */
	if (!device.lied)
		device_check_pointer(&cmd->sqe, !cmd->qid);
	trick = find_trick(cmd->qid);
	if (trick) {
		device_trace("  trick %u", trick->kind);
		play(cmd, trick);
	} else if (!cmd->qid && cmd->sqe.opcode == NVU_ADMIN_ASYNC_EVENT) {
		hold(cmd);
	} else {
		execute(cmd);
	}
}

static bool fetch(uint16_t qid)
{
	struct device_queue *sq = &device.queues[qid];
	struct device_held cmd = { .qid = qid };
	const uint8_t *entry;
	uint32_t tail;

	if (!sq->live || device.gone || device.fatal || !(device.cc & NVU_CC_EN))
		return false;
	tail = look_at_doorbell(sq, qid);
	if (sq->head == tail)
		return false;
	entry = device_memory(sq->iova + sq->head * sizeof(cmd.sqe), sizeof(cmd.sqe),
			      TRANSPORT_DMA_READ);
	device.jumps = 0;
	sq->head = sq->head == sq->entries ? 0 : sq->head + 1;
	sq->fetched = true;
	if (!entry)
		return true;
	memcpy(&cmd.sqe, entry, sizeof(cmd.sqe));
	cmd.event = !qid && cmd.sqe.opcode == NVU_ADMIN_ASYNC_EVENT;
	cmd.due = EVENT_NEVER;
	take(&cmd);
	return true;
}

void device_step(uint32_t max)
{
	device.step++;
	for (uint32_t i = device.held_count; i-- > 0;)
		if (i < device.held_count && device.held[i].due <= device.step) {
			struct device_held cmd = release(i);

			execute(&cmd);
		}
	for (uint16_t qid = 0; qid < DEVICE_QUEUES; qid++)
		for (uint32_t count = 0; count < max && count < UINT16_MAX && fetch(qid); count++)
			;
}
