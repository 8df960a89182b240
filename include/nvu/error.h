/* SPDX-License-Identifier: MIT */
/*
 * nvu/error.h: the one error convention of the library, and errors in words.
 *
 *	0 or a count	success
 *	< 0		-errno: the library or the system failed
 *	> 0		an NVMe status (SCT << 8 | SC, spec.h): the controller refused or failed
 *
 *	-EINVAL          an argument is wrong
 *	-EAGAIN          the queue is full: poll, then try again
 *	-ENODEV          no such device or namespace, or the controller has gone
 *	-EBUSY           in use by another driver or process
 *	-EIO             the controller reports a fatal status (CSTS.CFS)
 *	-ETIMEDOUT       no answer within the deadline
 *	-ENOTSUP         the controller or the format cannot
 *	-ENOMEM          memory, or the limit of locked memory
 *	-ENOSPC          no more queues, I/O addresses or mappings; ended by a reset
 *	-ECANCELED       ended by a reset, or by nvu_abort()
 *	-ESTALE          the namespace has changed: call nvu_ns_get() again
 *	-EPROTO          the controller breaks the specification
 *	-EACCES, -EPERM  not permitted
 *	-EEXIST          overlaps what is registered
 *	-EFAULT          memory to be registered is not mapped, or not writable
 *
 * The library neither sets nor reads errno.
 *
 *	if (ret)
 *		fprintf(stderr, "%s: %s\n", address, nvu_last_error());
 *	else if (cpl.status)
 *		fprintf(stderr, "%s: %s\n", address, nvu_strerror(cpl.status));
 */
#ifndef NVU_ERROR_H
#define NVU_ERROR_H

#include <nvu/types.h>

NVU_BEGIN_DECLS

/**
 * nvu_strerror() - what a return value means, in words
 * @ret: what any function of nvu returned, or the status of a completion
 *
 * Return: a constant string, never NULL. Any thread. Since 0.1.
 */
NVU_API const char *nvu_strerror(int ret);

/**
 * nvu_errno() - a return value or the status of a completion as a negative errno
 * @ret: 0, a negative errno, or an NVMe status > 0; not a count
 *
 * For programs whose callers expect what the kernel's driver returns. A status becomes what Linux makes of
 * it, for instance NVU_SC_UNRECOVERED_READ -ENODATA, NVU_SC_LBA_RANGE -EREMOTEIO, NVU_SC_GUARD_CHECK -EILSEQ,
 * NVU_SC_RESERVATION_CONFLICT -EBADE; -EIO where Linux has nothing more specific.
 *
 * Return: 0 of 0, a negative errno unchanged, else a negative errno. Any thread. Since 0.1.
 */
NVU_API int nvu_errno(int ret);

/**
 * nvu_last_error() - why the last failed call of this thread failed, in a sentence
 *
 * The sentence adds to nvu_strerror() the device, the limit and the remedy. Every call that fails, with a
 * negative value other than -EAGAIN or with a status > 0, sets it; a call that succeeds leaves it
 * unchanged. A completion with a status other than 0 is not a failed call: nvu_strerror() explains the
 * status of its command.
 *
 * Return: a string of the calling thread, valid until its next failing call; empty before the
 * first. Any thread. Since 0.1.
 */
NVU_API const char *nvu_last_error(void);

/**
 * nvu_version() - the library's version
 *
 * Return: a constant string such as "0.1.0". Any thread. Since 0.1.
 */
NVU_API const char *nvu_version(void);

/* Log levels of nvu_set_log(). The library itself never prints. */
enum { NVU_LOG_LEVEL_OFF = 0, NVU_LOG_LEVEL_INFO = 1, NVU_LOG_LEVEL_DEBUG = 2 };

/**
 * nvu_set_log() - receive the library's control-plane log lines
 * @level: the most detailed level wanted; NVU_LOG_LEVEL_OFF (the default): no lines
 * @fn: called with each line, without a newline; may run on any thread that calls nvu
 * @arg: passed to @fn
 *
 * The I/O path never logs. Call the function before you open controllers. nvu may hold a controller's lock
 * while @fn runs: @fn must not call nvu. Since 0.1.
 */
NVU_API void nvu_set_log(int level, void (*fn)(void *arg, int level, const char *line), void *arg);

NVU_END_DECLS

#endif /* NVU_ERROR_H */
