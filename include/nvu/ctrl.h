/* SPDX-License-Identifier: MIT */
/*
 * nvu/ctrl.h: open a controller, get its identity and limits, send it admin commands, close it.
 *
 *	struct nvu_ctrl *ctrl;
 *	struct nvu_sqe cmd = { .opcode = NVU_ADMIN_GET_LOG_PAGE };
 *	struct nvu_smart_log smart;
 *	int ret = nvu_ctrl_open("0000:01:00.0", NVU_CTRL_OPTS(.io_queues = 4), &ctrl);
 *
 *	if (ret) {
 *		fprintf(stderr, "%s\n", nvu_last_error());
 *		return 1;
 *	}
 *	cmd.nsid = nvu_le32_put(0xffffffff);
 *	cmd.cdw10 = nvu_le32_put((sizeof(smart) / 4 - 1) << 16 | NVU_LOG_SMART);
 *	ret = nvu_admin(ctrl, &cmd, &smart, sizeof(smart), 0, NULL);
 *
 * Thread rule: any thread may call the functions here; the library serialises them. The I/O path
 * (nvu/qpair.h) needs none of them.
 */
#ifndef NVU_CTRL_H
#define NVU_CTRL_H

#include <nvu/identify.h>
#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

struct nvu_cpl; /* nvu/qpair.h */

/* Flags of struct nvu_ctrl_opts. */
#define NVU_CTRL_NO_SHADOW_DOORBELLS (1u << 0) /* do not use Doorbell Buffer Config */
#define NVU_CTRL_NO_DEVICE_RESET (1u << 1)     /* skip the function level reset at open */

/*
 * Quirks of known drives (the table, by PCI vendor and device, is lib/base/drives.def). The option .quirks adds to the quirks of a
 * drive's row, .quirks_off removes some of them.
 */
#define NVU_QUIRK_PLAIN_IDENTIFIERS (1u << 0) /* command identifiers without generations */
#define NVU_QUIRK_WIDE_ENTRIES (1u << 1)      /* 128-byte submission entries: not opened */
#define NVU_QUIRK_SLOW_STOP (1u << 2)	      /* CSTS is not read for 2.3 s after CC.EN = 0 */
#define NVU_QUIRK_NO_DESCRIPTORS (1u << 3)    /* no namespace identification descriptors are read */
#define NVU_QUIRK_NO_LISTS (1u << 4)	 /* before 1.2: Identify Controller and Namespace only */
#define NVU_QUIRK_NO_LOG_PAGES (1u << 5) /* nvu reads no log page of its own accord */
#define NVU_QUIRK_DMA_48 (1u << 6)	 /* I/O addresses have 48 bits */
#define NVU_QUIRK_SHARED_IDENTIFIERS \
	(1u << 7) /* one I/O queue, whose identifiers differ from the admin queue's; plain ones */
#define NVU_QUIRK_ONE_COMMAND (1u << 8)	     /* queues of two entries */
#define NVU_QUIRK_MEDIUM_PRIORITY (1u << 9)  /* I/O submission queues of medium priority */
#define NVU_QUIRK_NO_WRITE_ZEROES (1u << 10) /* info.oncs does not offer Write Zeroes */
#define NVU_QUIRK_LAST_SLOT (1u << 11) /* the last slot of a PRP list page; nvu never uses it */

/*
 * How to open a controller. Zero means the default everywhere; fill with NVU_CTRL_OPTS().
 */
struct nvu_ctrl_opts {
	size_t size;	    /* sizeof(struct nvu_ctrl_opts) */
	uint32_t flags;	    /* NVU_CTRL_... */
	uint32_t io_queues; /* queue pairs to ask for; default 128, granted: nvu_ctrl_info() */
	uint32_t ready_timeout_ms;    /* for each change of CSTS.RDY; default CAP.TO or CRTO */
	uint32_t admin_timeout_ms;    /* for one admin command; default 10,000 */
	uint32_t io_timeout_ms;	      /* deadline of an I/O command; default 30,000 */
	uint32_t shutdown_timeout_ms; /* default RTD3E of the controller, 5,000 to 30,000 */
	/* Of one command, 4096 to 64 MiB; default MDTS, up to 4 MiB, or 1 MiB if MDTS is 0 (no limit). */
	uint32_t max_transfer_bytes;
	uint32_t rsvd;	     /* no version reads it: older programs have padding here */
	uint32_t quirks;     /* NVU_QUIRK_...: apply these besides those of the drive's row */
	uint32_t quirks_off; /* NVU_QUIRK_...: do not apply these, even if the row has them */
};

