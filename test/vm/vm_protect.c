/* SPDX-License-Identifier: MIT */
/*
 * vm_protect.c: the subcommand of vm_tool for protection information: tuples that nvu generates, judged by the
 * controller, and the controller's, judged by nvu; for each namespace, whatever its format.
 */
#include "covers.h"
#include "vm_tool.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

COVERS(NVM, VERIFY);

enum { FEW = 7, LBA = 0x53, APP = 0x5aa5, PARTS = 2 };

#define CHECKS (NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_APP | NVU_RW_PRCHK_REF)

struct guarded {
	struct drive *drive;
	uint32_t nsid;
	struct nvu_protection_format format;
	struct nvu_dma *data, *metadata; /* interleaved: data has both */
	size_t data_bytes, metadata_bytes;
	uint32_t blocks; /* of each command */
	bool by_rw;	 /* commands are nvu_rw()'s, not put together here */
};

static bool is_interleaved(const struct guarded *ns)
{
	return ns->format.flags & NVU_PROTECTION_INTERLEAVED;
}

static uint8_t *bytes_of(struct nvu_dma *buf)
{
	return nvu_dma_addr(buf);
}

static uint8_t *tuples(const struct guarded *ns)
{
	return bytes_of(is_interleaved(ns) ? ns->data : ns->metadata);
}

/* The last block's tuple. */
static uint8_t *last_tuple(const struct guarded *ns)
{
	uint32_t size = ns->format.pif == NVU_PIF_16B ? 8 : 16;
	uint32_t behind = ns->format.metadata_bytes - size;
	uint8_t *end = tuples(ns) + (is_interleaved(ns) ? ns->data_bytes : ns->metadata_bytes);

	return end - size - (ns->format.flags & NVU_PROTECTION_FIRST ? behind : 0);
}

/* QEMU 7.2 counts reference tags in 64 bits: none that wraps at 32. */
static struct nvu_protection_args args_of(const struct guarded *ns)
{
	return (struct nvu_protection_args){ .size = sizeof(struct nvu_protection_args),
					     .ref_tag = ns->format.type == 1 ? LBA : 0xdeadbeef,
					     .app_tag = APP,
					     .app_mask = 0xffff,
					     .checks = CHECKS };
}

/* The metadata are the tuple alone. */
static bool has_tuple_only(const struct guarded *ns)
{
	return ns->format.metadata_bytes == (ns->format.pif == NVU_PIF_16B ? 8 : 16);
}

static int status_of(const struct guarded *ns)
{
	struct nvu_cpl cpl;
	int ret;

	while (!(ret = nvu_poll(ns->drive->qpair, &cpl, 1)))
		;
	if (ret < 0)
		die("polling: %s", nvu_last_error());
	return cpl.status;
}

/* The same by nvu_rw(), which knows what a command moves. */
static int command_by_rw(const struct guarded *ns, uint8_t opcode, uint32_t more, bool has_data)
{
	const struct nvu_protection_args tags = args_of(ns);
	bool stripped = (more & NVU_RW_PRACT) && has_tuple_only(ns);
	uint32_t checks = tags.checks & (ns->format.type == 3 ? ~NVU_RW_PRCHK_REF : UINT32_MAX);
	struct nvu_rw_args args = {
		.size = sizeof(args),
		.ns = drive_ns(ns->drive, ns->nsid),
		.lba = LBA,
		.blocks = ns->blocks,
		.opcode = opcode,
		.buf = has_data ? ns->data : NULL,
		.metadata = has_data && !stripped ? ns->metadata : NULL,
		.flags = more | checks,
		.ref_tag = tags.ref_tag,
		.app_tag = tags.app_tag,
		.app_mask = tags.app_mask,
	};

	must(nvu_rw(ns->drive->qpair, &args), "nvu_rw");
	return status_of(ns);
}

/* One command for the blocks; more: bits of CDW12. Its status. */
static int command(const struct guarded *ns, uint8_t opcode, uint32_t more, size_t len)
{
	struct nvu_sqe cmd = { .opcode = opcode,
			       .nsid = nvu_le32_put(ns->nsid),
			       .mptr = nvu_le64_put(ns->metadata ? nvu_dma_iova(ns->metadata) : 0),
			       .cdw10 = nvu_le32_put(LBA),
			       .cdw12 = nvu_le32_put((ns->blocks - 1) | more) };
	const struct nvu_protection_args args = args_of(ns);

	if (ns->by_rw)
		return command_by_rw(ns, opcode, more, len);
	must(nvu_protection_encode(&ns->format, &args, &cmd), "encoding the tags");
	must(nvu_io(ns->drive->qpair, &cmd, len ? ns->data : NULL, 0, len, 0), "queuing");
	return status_of(ns);
}

static int transfer(const struct guarded *ns, uint8_t opcode)
{
	return command(ns, opcode, 0, ns->data_bytes);
}

static int verify(const struct guarded *ns)
{
	const struct nvu_protection_args args = args_of(ns);

	return nvu_protection_verify(&ns->format, &args,
				     is_interleaved(ns) ? NULL : nvu_dma_addr(ns->data), tuples(ns),
				     ns->blocks, NULL);
}

static void generate(const struct guarded *ns, uint64_t seed)
{
	const struct nvu_protection_args args = args_of(ns);

	fill_noise(nvu_dma_addr(ns->data), ns->data_bytes, seed);
	if (ns->metadata)
		fill_noise(nvu_dma_addr(ns->metadata), ns->metadata_bytes, seed + 1);
	must(nvu_protection_generate(&ns->format, &args,
				     is_interleaved(ns) ? NULL : nvu_dma_addr(ns->data), tuples(ns),
				     ns->blocks),
	     "generating");
}

