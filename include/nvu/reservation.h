/* SPDX-License-Identifier: MIT */
/*
 * nvu/reservation.h: reservations: hosts that share a namespace agree on which of them may write to it or read it.
 *
 *	nvu_reservation_set_host_id(ctrl, host_id, 16);
 *	nvu_reservation_register(qpair, ns, NVU_RESERVATION_REGISTER, 0, 0, key, 1);
 *	...	its completion
 *	nvu_reservation_acquire(qpair, ns, NVU_RESERVATION_ACQUIRE,
 *				NVU_RESERVATION_WRITE_EXCLUSIVE, key, 0, 2);
 *
 * A host is known by its identifier, which it sets once for each controller; it registers with a namespace by a
 * key that it chooses. A registered host can acquire the reservation, or preempt that of a host that has died. A
 * command that the reservation of another host forbids ends with NVU_SC_RESERVATION_CONFLICT, and so does one
 * of the functions here with a wrong key or a host that is not registered. Base 8.19.
 *
 * nvu_ns_info()->commands has NVU_NS_RESERVATIONS, and nvu_ns_info()->reservation_types says which types there are.
 * The keys are copied: they wait in the pages that deallocations use (nvu/nvm.h), of which a queue pair has four.
 *
 * Thread rule: that of the queue pair, if there is one.
 */
#ifndef NVU_RESERVATION_H
#define NVU_RESERVATION_H

#include <nvu/spec.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* Data of Reservation Register, Acquire and Release, Base 7.2 to 7.4: 16 bytes, 8 of Release. */
struct nvu_reservation_keys {
	nvu_le64 crkey; /* the host's own key */
	nvu_le64 other; /* Register: NRKEY, the new key; Acquire: PRKEY, the key to preempt */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_reservation_keys) == 16, "Base 7.2: 16 bytes");

/* Head of the data of Reservation Report, Base 7.5: 24 bytes; 40 reserved ones follow in the extended structure. */
struct nvu_reservation_head {
	nvu_le32 gen;
	uint8_t rtype;
	uint8_t regctl[2]; /* number of registered controllers, little-endian */
	uint8_t rsvd7[2];
	uint8_t ptpls;
	uint8_t rsvd10[14];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_reservation_head) == 24, "Base 7.5: 24 bytes");

/* A registered controller behind it, and one of the extended structure. */
struct nvu_reservation_entry {
	nvu_le16 cntlid;
	uint8_t rcsts; /* bit 0: the host holds the reservation */
	uint8_t rsvd3[5];
	uint8_t hostid[8];
	nvu_le64 rkey;
};
struct nvu_reservation_entry_extended {
	nvu_le16 cntlid;
	uint8_t rcsts;
	uint8_t rsvd3[5];
	nvu_le64 rkey;
	uint8_t hostid[16];
	uint8_t rsvd32[32];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_reservation_entry) == 24, "Base 7.5: 24 bytes");