/* `&opts` for nvu_ctrl_open() with .size filled in: NVU_CTRL_OPTS(.io_queues = 4). C only. */
#define NVU_CTRL_OPTS(...) \
	(&(struct nvu_ctrl_opts){ .size = sizeof(struct nvu_ctrl_opts), __VA_ARGS__ })

/* What an open controller is. Text is terminated and stripped; the struct may grow at its end. */
struct nvu_ctrl_info {
	char serial[21];
	char model[41];
	char firmware[9];
	char subnqn[257];
	uint16_t vid;		     /* PCI vendor */
	uint16_t cntlid;	     /* controller identifier */
	uint32_t version;	     /* VS register: major << 16 | minor << 8 | tertiary */
	uint64_t cap;		     /* CAP register, Base 3.1.3.1 */
	uint32_t page_bytes;	     /* memory page size in use, CC.MPS */
	uint32_t max_queue_entries;  /* CAP.MQES + 1 */
	uint32_t max_transfer_bytes; /* of one command */
	uint32_t io_queues;	     /* queue pairs that can be created */
	uint32_t namespaces;	     /* active namespaces */
	uint32_t oacs;		     /* Identify Controller OACS */
	uint32_t oncs;		     /* Identify Controller ONCS */
	uint32_t shadow_doorbells;   /* 1: Doorbell Buffer Config is in use */
	int32_t numa_node;	     /* -1: unknown */
	uint32_t aerl;		     /* async event requests the controller takes */
	uint16_t pci_vendor;	     /* of configuration space */
	uint16_t pci_device;
	uint32_t quirks; /* NVU_QUIRK_... that apply */
	uint32_t resets; /* since the open, for any reason; the counter stops at 65,535 */
	uint32_t
		sgls; /* SGLS, NVU_SGLS_...: pieces of nvu_rw() anywhere in memory; 0: as PRPs permit */
};

/**
 * nvu_ctrl_open() - take a controller over and bring it up
 * @address: "0000:01:00.0", "vfio:0000:01:00.0", "iommufd:0000:01:00.0" or "mock:size=1G,lba=4096"; see nvu(7)
 * @opts: NULL for defaults
 * @ret_ctrl: the open controller, to be closed with nvu_ctrl_close(); untouched on failure
 *
 * Resets the device, enables the controller (Base 3.5.1), identifies it and its namespaces, and asks for
 * I/O queues. A drive that refuses Number of Queues opens without I/O queues: nvu_admin() works, and
 * nvu_qpair_create() says why it does not. The controller may refuse optional commands, or not answer them.
 * While registers read as all ones, nvu waits: up to ready_timeout_ms if configuration space answers, else
 * one second at most. Then it resets the function; if that does not help, the controller has gone.
 *
 * Return: 0; -EINVAL address or option; -ENODEV no such device, or not an NVMe controller;
 * -EBUSY bound to another driver, opened by another process, or its IOMMU group is not viable because of
 * another device in it, or another program had it reset, or bound to a driver, for seconds; -EACCES,
 * -EPERM not permitted: mostly the device's or its group's node in /dev/vfio; -ENOMEM locked-memory limit; -ENOTSUP no
 * IOMMU, VFIO not loaded, or nvu cannot drive this controller; -ETIMEDOUT not ready in time; -EIO
 * CSTS.CFS; -EPROTO the controller breaks the specification; > 0 the status of the admin command that
 * failed. nvu_last_error() has the sentence. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_open(const char *address, const struct nvu_ctrl_opts *opts,
			  struct nvu_ctrl **ret_ctrl);

/*
 * A PCI device whose descriptors the program has, because another program opened them: a group and a container, or
 * iommufd and the device's own file. NVU_CTRL_FDS() fills it; -1: the program does not have this descriptor.
 */
