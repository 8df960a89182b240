/* SPDX-License-Identifier: MIT */
/*
 * user.h: a process of another user that has a drive's descriptors: nvu take --user.
 */
#ifndef TOOLS_USER_H
#define TOOLS_USER_H

#include "cli.h"

#include <nvu/nvu.h>

/* The descriptors that a process gets, from 3 on, as systemd passes them (LISTEN_FDS, LISTEN_FDNAMES). */
enum { USER_FD_GROUP = 3, USER_FD_CONTAINER = 4, USER_FDS = 2 };

/* Opens them, sets the environment, and becomes the user. Returns 0, or the exit status with the complaint made. */
int user_become(const struct args *args, const struct nvu_found *found, const char *user);

/* Whether this process has been given them for an address, without which it opens the drive by its path. */
bool user_has_fds(const char *address);

#endif
