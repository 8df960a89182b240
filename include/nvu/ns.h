/* SPDX-License-Identifier: MIT */
/*
 * nvu/ns.h: the namespaces of a controller.
 *
 * A handle is a snapshot that never changes. nvu identifies the namespaces again after each reset, after
 * a command of nvu_admin() that may have changed them (Format NVM, Namespace Management, Namespace
 * Attachment, Sanitize, Firmware Commit, a vendor's unless it only reads), and after an event that
 * reports a change, for which nvu_poll(), nvu_ctrl_service(), nvu_ns_get() and nvu_ns_next() look; nvu
 * switches these notices on. It has identified them before the command, the reset or the event returns to
 * the program. If block size, format,
 * metadata, protection information, identity (NGUID, EUI64, UUID, command set) or the controller's
 * transfer limit has changed, or the namespace has shrunk or gone, nvu refuses its handles from then on,
 * with -ESTALE and a sentence; nvu_ns_get() returns a new one. If a namespace has only grown, its handles
 * stay valid and keep their old end.
 *
 * If the controller refuses to identify the namespaces again, or does not answer, nvu refuses all handles;
 * nvu_ns_get() tries again and returns the reason. Commands that were queued before a change are not
 * protected; no command is until the controller reports another host's change and nvu looks.
 *
 *	for (uint32_t nsid = nvu_ns_next(ctrl, 0); nsid; nsid = nvu_ns_next(ctrl, nsid)) {
 *		const struct nvu_ns *ns;
 *
 *		if (!nvu_ns_get(ctrl, nsid, &ns))
 *			printf("%u: %llu blocks\n", nsid,
 *			       (unsigned long long)nvu_ns_info(ns)->blocks);
 *	}
 *
 * Thread rule: any thread; the data of a handle can be read until the controller closes.
 */
#ifndef NVU_NS_H
#define NVU_NS_H

#include <nvu/identify.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* Bits of nvu_ns_info.commands: what the controller has for this namespace. */
#define NVU_NS_COMPARE (1u << 0)
#define NVU_NS_WRITE_UNCORRECTABLE (1u << 1)
#define NVU_NS_DEALLOCATE (1u << 2)
#define NVU_NS_WRITE_ZEROES (1u << 3)
#define NVU_NS_RESERVATIONS (1u << 5)
#define NVU_NS_VERIFY (1u << 7)
#define NVU_NS_COPY (1u << 8)
#define NVU_NS_COMPARE_AND_WRITE (1u << 16) /* fused */

/* nvu_ns_info.deallocated_reads: what a read of deallocated blocks returns. */
enum {
	NVU_DEALLOCATED_UNKNOWN = 0, /* what was written, zeroes or ones */
	NVU_DEALLOCATED_ZEROES = 1,
	NVU_DEALLOCATED_ONES = 2,
};

/* A namespace, decoded and checked. The struct may grow at its end. */
struct nvu_ns_info {
	uint32_t nsid;
	uint32_t block_bytes;	      /* a power of two, without metadata */
	uint64_t blocks;	      /* NSZE: blocks 0 to blocks - 1 */
	uint64_t capacity_blocks;     /* NCAP */
	uint64_t used_blocks;	      /* NUSE */
	uint32_t metadata_bytes;      /* per block; 0: none */
	uint32_t max_transfer_blocks; /* of one nvu_read() or nvu_write(); 0: format not usable */
	uint32_t lbaf;		      /* index of the format in use */
	uint8_t metadata_extended;    /* 1: metadata is transferred at the end of each block */
	uint8_t protection;	      /* protection information type 0..3 */
	uint8_t csi;		      /* command set identifier: 0 NVM, 1 key value, 2 zoned */
	uint8_t has_nguid;
	uint8_t has_eui64;
	uint8_t has_uuid;
	uint8_t nguid[16];
	uint8_t eui64[8];
	uint8_t uuid[16];
	uint8_t protection_first; /* 1: protection information is the metadata's first bytes, not its last */
	uint8_t pif;		  /* NVU_PIF_...: its format; nvu/protection.h */
	uint8_t storage_tag_bits; /* STS; 0: no storage tag */
	uint8_t rsvd[3];
	uint64_t storage_tag_mask; /* LBSTM: bits of the storage tag that are compared */