struct nvu_ctrl_fds {
	size_t size;	   /* sizeof(struct nvu_ctrl_fds) */
	const char *name;  /* "0000:01:00.0" */
	int group;	   /* /dev/vfio/N, the device's IOMMU group */
	int container;	   /* /dev/vfio/vfio, where no other code maps memory; -1: nvu opens it */
	int device;	   /* /dev/vfio/devices/vfioN; of group: VFIO_GROUP_GET_DEVICE_FD, or -1 */
	int iommufd;	   /* /dev/iommu; -1: there are a group and a container */
	uint32_t ioas;	   /* of iommufd, where no other code maps memory; 0: nvu makes one */
	int32_t numa_node; /* the device's; -1: unknown */
	uint32_t rsvd;	   /* 0 */
	uint32_t rsvd2;	   /* 0 */
};

/*
 * `&fds` for nvu_ctrl_open_fds(), of a group and a container: NVU_CTRL_FDS("0000:01:00.0", group, container, -1).
 * For iommufd, of NVU_CTRL_FDS("0000:01:00.0", -1, -1, device), the member iommufd is to be set too. C only.
 */
#define NVU_CTRL_FDS(name_, group_, container_, device_)                                          \
	(&(struct nvu_ctrl_fds){ sizeof(struct nvu_ctrl_fds), name_, group_, container_, device_, \
				 -1, 0, -1, 0, 0 })

/**
 * nvu_ctrl_open_fds() - nvu_ctrl_open() of a device that another program has opened
 * @fds: its name and its descriptors
 * @opts: NULL for defaults
 * @ret_ctrl: the open controller, to be closed with nvu_ctrl_close(); untouched on failure
 *
 * For programs without permission for /dev/vfio: one that has it opens the files and passes the descriptors, over a unix
 * socket for example (examples/broker.c). With a container or iommufd nvu opens no file, and needs neither /sys nor /dev. The
 * group may be in the container, the device bound to iommufd already. A descriptor that an open controller has is shared.
 *
 * If it succeeds, the descriptors are nvu's, and nvu_ctrl_close() closes them. If it fails they are the program's, and
 * open; a device may be bound to iommufd then, and can be given again with that one only.
 *
 * Return: as nvu_ctrl_open(); -EINVAL also: a descriptor is missing, or is none of VFIO or iommufd, or they do not
 * belong together, or iommufd does not have this I/O address space. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_open_fds(const struct nvu_ctrl_fds *fds, const struct nvu_ctrl_opts *opts,
			      struct nvu_ctrl **ret_ctrl);

/**
 * nvu_ctrl_open_start() - begin to open a controller, in steps that do not wait
 * @address: as for nvu_ctrl_open()
 * @opts: NULL for defaults
 * @ret_ctrl: a controller that is not open yet, to be closed with nvu_ctrl_close(); untouched on failure
 *
 * For a thread that polls, or opens several controllers at once: it calls nvu_ctrl_open_step() now and then.
 *
 *	ret = nvu_ctrl_open_start("0000:01:00.0", NULL, &ctrl);
 *	if (!ret)
 *		while ((ret = nvu_ctrl_open_step(ctrl)) == -EAGAIN)
 *			serve_others();
 *	if (ret) {
 *		fprintf(stderr, "%s\n", nvu_last_error());
 *		nvu_ctrl_close(ctrl);	// NULL, if it was not begun
 *	}
 *
 * Takes the device from the kernel, which resets its function, as opening a file does: for as long as the kernel takes.
 * It waits for seconds only while another program has the device reset, or bound to a driver.
 *
 * Return: as nvu_ctrl_open(), but for what the controller answers. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_open_start(const char *address, const struct nvu_ctrl_opts *opts,
				struct nvu_ctrl **ret_ctrl);

/**
 * nvu_ctrl_open_step() - take the next step of opening a controller
 * @ctrl: of nvu_ctrl_open_start()
 *
 * A step reads registers, sends a command, or looks for its answer: what nvu_ctrl_open() does, which takes the same
 * steps and waits between them. It does not wait for the controller. One step resets the function, for as long as the
 * kernel takes, if the registers of the controller do not answer. The time-outs of the options hold: call it
 * often, as what a program does not look at takes no less time.
 *
 * Until it returns 0, only nvu_ctrl_open_step() and nvu_ctrl_close() may be called. Other functions refuse the
 * controller with -EBUSY, and nvu_ctrl_info() and nvu_ctrl_identify() return zeroes. A controller that could not be opened has
 * been disabled when it returns the failure, so that nvu_ctrl_close() does not wait. nvu_ctrl_close() also ends an
 * opening in the middle: then it waits until the controller is disabled.
 *
 * Return: -EAGAIN: call it again; 0: it is open, or was before; else it has failed, as nvu_ctrl_open(): close it, each
 * further call returns the same. Any thread, one at a time until it is open. Since 0.1.
 */