static void clear(const struct guarded *ns)
{
	memset(nvu_dma_addr(ns->data), 0, ns->data_bytes);
	if (ns->metadata)
		memset(nvu_dma_addr(ns->metadata), 0, ns->metadata_bytes);
}

static void expect(const struct guarded *ns, const char *what, int ret, int expected)
{
	if (ret != expected)
		die("namespace %u: %s: status %#x (%s), expected %#x", ns->nsid, what,
		    (unsigned)ret, nvu_strerror(ret), (unsigned)expected);
}

/* nvu_rw() sends Verify to a controller that offers it; some QEMUs verify without. */
static bool has_verify(const struct guarded *ns)
{
	return !ns->by_rw || nvu_ctrl_info(ns->drive->ctrl)->oncs & NVU_ONCS_VERIFY;
}

/* What nvu generates the controller takes, keeps, and returns. */
static void try_whole(const struct guarded *ns)
{
	generate(ns, 1);
	expect(ns, "a write with nvu's tuples", transfer(ns, NVU_CMD_WRITE), 0);
	clear(ns);
	expect(ns, "a read of nvu's tuples", transfer(ns, NVU_CMD_READ), 0);
	expect(ns, "nvu about its own tuples", verify(ns), 0);
	if (has_verify(ns))
		expect(ns, "a Verify of nvu's tuples", command(ns, NVU_CMD_VERIFY, 0, 0), 0);
}

/* Both find the same wrong field. */
static void try_damaged(const struct guarded *ns, const char *what, uint32_t at, int expected)
{
	generate(ns, 2);
	last_tuple(ns)[at] ^= 1;
	expect(ns, what, transfer(ns, NVU_CMD_WRITE), expected);
	expect(ns, what, verify(ns), expected);
}

/* PRACT: the controller generates the tuples; its metadata are in the transfer if there are others in them. */
static void try_inserted(const struct guarded *ns)
{
	size_t len =
		has_tuple_only(ns) ? (size_t)ns->blocks * ns->format.block_bytes : ns->data_bytes;

	fill_noise(nvu_dma_addr(ns->data), ns->data_bytes, 3);
	if (ns->metadata)
		fill_noise(nvu_dma_addr(ns->metadata), ns->metadata_bytes, 4);
	expect(ns, "a write with the controller's tuples",
	       command(ns, NVU_CMD_WRITE, NVU_RW_PRACT, len), 0);
	clear(ns);
	expect(ns, "a read of the controller's tuples", transfer(ns, NVU_CMD_READ), 0);
	expect(ns, "nvu about the controller's tuples", verify(ns), 0);
}

static void try_commands(const struct guarded *ns)
{
	static const uint32_t guards[] = {
		[NVU_PIF_16B] = 2, [NVU_PIF_32B] = 4, [NVU_PIF_64B] = 8
	};
	uint32_t guard_bytes = guards[ns->format.pif];

	try_whole(ns);
	try_damaged(ns, "a wrong guard", 0, NVU_SC_GUARD_CHECK);
	try_damaged(ns, "a wrong application tag", guard_bytes, NVU_SC_APP_TAG_CHECK);
	if (ns->format.type != 3)
		try_damaged(ns, "a wrong reference tag", guard_bytes + 3, NVU_SC_REF_TAG_CHECK);
	try_inserted(ns);
}

/* With room for what they move; more than a transfer's largest size is split. */
static void try_commands_of(struct guarded *ns, uint32_t blocks)
{
	const uint32_t both = ns->format.block_bytes + ns->format.metadata_bytes;

	ns->blocks = blocks;
	ns->metadata_bytes = (size_t)blocks * ns->format.metadata_bytes;
	ns->data_bytes = (size_t)blocks * (is_interleaved(ns) ? both : ns->format.block_bytes);
	ns->data = dma_alloc(ns->drive, ns->data_bytes);
	if (!is_interleaved(ns))
		ns->metadata = dma_alloc(ns->drive, ns->metadata_bytes);
	try_commands(ns);
	must(nvu_dma_free(ns->data), "freeing memory");
	must(nvu_dma_free(ns->metadata), "freeing memory");
	ns->data = ns->metadata = NULL;
}

static void try_namespace(struct drive *drive, uint32_t nsid)
{
	struct guarded ns = { .drive = drive, .nsid = nsid };

	must(nvu_protection_of(drive_ns(drive, nsid), &ns.format, sizeof(ns.format)), "the format");
	printf("# namespace %u: blocks of %u with %u bytes of metadata, type %u, PIF %u, flags "
	       "%u\n",
	       nsid, ns.format.block_bytes, ns.format.metadata_bytes, ns.format.type, ns.format.pif,
	       ns.format.flags);
	try_commands_of(&ns, FEW);
	ns.by_rw = true;
	try_commands_of(&ns, FEW);
	try_commands_of(&ns, (PARTS - 1) * nvu_ns_info(drive_ns(drive, nsid))->max_transfer_blocks +
				     FEW);
}

/* protect ADDRESS COUNT: COUNT namespaces have protection information. */
int cmd_protect(int argc, char **argv)
{
	struct drive drive = drive_open(argv[0], 0);
	uint32_t count = 0;

	(void)argc;
	for (uint32_t nsid = nvu_ns_next(drive.ctrl, 0); nsid; nsid = nvu_ns_next(drive.ctrl, nsid))
		if (nvu_ns_info(drive_ns(&drive, nsid))->protection) {
			try_namespace(&drive, nsid);
			count++;
		}
	if (count != number_of(argv[1]))
		die("%u namespaces with protection information, not %s", count, argv[1]);
	drive_close(&drive);
	return 0;
}
