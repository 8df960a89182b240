/* SPDX-License-Identifier: MIT */
/*
 * drive.h: the controller, or the namespace, that a subcommand works on.
 */
#ifndef TOOLS_DRIVE_H
#define TOOLS_DRIVE_H

#include "cli.h"

#include <nvu/nvu.h>

struct drive {
	const char *address; /* of the command line */
	struct nvu_ctrl *ctrl;
	const struct nvu_ns *ns; /* of OPENS_NS */
	uint32_t nsid;		 /* of the address or of --nsid; 0: neither has one */
};

/* What the row opens. Returns 0, or the exit status with the complaint made. */
int drive_open(const struct args *args, struct drive *ret_drive);
void drive_close(struct drive *drive);

/* A sentence about the drive, which is named in front unless the sentence names it; returns @status. */
int drive_complain(const struct args *args, const struct drive *drive, int status,
		   const char *sentence);

/* nvu_admin() with the complaint made: the exit status. */
int drive_admin(const struct args *args, struct drive *drive, const struct nvu_sqe *cmd, void *data,
		size_t len, uint64_t *ret_result);

/* Identify with a CNS: 4096 bytes. */
int drive_identify(const struct args *args, struct drive *drive, uint8_t cns, uint32_t nsid,
		   void *data);

#endif