NVU_API int nvu_ctrl_open_step(struct nvu_ctrl *ctrl);

/**
 * nvu_open() - a namespace by one address, and its controller
 * @address: an address of nvu_ctrl_open(), behind which # and the number of a namespace may follow:
 *	     "0000:01:00.0#1", "mock:size=1G#2"; without it, namespace 1
 * @opts: NULL for defaults
 * @ret_ctrl: the open controller, to be closed with nvu_ctrl_close(); untouched on failure
 * @ret_ns: the namespace, as of nvu_ns_get(); untouched on failure
 *
 * Parts of a process that open the same address share one controller: the first call opens it, each later one
 * joins, and the last nvu_ctrl_close() closes it. Each call that succeeds takes one nvu_ctrl_close(). Addresses are
 * the same if they name the same PCI device, or are equal byte by byte up to the last #. A call waits while another
 * thread opens or closes the controller. It never joins a controller of nvu_ctrl_open().
 *
 * Options of a call that joins say what the controller has to be already: a time-out, max_transfer_bytes and the
 * quirks have to be in effect as they are given, io_queues at most what was granted or just what was asked for,
 * and NVU_CTRL_NO_SHADOW_DOORBELLS needs a controller that uses none. An option that is 0 asks for nothing; nothing
 * is reset.
 *
 * Return: 0; -EINVAL also if no number of a namespace is behind the #; -EBUSY also if this process has opened the
 * controller with other options, or with nvu_ctrl_open(); -ENODEV also if there is no such namespace; otherwise as
 * nvu_ctrl_open(), or why the controller has failed that the others have open. Any thread. Since 0.1.
 */
NVU_API int nvu_open(const char *address, const struct nvu_ctrl_opts *opts,
		     struct nvu_ctrl **ret_ctrl, const struct nvu_ns **ret_ns);

/**
 * nvu_ctrl_close() - shut the controller down in order and release it
 * @ctrl: may be NULL
 *
 * A controller whose opening has not ended (nvu_ctrl_open_step()) is given back as it is.
 * If other calls of nvu_open() have the controller too, only counts: it stays open for them, with all queue pairs.
 *
 * Deletes the remaining queues, announces the shutdown (CC.SHN, Base 3.6.1), disables the
 * controller and releases the device. Returns in bounded time on a dead controller too. Destroy its
 * queue pairs first: those still open take no more commands, answer what was in flight (as after
 * nvu_ctrl_reset()) and then return -ENODEV. Any one thread; the last one when no other is in a call on
 * @ctrl or its queue pairs. Since 0.1.
 */
NVU_API void nvu_ctrl_close(struct nvu_ctrl *ctrl);

