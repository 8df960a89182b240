/* SPDX-License-Identifier: MIT */
/*
 * identify.c: what a controller says of itself and of its namespaces, and its registers.
 */
#include "drive.h"
#include "show.h"
#include "subcommands.h"

#include <nvu/nvu.h>
#include <nvu/regs.h>

enum {
	CNS_NS = 0x00,
	CNS_CTRL = 0x01,
	CNS_ACTIVE = 0x02,
	CNS_ALLOCATED = 0x10,
	IDENTIFY_BYTES = 4096,
};

int run_id_ctrl(const struct args *args, struct drive *drive)
{
	uint8_t data[IDENTIFY_BYTES];
	int status = drive_identify(args, drive, CNS_CTRL, 0, data);

	return status ? status : show_figure(args, "identify-controller", data, sizeof(data));
}

int run_id_ns(const struct args *args, struct drive *drive)
{
	uint8_t data[IDENTIFY_BYTES];
	uint32_t nsid = drive->nsid ? drive->nsid : 1;
	const struct nvu_ns *ns;
	int status, ret;

	/* The controller answers zeroes of one that is not active; nvu says that it is not. */
	if (nsid != UINT32_MAX && (ret = nvu_ns_get(drive->ctrl, nsid, &ns)))
		return cli_complain_nvu(args, ret);
	status = drive_identify(args, drive, CNS_NS, nsid, data);
	return status ? status : show_figure(args, "identify-namespace", data, sizeof(data));
}

int run_list_ns(const struct args *args, struct drive *drive)
{
	uint8_t data[IDENTIFY_BYTES];
	uint8_t cns = cli_has(args, O(ALL)) ? CNS_ALLOCATED : CNS_ACTIVE;
	int status = drive_identify(args, drive, cns, 0, data);

	return status ? status : show_figure(args, "namespace-list", data, sizeof(data));
}

int run_show_regs(const struct args *args, struct drive *drive)
{
	uint8_t data[NVU_REGS_BYTES];
	int ret = nvu_ctrl_registers(drive->ctrl, data, sizeof(data));

	return ret ? cli_complain_nvu(args, ret)
		   : show_figure(args, "registers", data, sizeof(data));
}
