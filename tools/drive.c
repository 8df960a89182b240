/* SPDX-License-Identifier: MIT */
/*
 * drive.c: see drive.h.
 */
#include "drive.h"

#include "user.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	if (!strncmp(address, "vfio:", 5) || !strncmp(address, "iommufd:", 8)) {
		size_t scheme = strcspn(address, ":") + 1;

		address += scheme;
		len -= scheme;
	}
	return memmem(sentence, strlen(sentence), address, len) != NULL;
}

int drive_complain(const struct args *args, const struct drive *drive, int status,
		   const char *sentence)
{
	size_t len = strlen(drive->address);
	bool colon = len && drive->address[len - 1] == ':';

	if (names_it(sentence, drive->address))
		return cli_complain(args->subcommand, status, "%s", sentence);
	return cli_complain(args->subcommand, status, "%s%s %s", drive->address, colon ? "" : ":",
			    sentence);
}

static int complain(const struct args *args, const struct drive *drive, int ret)
{
	return drive_complain(args, drive, ret == -EINVAL ? EXIT_USAGE : EXIT_FAILED,
			      nvu_last_error());
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

/* Whether the user has to say yes first. */
static bool must_ask(const struct args *args, const char *address)
{
	if (!(args->subcommand->flags & FLAG_DESTROYS) || cli_has(args, O(YES)))
		return false;
	return cli_has(args, O(ASK)) || !is_mock(address);
}

/* Names the drive, and reads a line. */
static int ask(const struct args *args, const struct drive *drive)
{
	const struct nvu_ctrl_info *info = nvu_ctrl_info(drive->ctrl);
	const struct nvu_ns_info *ns = nvu_ns_info(drive->ns);
	char answer[16];

	(void)fprintf(stderr,
		      "nvu %s changes or loses data of %s: %s, serial number %s, namespace %" PRIu32
		      ", %.1f GB.\nType yes to go on: ",
		      args->subcommand->name, drive->address, info->model, info->serial, ns->nsid,
		      (double)ns->blocks * ns->block_bytes / 1e9);
	if (fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n"))
		return 0;
	return cli_complain(args->subcommand, EXIT_USAGE, "nothing was changed");
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
	if (must_ask(args, drive.address) && !isatty(STDIN_FILENO)) {
		free(address);
		return cli_complain(
			args->subcommand, EXIT_USAGE,
			"%s: it changes or loses data, and there is no terminal to ask: "
			"--yes-destroy is the consent",
			drive.address);
	}
	if (user_has_fds(address))
		ret = nvu_ctrl_open_fds(
			NVU_CTRL_FDS(getenv("NVU_DRIVE"), USER_FD_GROUP, USER_FD_CONTAINER, -1),
			NULL, &drive.ctrl);
	else
		ret = nvu_ctrl_open(address, NULL, &drive.ctrl);
	free(address);
	if (!ret && args->subcommand->opens == OPENS_NS)
		ret = nvu_ns_get(drive.ctrl, drive.nsid ? drive.nsid : 1, &drive.ns);
	if (ret) {
		status = complain(args, &drive, ret);
		drive_close(&drive);
		return status;
	}
	if (must_ask(args, drive.address))
		status = ask(args, &drive);
	if (status)
		drive_close(&drive);
	else
		*ret_drive = drive;
	return status;
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