/**
 * nvu_ctrl_info() - the controller's decoded identity and limits
 * @ctrl: an open controller
 *
 * Returns the newest snapshot. A snapshot never changes: after a reset or new firmware, the next call may
 * return another snapshot (firmware revision, limits, number of namespaces).
 *
 * Return: borrowed until @ctrl closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_ctrl_info *nvu_ctrl_info(const struct nvu_ctrl *ctrl);

/**
 * nvu_ctrl_identify() - the Identify Controller data
 * @ctrl: an open controller
 *
 * Returns the newest snapshot, as nvu_ctrl_info() does.
 *
 * Return: borrowed until @ctrl closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_id_ctrl *nvu_ctrl_identify(const struct nvu_ctrl *ctrl);

/**
 * nvu_admin() - send an admin command and wait for its completion
 * @ctrl: an open controller
 * @cmd: the command; nvu fills in cid and data pointer, and sends the other fields unchanged
 * @data: ordinary memory, copied to or from the controller as the opcode's bits 1:0 say; may be
 *	  NULL if @len is 0
 * @len: bytes, at most 1 MiB and max_transfer_bytes
 * @timeout_ms: 0 for the controller's default
 * @ret_result: command specific result (dw1 << 32 | dw0); may be NULL; untouched unless 0 returned
 *
 * nvu refuses queue creation and deletion, async event requests and doorbell buffer configuration with
 * -EPERM: only the library itself sends them. It sends every other command as it is: Format NVM and
 * Sanitize destroy data.
 *
 * After a command that may change namespaces or the controller (see nvu/ns.h), nvu identifies them again
 * before the function returns. The return value is still the command's: if nvu cannot identify them, it
 * trusts no handle of a namespace, and nvu_ns_get() tries again and returns the reason. In Set Features of
 * Async Event Configuration nvu keeps those notices set that it needs itself.
 *
 * Features. After every reset, for any reason, nvu sets again what a Set Features command has set (status
 * 0), before it creates I/O queues: each setting once, with its last value, in the order in which the
 * values were set. A setting is one feature of one namespace (where it has a value for each), and what the
 * specification selects by CDW11 or by the data: sensor and threshold, NVM set, endurance group, placement
 * handle, metadata elements. nvu sets a saved value again too, but does not save it again. It advances
 * Timestamp by the time that has passed. Features that nvu does not know (vendor specific and reserved
 * identifiers) it sends again for each of the last 8 values of CDW11: if a vendor's command does more than
 * set a value, the controller does that again. Not set again: what the controller itself keeps through a
 * reset (write protection, reservation persistence, I/O command set profile, spin-up, labels, placement,
 * progress marker), Number of Queues and interrupt vectors, a Predictable Latency window, and what nvu
 * cannot set again: a Host Memory Buffer, whose memory may be in use for something else by then, and
 * settings of more than 4096 bytes. NVU_EVENT_FEATURE reports these, and those that the controller refuses
 * or does not answer. A command that was not answered in time counts if its completion comes before the
 * reset; otherwise nvu sets the value before it again. nvu forgets the settings of a namespace that goes.
 * It remembers 1024 settings; then -ENOSPC.
 *
 * While the function waits, other threads can use the controller, recovery and reset included, and send admin
 * commands of their own. Each command has its own completion and its own deadline: a command that takes an hour
 * delays no other. The admin queue has room for 23 of them, less those that timed out and were never answered. A
 * thread that finds no room waits until another thread's command has ended; @timeout_ms begins when its command
 * is sent. The same holds for the one page for data that nvu has when no more memory can be mapped. The
 * controller may carry out commands of two threads in either order.
 *
 * Return: 0, -errno, or the NVMe status > 0. -ETIMEDOUT: the command may still be carried out. -ENOMEM,
 * -ENOSPC: it was not sent. -ECANCELED: a reset ended it, and all others, before it was answered; it may have
 * been carried out. Any thread, several at once. Since 0.1.
 */
NVU_API int nvu_admin(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
		      uint32_t timeout_ms, uint64_t *ret_result);

/**
 * nvu_admin_start() - send an admin command without waiting for its completion
 * @ctrl: an open controller
 * @cmd: the command, as for nvu_admin()
 * @data: as for nvu_admin(), but it is the library's until nvu_admin_poll() has returned the completion, or the
 *	  controller is closed
 * @len: bytes, at most 1 MiB and max_transfer_bytes
 * @timeout_ms: from now on; 0 for the controller's default
 * @user_data: returned in the completion
 *
 * Every command that is accepted gets exactly one completion, from nvu_admin_poll(). nvu reads @data in this call,
 * and writes to it only in the nvu_admin_poll() that returns the completion with status 0, if the opcode's bits 1:0 say that
 * the controller returns data. If no more memory can be mapped, one command at a time with up to 4096 bytes still works.
 *
 * nvu treats features, namespaces and notices as for nvu_admin(), with one difference: after a command that may have
 * changed namespaces, nvu refuses their handles with -ESTALE from the nvu_admin_poll() that returns its completion until
 * it has identified them again. nvu_ns_get() does that, and so do the polls of queue pairs.
 *
 * At most 23 commands of nvu_admin_start() and nvu_admin() together are outstanding, less those that timed out and
 * were never answered. A command counts until nvu_admin_poll() has returned its completion. Beyond that, nvu_admin()
 * does not wait for nvu_admin_poll() to be called: it returns -EAGAIN. nvu_ctrl_close() ends outstanding commands without a
 * completion; @data is the caller's again when it returns.
 *
 * Return: 0; -EAGAIN no room, or another thread, which for instance resets the controller, holds the control plane: call
 * nvu_admin_poll(), then try again; -EINVAL, -EPERM, -ENOMEM, -ENOSPC as nvu_admin(); -EIO, -ENODEV the controller has
 * failed. Nothing was sent unless 0 is returned. Does not wait. Any thread. Since 0.1.
 */
