/* SPDX-License-Identifier: MIT */
/*
 * nvu/ctrl.h: open a controller, learn about it, send it admin commands, close it.
 *
 * Thread rule: the functions here may be called from any thread; they are serialised inside.
 */
#ifndef NVU_CTRL_H
#define NVU_CTRL_H

#include <nvu/identify.h>
#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* Flags of struct nvu_ctrl_opts. */
#define NVU_CTRL_NO_SHADOW_DOORBELLS (1u << 0) /* do not use Doorbell Buffer Config */
#define NVU_CTRL_NO_DEVICE_RESET (1u << 1)     /* skip the function level reset at open */

/*
 * What known drives need (lib/base/drives.def has the table). The option .quirks adds to what the table
 * says of a drive, .quirks_off takes away.
 */
#define NVU_QUIRK_PLAIN_IDENTIFIERS (1u << 0) /* command identifiers without generations */
#define NVU_QUIRK_WIDE_ENTRIES (1u << 1)      /* 128-byte submission entries: not opened */
#define NVU_QUIRK_SLOW_STOP (1u << 2)	      /* CSTS is not read for 2.3 s after CC.EN = 0 */
#define NVU_QUIRK_NO_DESCRIPTORS (1u << 3)    /* no namespace identification descriptors are read */
#define NVU_QUIRK_NO_LISTS (1u << 4)	 /* before 1.2: Identify Controller and Namespace only */
#define NVU_QUIRK_NO_LOG_PAGES (1u << 5) /* nvu by itself reads no log page */
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
	uint32_t shutdown_timeout_ms; /* default RTD3E of the controller, at most 30,000 */
	/* Of one command; default MDTS, 1 MiB where there is no limit. */
	uint32_t max_transfer_bytes;
	uint32_t rsvd;	     /* never read, in no version: older programs have padding here */
	uint32_t quirks;     /* NVU_QUIRK_...: apply these besides those of the drive's row */
	uint32_t quirks_off; /* NVU_QUIRK_...: do not apply these, whatever the row says */
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
	uint32_t resets; /* since the open, whatever caused them; it stops at 65,535 */
};

/**
 * nvu_ctrl_open() - take a controller over and bring it up
 * @address: "0000:01:00.0", "vfio:0000:01:00.0" or "mock:size=1G,lba=4096"; see nvu(7)
 * @opts: NULL for defaults
 * @ret_ctrl: the open controller, to be closed with nvu_ctrl_close(); untouched on failure
 *
 * Resets the device, enables the controller (Base 3.5.1), identifies it and its namespaces.
 *
 * Return: 0; -EINVAL address or option; -ENODEV no such device, or it is no NVMe controller;
 * -EBUSY bound to another driver or opened by another process; -EACCES, -EPERM not permitted;
 * -ENOMEM locked-memory limit; -ENOTSUP no IOMMU, or VFIO not loaded; -ETIMEDOUT not ready in
 * time; -EIO CSTS.CFS; > 0 the status of the admin command that failed. nvu_last_error() has the
 * sentence. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_open(const char *address, const struct nvu_ctrl_opts *opts,
			  struct nvu_ctrl **ret_ctrl);

/**
 * nvu_ctrl_close() - shut the controller down in order and give it back
 * @ctrl: may be NULL
 *
 * Deletes what queue pairs are left, announces the shutdown (CC.SHN, Base 3.6.1), disables the
 * controller and releases the device. Returns in bounded time on a dead controller too. Destroy its
 * queue pairs first: those still open take no more commands, answer what was in flight (as after
 * nvu_ctrl_reset()) and then return -ENODEV. Any one thread, when no other is in a call on @ctrl or
 * its queue pairs. Since 0.1.
 */
NVU_API void nvu_ctrl_close(struct nvu_ctrl *ctrl);