NVU_STATIC_ASSERT(sizeof(struct nvu_reservation_entry_extended) == 64, "Base 7.5: 64 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_reservation_entry_extended, hostid) == 16, "byte 16");

/* Types of a reservation, Base 8.19: who, beside the holder, may read and write. */
enum nvu_reservation_type {
	NVU_RESERVATION_NONE = 0,
	NVU_RESERVATION_WRITE_EXCLUSIVE = 1,		  /* all read, the holder writes */
	NVU_RESERVATION_EXCLUSIVE_ACCESS = 2,		  /* the holder alone */
	NVU_RESERVATION_WRITE_EXCLUSIVE_REGISTRANTS = 3,  /* all read, registered hosts write */
	NVU_RESERVATION_EXCLUSIVE_ACCESS_REGISTRANTS = 4, /* registered hosts alone */
	NVU_RESERVATION_WRITE_EXCLUSIVE_ALL = 5,  /* as 3, and each registered host holds it */
	NVU_RESERVATION_EXCLUSIVE_ACCESS_ALL = 6, /* as 4, and each registered host holds it */
};

/* What nvu_reservation_register() does: RREGA. */
enum { NVU_RESERVATION_REGISTER = 0, NVU_RESERVATION_UNREGISTER = 1, NVU_RESERVATION_REPLACE = 2 };

/* What nvu_reservation_acquire() does: RACQA. */
enum {
	NVU_RESERVATION_ACQUIRE = 0,
	NVU_RESERVATION_PREEMPT = 1,
	NVU_RESERVATION_PREEMPT_ABORT = 2
};

/* What nvu_reservation_release() does: RRELA. */
enum { NVU_RESERVATION_RELEASE = 0, NVU_RESERVATION_CLEAR = 1 };

/* Flags of nvu_reservation_register(): bits of CDW10. */
#define NVU_RESERVATION_IGNORE_KEY (1u << 3) /* IEKEY: unregister or replace, whatever the key is */
#define NVU_RESERVATION_PERSIST (3u << 30)   /* CPTPL: keep all of it through a power loss */
#define NVU_RESERVATION_VANISH (2u << 30)    /* CPTPL: a power loss ends it */

/* Flags of nvu_reservation_report() and nvu_reservation_decode(): bits of CDW11. */
#define NVU_RESERVATION_EXTENDED (1u << 0) /* EDS: the host has an identifier of 128 bits */

/**
 * nvu_reservation_set_host_id() - tell the controller which host this is
 * @ctrl: an open controller
 * @host_id: not all zero, the same for each controller by which this host reaches the namespaces
 * @len: bytes of it: 8; or 16, if the controller takes these (CTRATT bit 0)
 *
 * Waits for the answer, as nvu_admin() does. nvu sets the identifier again after each reset. A controller keeps the
 * first one until then: another one is refused with NVU_SC_SEQUENCE. Feature 81h, Base 5.27.1.25.
 *
 * Return: 0; -EINVAL @len, or zeroes; -ENOTSUP the controller does not take 16 bytes; or as nvu_admin(). Any
 * thread. Since 0.1.
 */
NVU_API int nvu_reservation_set_host_id(struct nvu_ctrl *ctrl, const void *host_id, size_t len);

/**
 * nvu_reservation_register() - queue a command that registers this host, gives it another key, or ends that
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @action: NVU_RESERVATION_REGISTER, _UNREGISTER or _REPLACE
 * @flags: NVU_RESERVATION_IGNORE_KEY; NVU_RESERVATION_PERSIST or NVU_RESERVATION_VANISH
 * @key: the key that it has registered; not looked at to register
 * @new_key: the key to register, or to have from now on
 * @user_data: returned in the completion
 *
 * Base 7.3. A host that unregisters gives up the reservation that it holds.
 *
 * Return: 0; -EAGAIN queue full, or four such commands or deallocations are outstanding: poll and try again; -EINVAL
 * an argument; -ENOTSUP the controller or the namespace does not have reservations, or none that persist; -ESTALE,
 * -ENOSPC as nvu_read(); -EIO, -ENODEV the controller is lost. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_reservation_register(struct nvu_qpair *qpair, const struct nvu_ns *ns,
				     uint32_t action, uint32_t flags, uint64_t key,
				     uint64_t new_key, uint64_t user_data);

/**
 * nvu_reservation_acquire() - queue a command that acquires the reservation, or preempts another host
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @action: NVU_RESERVATION_ACQUIRE, _PREEMPT or _PREEMPT_ABORT, which also aborts the other host's commands
 * @type: NVU_RESERVATION_WRITE_EXCLUSIVE and on
 * @key: the key that this host has registered
 * @preempted_key: the key of the hosts to preempt; not looked at to acquire
 * @user_data: returned in the completion
 *
 * Base 7.2. Preempting unregisters the hosts that have that key; if one of them holds the reservation, this host
 * holds it then.
 *
 * Return: as nvu_reservation_register(); -ENOTSUP also: the namespace does not have the type. The queue pair's thread.
 * Since 0.1.
 */
NVU_API int nvu_reservation_acquire(struct nvu_qpair *qpair, const struct nvu_ns *ns,
				    uint32_t action, uint32_t type, uint64_t key,
				    uint64_t preempted_key, uint64_t user_data);

/**
 * nvu_reservation_release() - queue a command that releases the reservation, or clears all of it
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @action: NVU_RESERVATION_RELEASE, or NVU_RESERVATION_CLEAR, which also unregisters all hosts
 * @type: that of the reservation; not looked at to clear
 * @key: the key that this host has registered
 * @user_data: returned in the completion
 *
 * Base 7.4. Success, too, if this host does not hold the reservation: then nothing changes.
 *
 * Return: as nvu_reservation_acquire(). The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_reservation_release(struct nvu_qpair *qpair, const struct nvu_ns *ns,
				    uint32_t action, uint32_t type, uint64_t key,
				    uint64_t user_data);

/**
 * nvu_reservation_report() - queue a command that reads who is registered and who holds the reservation
 * @qpair: the calling thread's queue pair
 * @ns: a namespace of the same controller
 * @buf: a buffer of the controller's domain, for nvu_reservation_decode()
 * @offset: bytes into @buf, a multiple of 4
 * @len: bytes, a multiple of 4: 24 and 24 for each host; with NVU_RESERVATION_EXTENDED 64 and 64
 * @flags: NVU_RESERVATION_EXTENDED, if the host identifier has 16 bytes
 * @user_data: returned in the completion
 *
 * Base 7.5. The status is NVU_SC_HOST_ID_FORMAT if the flag does not go with the identifier.
 *
 * Return: as nvu_reservation_register(), with nvu_read()'s rules for the buffer. The queue pair's thread. Since 0.1.
 */
NVU_API int nvu_reservation_report(struct nvu_qpair *qpair, const struct nvu_ns *ns,
				   const struct nvu_dma *buf, size_t offset, size_t len,
				   uint32_t flags, uint64_t user_data);

/* What a report says of the namespace. */
struct nvu_reservation {
	uint32_t generation;  /* GEN: counts registrations and preemptions */
	uint32_t registrants; /* that there are: a buffer may have had no room for all */
	uint8_t type;	      /* enum nvu_reservation_type */
	uint8_t persists;     /* 1: it is kept through a power loss */
	uint8_t rsvd[6];      /* 0 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_reservation) == 16, "fixed by the ABI");

/* A registered host, at one controller. */
struct nvu_registrant {
	uint8_t host_id[16]; /* one of 64 bits has 8 zeroes behind it */
	uint64_t key;
	uint16_t cntlid;   /* the controller; FFFFh: a controller that is not static */
	uint8_t is_holder; /* 1: it holds the reservation */
	uint8_t rsvd[5];   /* 0 */
};
NVU_STATIC_ASSERT(sizeof(struct nvu_registrant) == 32, "fixed by the ABI");

/**
 * nvu_reservation_decode() - the data of a report
 * @data: what nvu_reservation_report() has read
 * @len: bytes of it
 * @flags: as of the report
 * @ret_reservation: filled in; untouched on failure
 * @ret_registrants: room for @max; NULL if @max is 0
 * @max: largest number of registrants to return
 *
 * Return: the number of registrants written to @ret_registrants; -EINVAL @flags, or @len is shorter than the head (24
 * or 64 bytes); -EPROTO the data have a type that the specification does not have. Any thread. Since 0.1.
 */
NVU_API int nvu_reservation_decode(const void *data, size_t len, uint32_t flags,
				   struct nvu_reservation *ret_reservation,
				   struct nvu_registrant *ret_registrants, uint32_t max);

NVU_END_DECLS

#endif /* NVU_RESERVATION_H */
