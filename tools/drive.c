/* SPDX-License-Identifier: MIT */
/*
 * drive.c: see drive.h.
 */
#include "drive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDENTIFY_BYTES = 4096 };

static bool is_mock(const char *address)
{
	return !strncmp(address, "mock:", 5);
}

/* Whether nvu's sentence names the controller already. */
static bool names_it(const char *sentence, const char *address)
{
	size_t len = strcspn(address, "#");

	if (is_mock(address))
		return !strncmp(sentence, "mock:", 5);
	if (!strncmp(address, "vfio:", 5)) {
		address += 5;
		len -= 5;
	}
	return memmem(sentence, strlen(sentence), address, len) != NULL;
}

static int complain(const struct args *args, const struct drive *drive, int ret)
{
	const char *sentence = nvu_last_error();
	int status = ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED;

	if (names_it(sentence, drive->address))
		return cli_complain(args->subcommand, status, "%s", sentence);
	return cli_complain(args->subcommand, status, "%s: %s", drive->address, sentence);
}

/*
 * The controller's part of "mock:size=1G#2" and its namespace. What nvu would say to it is said by nvu, which
 * is asked with the address as it is.
 */
static int split_address(const struct args *args, struct drive *drive, char **ret_ctrl)
{
	const char *hash = strrchr(drive->address, '#');
	uint64_t nsid;

	if (hash && hash[1] && cli_number(hash + 1, false, &nsid) && nsid && nsid < UINT32_MAX) {
		drive->nsid = (uint32_t)nsid;
	} else if (hash) {
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "%s: expected the number of a namespace behind the #, from 1",
				    drive->address);
	}
	if (hash && cli_has(args, O(NSID)))
		return cli_complain(args->subcommand, EXIT_USAGE,
				    "--nsid and a namespace in the address: give one of them");
	if (cli_has(args, O(NSID)))
		drive->nsid = (uint32_t)args->number[OPTION_NSID_ID];
	*ret_ctrl = strndup(drive->address,
			    hash ? (size_t)(hash - drive->address) : strlen(drive->address));
	return *ret_ctrl ? 0 : cli_complain(args->subcommand, EXIT_FAILED, "out of memory");
}

int drive_open(const struct args *args, struct drive *ret_drive)
{
	struct drive drive = { .address = args->operands[0] };
	char *address = NULL;
	int ret, status;

	if (args->subcommand->opens == OPENS_NOTHING)
		return 0;
	status = split_address(args, &drive, &address);
	if (status)
		return status;
	ret = nvu_ctrl_open(address, NULL, &drive.ctrl);
	free(address);
	if (!ret && args->subcommand->opens == OPENS_NS)
		ret = nvu_ns_get(drive.ctrl, drive.nsid ? drive.nsid : 1, &drive.ns);
	if (ret) {
		status = complain(args, &drive, ret);
		drive_close(&drive);
		return status;
	}
	*ret_drive = drive;
	return 0;
}

void drive_close(struct drive *drive)
{
	if (drive->ctrl)
		nvu_ctrl_close(drive->ctrl);
	drive->ctrl = NULL;
}

int drive_admin(const struct args *args, struct drive *drive, const struct nvu_sqe *cmd, void *data,
		size_t len, uint64_t *ret_result)
{
	int ret = nvu_admin(drive->ctrl, cmd, data, len, 0, ret_result);

	return ret ? complain(args, drive, ret) : 0;
}

int drive_identify(const struct args *args, struct drive *drive, uint8_t cns, uint32_t nsid,
		   void *data)
{
	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_IDENTIFY };

	cmd.nsid = nvu_le32_put(nsid);
	cmd.cdw10 = nvu_le32_put(cns);
	return drive_admin(args, drive, &cmd, data, IDENTIFY_BYTES, NULL);
}