/**
 * nvu_ctrl_info() - the controller's decoded identity and limits
 * @ctrl: an open controller
 *
 * The newest of snapshots that never change: after a reset or new firmware another call may return
 * another one (firmware revision, limits, number of namespaces).
 *
 * Return: borrowed until @ctrl closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_ctrl_info *nvu_ctrl_info(const struct nvu_ctrl *ctrl);

/**
 * nvu_ctrl_identify() - the Identify Controller data
 * @ctrl: an open controller
 *
 * The newest of snapshots, as nvu_ctrl_info().
 *
 * Return: borrowed until @ctrl closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_id_ctrl *nvu_ctrl_identify(const struct nvu_ctrl *ctrl);

/**
 * nvu_admin() - send an admin command and wait for its completion
 * @ctrl: an open controller
 * @cmd: the command; cid and data pointer are filled in by nvu, all else is sent as it is
 * @data: ordinary memory, copied to or from the controller as the opcode's bits 1:0 say; may be
 *	  NULL when @len is 0
 * @len: bytes, at most 1 MiB and max_transfer_bytes
 * @timeout_ms: 0 for the controller's default
 * @ret_result: command specific result (dw1 << 32 | dw0); may be NULL; untouched unless 0 returned
 *
 * Queue creation and deletion, async event requests and doorbell buffer configuration are
 * refused with -EPERM: they are the library's own.
 *
 * A command that may change namespaces or the controller (see nvu/ns.h) is followed by identifying them
 * again, before the function returns. Its return value is the command's all the same: if they cannot be
 * identified, no handle of a namespace is trusted, and nvu_ns_get() tries again and says why. Set
 * Features of Async Event Configuration keeps the notices set that nvu lives by.
 *
 * Features. What a Set Features command has set (status 0) is set again after every reset, whatever caused
 * it, before I/O queues are created: each setting once, with its last value, in the order in which the
 * values were set. A setting is one feature of one namespace (where it has a value for each), and what the
 * specification selects by CDW11 or by the data: sensor and threshold, NVM set, endurance group, placement
 * handle, metadata elements. It is not saved again, but set again also if it was saved. Timestamp goes on
 * by the time that has passed. What nvu does not know (vendor specific and reserved identifiers) is sent
 * again for each of the last 8 values of CDW11: a vendor's command that is more than a setting is carried
 * out again. Not set again: what the controller itself keeps through a reset (write protection, reservation
 * persistence, I/O command set profile, spin-up, labels, placement, progress marker), Number of Queues and
 * interrupt vectors, a Predictable Latency window, and what cannot be: a Host Memory Buffer, whose memory
 * may be something else's by then, and settings of more than 4096 bytes. These, and what the controller
 * refuses or does not answer, are told by NVU_EVENT_FEATURE. A command that was not answered in time counts
 * if its answer comes before the reset; otherwise the value before it is set again. Settings of a namespace
 * go with it. 1024 settings are remembered; then -ENOSPC.
 *
 * While it waits, other threads do what they like with the controller, recovery and reset included:
 * a command that takes an hour keeps nothing from happening but other calls of this function.
 *
 * Return: 0, -errno, or the NVMe status > 0. -ETIMEDOUT: the command may still be carried out. -ENOMEM,
 * -ENOSPC: it was not sent.
 * -ECANCELED: a reset has ended it before it was answered. Any thread; one command at a time per
 * controller. Since 0.1.
 */
NVU_API int nvu_admin(struct nvu_ctrl *ctrl, const struct nvu_sqe *cmd, void *data, size_t len,
		      uint32_t timeout_ms, uint64_t *ret_result);

/**
 * nvu_ctrl_reset() - reset the controller and bring it up again
 * @ctrl: an open controller
 *
 * With commands in flight, too: each queue pair's thread gets its commands answered with
 * -ECANCELED (or the truth, if the controller had answered already) by its next polls, keeps its
 * handle, and goes on. Commands that are queued after this has returned wait until their queue exists
 * again, which takes a poll, and are then carried out. Controller and namespaces are identified again: see nvu/ns.h. A queue pair with
 * an identifier, or of a depth, that the controller has no room for any more ends alone: its commands
 * are answered, then it says -ENOSPC. Base 3.7.2.
 *
 * Return: 0, or why the controller is lost: -EIO, -ENODEV, -ETIMEDOUT or a status > 0; every
 * command is answered then as well. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_reset(struct nvu_ctrl *ctrl);

/* nvu_event.type: the kernel asks for the device back (removal, unbinding). Close the controller. */
#define NVU_EVENT_RELEASE 0x80

/*
 * nvu_event.type: the controller was reset, and is up again. info: the reason of the latest reset, a
 * NVU_RESET_...; value: how many resets the event stands for. nvu_ctrl_info() counts them all.
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
 * nvu_event.type: a reset could not set a feature again that nvu_admin() had set; it is tried again at the
 * next reset. info: the feature identifier; value: why, -errno or the NVMe status > 0; -ENOTSUP: nvu
 * cannot set this one again. See nvu_admin().
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
 * Checks that the controller is alive, reaps asynchronous events and asks for the next ones. Call it
 * now and then, from any thread. It does not wait, with two exceptions: while the controller's registers
 * read as all ones, for as long as ready_timeout_ms; and when an event tells that namespaces have
 * changed, they are identified again before the event is handed on. nvu has then read the log page that
 * the notice names (the Changed Namespace List): that is how it gets the next one. 32 events are kept;
 * later ones are dropped, but nvu itself still learns of changes by them.
 *
 * NVU_EVENT_RELEASE comes once, ahead of the events that are waiting. NVU_EVENT_RESET comes next, then
 * NVU_EVENT_FEATURE: they need no room among the 32, and resets that nobody has asked for yet are one event,
 * which counts them. A reset
 * that fails is no event: every call says from then on that the controller has failed.
 *
 * Return: 1 with an event in @ret_event, 0 nothing new, -EIO CSTS.CFS, or it has stopped by itself;
 * -ENODEV the controller has gone. Since 0.1.
 */
NVU_API int nvu_ctrl_service(struct nvu_ctrl *ctrl, struct nvu_event *ret_event);

/**
 * nvu_ctrl_release_fd() - the descriptor that tells when the device is wanted back
 * @ctrl: an open controller
 *
 * Becomes readable when the kernel asks for the device: its driver is to be unbound, or it is to be
 * removed; the kernel waits until the controller is closed. For event loops: whoever calls
 * nvu_ctrl_service() now and then gets NVU_EVENT_RELEASE without it. Do not read or close it.
 *
 * Return: a descriptor, valid until @ctrl closes; -ENOTSUP: this transport has none. Any thread.
 * Since 0.1.
 */
NVU_API int nvu_ctrl_release_fd(struct nvu_ctrl *ctrl);

NVU_END_DECLS

#endif /* NVU_CTRL_H */