NVU_API int nvu_admin_start(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data,
			    size_t len, uint32_t timeout_ms, uint64_t user_data);

/**
 * nvu_admin_poll() - take completions of commands of nvu_admin_start()
 * @ctrl: an open controller
 * @cpls: room for @max completions
 * @max: at least 1
 *
 * Completions come in any order. A status is 0, the NVMe status > 0, or -errno: -ETIMEDOUT, the deadline of the
 * command has passed; -ECANCELED, a reset ended it; -EIO or -ENODEV, the controller has failed, or reports that it has. After
 * each of these the command may have been, or still be, carried out. Deadlines are checked only here. While the
 * controller activates firmware, time does not count.
 *
 * It does not wait. While the controller's registers read as all ones, up to ready_timeout_ms, it reads them again with
 * each call. While another thread holds the control plane, it returns 0.
 *
 * Return: the number of completions; 0 none yet; -EINVAL @max is 0; -EIO, -ENODEV the controller has failed and all
 * commands are answered. Any thread; a completion goes to the thread whose call finds it. Since 0.1.
 */
NVU_API int nvu_admin_poll(struct nvu_ctrl *ctrl, struct nvu_cpl *cpls, uint32_t max);

/**
 * nvu_ctrl_reset() - reset the controller and bring it up again
 * @ctrl: an open controller
 *
 * Commands may be in flight: the next polls of each queue pair's thread answer them with -ECANCELED (or
 * with their completion, if the controller had answered already). The queue pair keeps its handle and goes
 * on. Commands that are queued after this function has returned wait until their queue exists again, which
 * takes a poll, and are then carried out. nvu identifies controller and namespaces again: see nvu/ns.h. If
 * the controller no longer has room for a queue pair, by its identifier or its depth, only that queue pair
 * ends: its commands are answered, then its calls return -ENOSPC. Base 3.7.2.
 *
 * Memory space and bus mastering are on afterwards, also if another program had switched them off. nvu sets
 * features again that nvu_admin() has set, but not what other commands have set, such as Directive Send. It
 * also resets a controller by itself: see nvu_recovery(7).
 *
 * Return: 0, or why the controller is lost: -EIO, -ENODEV, -ETIMEDOUT or a status > 0; every
 * command is answered in this case too. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_reset(struct nvu_ctrl *ctrl);

/**
 * nvu_ctrl_reset_start() - begin a reset of the controller, in steps that do not wait
 * @ctrl: an open controller
 *
 * For a thread that polls: nvu_ctrl_reset_step() takes the steps. If a reset is under way already, of any thread or of
 * nvu itself, the call joins it.
 *
 * While a reset is under way, queue pairs take commands, which wait in their rings until the queues exist again.
 * nvu_poll(), nvu_ctrl_service() and nvu_admin_poll() of any thread take one step of it each, so it goes on as long as
 * one thread makes one of these calls. nvu_admin_start() takes a step too, and returns -EAGAIN. Calls that may wait,
 * as nvu_admin(), nvu_qpair_create() and nvu_qpair_destroy(), take all steps that are left; so does nvu_ctrl_reset(),
 * which joins. nvu_ctrl_close() ends the reset where it is, and disables the controller without announcing a shutdown.
 *
 * Return: 0 the reset is under way; -EAGAIN nothing has begun: another thread holds the control plane, call it again;
 * -EIO, -ENODEV the controller has failed. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_reset_start(struct nvu_ctrl *ctrl);

/**
 * nvu_ctrl_reset_step() - take the next step of a reset
 * @ctrl: an open controller
 *
 * A step reads registers, sends a command, or looks for its answer: what nvu_ctrl_reset() does, which takes the same
 * steps and waits between them. It does not wait for the controller, nor for another thread. One step resets the
 * function, for as long as the kernel takes, if the controller does not stop otherwise. The time-outs of the options
 * hold: what a program does not look at takes no less time.
 *
 * Return: -EAGAIN call it again; 0 the controller is up again, or no reset was under way; else why the controller is
 * lost, as nvu_ctrl_reset(): each further call returns the same. Any thread, several at once too. Since 0.1.
 */
