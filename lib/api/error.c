/* SPDX-License-Identifier: MIT */
/*
 * error.c: the public functions of nvu/error.h.
 */
#include <nvu/error.h>

#include "base/error.h"
#include "base/log.h"
#include "spec/status.h"

#include <errno.h>

/* The meaning of an errno in nvu, where the system's words would mislead. */
static const char *own_words(int err)
{
	switch (err) {
	case EAGAIN:
		return "the queue is full: poll for completions, then try again";
	case EIO:
		return "the controller has failed";
	case ENODEV:
		return "no such device or namespace, or the controller has gone";
	case ENOTSUP:
		return "the controller, or the namespace's format, does not support this";
	case ETIMEDOUT:
		return "no answer within the deadline";
	case ECANCELED:
		return "ended before it was answered: its queue was lost to recovery or a reset";
	case ESTALE:
		return "the namespace has changed: get it again with nvu_ns_get()";
	case EPROTO:
		return "the controller breaks the specification";
	case EBUSY:
		return "the device is in use by another driver or process";
	default:
		return NULL;
	}
}

const char *nvu_strerror(int ret)
{
	const char *words;

	if (ret > 0)
		return status_words(ret);
	if (ret == 0)
		return "success";
	words = own_words(-ret);
	return words ? words : error_errno_words(-ret);
}

int nvu_errno(int ret)
{
	return ret > 0 ? status_errno(ret) : ret;
}

const char *nvu_last_error(void)
{
	return error_get();
}

const char *nvu_version(void)
{
	return NVU_VERSION;
}

void nvu_set_log(int level, void (*fn)(void *arg, int level, const char *line), void *arg)
{
	log_set(level, fn, arg);
}