	/* What follows is of the controller, too, as it was when it was identified for this handle. */
	uint32_t commands;	   /* NVU_NS_...: what it has */
	uint8_t volatile_cache;	   /* 1: without FUA, a write is durable after a flush only */
	uint8_t deallocated_reads; /* NVU_DEALLOCATED_... */
	uint8_t zeroes_deallocate; /* 1: NVU_RW_DEAC of nvu_write_zeroes() deallocates */
	uint8_t deallocated_guard; /* 1: the guard of deallocated blocks is that of their data; 0: FFFFh */
	/* Blocks written as a whole or not at all: beside other commands, and when power fails. */
	uint32_t atomic_write_blocks;		  /* NAWUN, AWUN */
	uint32_t atomic_write_power_fail_blocks;  /* NAWUPF, AWUPF */
	uint32_t atomic_compare_and_write_blocks; /* NACWU, ACWU; 0: no such command */
	uint32_t atomic_boundary_blocks; /* NABSN: no such write crosses it; 0: no boundary */
	uint32_t atomic_boundary_power_fail_blocks; /* NABSPF */
	uint32_t atomic_boundary_first;		    /* NABO: the first boundary's block */
	/* For the best speed, in blocks; 0: the controller says nothing. */
	uint32_t optimal_boundary_blocks;	    /* NOIOB: no command should cross it */
	uint32_t preferred_write_blocks;	    /* NPWG: writes of a multiple of it */
	uint32_t preferred_write_align_blocks;	    /* NPWA: that begin at a multiple of it */
	uint32_t preferred_deallocate_blocks;	    /* NPDG */
	uint32_t preferred_deallocate_align_blocks; /* NPDA */
	uint32_t optimal_write_blocks;		    /* NOWS: the size of a write */
	/* Of one command; 0: the controller does not have it. */
	uint32_t max_verify_blocks;	   /* VSL */
	uint32_t max_zeroes_blocks;	   /* WZSL */
	uint32_t max_uncorrectable_blocks; /* WUSL */
	uint32_t max_ranges;		   /* DMRL: of a deallocation */
	uint32_t max_range_blocks;	   /* DMRSL: of one of its ranges */
	uint32_t max_copy_range_blocks;	   /* MSSRL: of one source range of a copy */
	uint32_t max_copy_blocks;	   /* MCL: of all of its ranges */
	uint32_t max_copy_ranges;	   /* MSRC */
	uint64_t max_deallocate_blocks;	   /* DMSL: of all ranges of a deallocation */
	/* RESCAP: bit n: reservation type n of nvu/reservation.h; bit 0: NVU_RESERVATION_PERSIST. 0: none. */
	uint8_t reservation_types;
	uint8_t rsvd2[7];
};

/**
 * nvu_ns_get() - a namespace by its identifier
 * @ctrl: an open controller
 * @nsid: 1 and up
 * @ret_ns: borrowed until @ctrl closes; untouched on failure
 *
 * Returns the newest handle. If namespaces may have changed, nvu first identifies them again.
 *
 * Return: 0; -ENODEV no active namespace has this identifier; or why the namespaces could not be
 * identified again: -ETIMEDOUT, -EIO, -EPROTO ... or a status > 0. Any thread. Since 0.1.
 */
NVU_API int nvu_ns_get(struct nvu_ctrl *ctrl, uint32_t nsid, const struct nvu_ns **ret_ns);

/**
 * nvu_ns_next() - the active namespaces in ascending order
 * @ctrl: an open controller
 * @nsid: 0 to begin, then what the last call returned
 *
 * With @nsid 0, nvu first identifies namespaces again if they may have changed.
 *
 * Return: the next active namespace identifier above @nsid, 0 at the end. Any thread. Since 0.1.
 */
NVU_API uint32_t nvu_ns_next(const struct nvu_ctrl *ctrl, uint32_t nsid);

/**
 * nvu_ns_info() - a namespace's size, format and identity
 * @ns: a namespace
 *
 * Return: borrowed until the controller closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_ns_info *nvu_ns_info(const struct nvu_ns *ns);

/**
 * nvu_ns_identify() - the Identify Namespace data of a handle
 * @ns: a namespace
 *
 * Return: borrowed until the controller closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_id_ns *nvu_ns_identify(const struct nvu_ns *ns);

NVU_END_DECLS

#endif /* NVU_NS_H */