NVU_API int nvu_ctrl_reset_step(struct nvu_ctrl *ctrl);

/* nvu_event.type: the kernel requests the device (removal, unbinding). Close the controller. */
#define NVU_EVENT_RELEASE 0x80

/*
 * nvu_event.type: the controller was reset, and is up again. info: the reason of the latest reset, a
 * NVU_RESET_...; value: the number of resets that the event reports. nvu_ctrl_info() counts them all.
 */
#define NVU_EVENT_RESET 0x81

/* Why nvu resets a controller: nvu_event.info of NVU_EVENT_RESET. */
enum nvu_reset_reason {
	NVU_RESET_CALLER = 1, /* nvu_ctrl_reset() */
	NVU_RESET_FAILED = 2, /* it reported a fatal status (CSTS.CFS), or had stopped by itself */
	NVU_RESET_SILENT = 3, /* its registers read as all ones; the device still answers */
	NVU_RESET_LATE = 4,   /* commands were late, and their queues could not be deleted */
	NVU_RESET_CREATE = 5, /* a queue could not be created */
	NVU_RESET_DELETE = 6, /* a queue could not be deleted when its queue pair was destroyed */
	NVU_RESET_IDENTIFY = 7, /* after a reset it did not answer, or failed, when identified */
};

/*
 * nvu_event.type: after a reset, nvu could not set a feature again that nvu_admin() had set; it tries again
 * at the next reset. info: the feature identifier; value: why, -errno or the NVMe status > 0; -ENOTSUP: nvu
 * never sets this feature again. See nvu_admin().
 */
#define NVU_EVENT_FEATURE 0x82

/* An asynchronous event, Base 5.2.1, figure 148, or one of nvu's own: NVU_EVENT_... */
struct nvu_event {
	uint8_t type; /* 0 error, 1 SMART / health, 2 notice, 6 I/O command set, 7 vendor */
	uint8_t info; /* by type */
	uint8_t log_page;
	uint8_t rsvd3;
	int32_t value; /* of nvu's own events; 0 in the controller's */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_event) == 8, "fixed by the ABI");

/**
 * nvu_ctrl_service() - let the control plane make progress
 * @ctrl: an open controller
 * @ret_event: the next event, if there is one; may be NULL
 *
 * Checks that the controller works, reaps asynchronous events and asks for the next ones. Call it
 * now and then, from any thread. It does not wait, with two exceptions: while the controller's registers
 * read as all ones, up to ready_timeout_ms; and when an event reports that namespaces have changed: nvu
 * identifies them again before it returns the event. It has then read the log page that the notice names
 * (the Changed Namespace List), so that the controller sends the next notice. nvu keeps 32 events and drops
 * later ones, but still identifies namespaces again when one of these reports a change.
 *
 * NVU_EVENT_RELEASE comes once, before the events that are waiting, also of a controller that has failed.
 * NVU_EVENT_RESET comes next, then NVU_EVENT_FEATURE: they need no room among the 32. Resets since the last
 * NVU_EVENT_RESET are one event, which counts them. A reset that fails is not an event: from then on every other
 * call returns that the controller has failed.
 *
 * Return: 1 with an event in @ret_event; 0 nothing new; -EIO CSTS.CFS, or it has stopped by itself;
 * -ENODEV the controller has gone. Since 0.1.
 */
NVU_API int nvu_ctrl_service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event);

/**
 * nvu_ctrl_release_fd() - the descriptor that becomes readable when the kernel requests the device
 * @ctrl: an open controller
 *
 * The kernel requests the device when its driver is to be unbound or the device is to be removed. It waits
 * until the controller is closed. The descriptor is for event loops: a program that calls nvu_ctrl_service()
 * now and then gets NVU_EVENT_RELEASE without it. Do not read or close it.
 *
 * Return: a descriptor, valid until @ctrl closes; -ENOTSUP: this transport has none. Any thread.
 * Since 0.1.
 */
NVU_API int nvu_ctrl_release_fd(struct nvu_ctrl *ctrl);

NVU_END_DECLS

#endif /* NVU_CTRL_H */
