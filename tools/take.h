/* SPDX-License-Identifier: MIT */
/*
 * take.h: a drive from the kernel's driver to vfio-pci and back.
 */
#ifndef TOOLS_TAKE_H
#define TOOLS_TAKE_H

#include "cli.h"

#include <nvu/discover.h>

/* Exit statuses; complaints are made. A drive that is bound for userspace already is taken. */
int take_drive(const struct args *args, const struct nvu_found *found);

/* To the driver that take_drive() remembered, or the kernel's choice. -EBUSY-like: a process has it open. */
int give_drive(const struct args *args, const char *bdf);

/* Runs args->command while the drive is taken, gives it back, and returns the command's exit status. */
int hold_drive(const struct args *args, const struct nvu_found *found);

/* The drive that an operand names: the exit status. */
int find_drive(const struct args *args, const char *bdf, struct nvu_found *ret_found);

#endif
