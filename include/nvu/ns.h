/* SPDX-License-Identifier: MIT */
/*
 * nvu/ns.h: the namespaces of a controller, as they were when it was opened.
 *
 * Thread rule: immutable snapshots, any thread, valid until the controller closes.
 */
#ifndef NVU_NS_H
#define NVU_NS_H

#include <nvu/identify.h>
#include <nvu/types.h>

NVU_BEGIN_DECLS

/* A namespace, decoded and checked. The struct may grow at its end. */
struct nvu_ns_info {
	uint32_t nsid;
	uint32_t block_bytes;	      /* a power of two, without metadata */
	uint64_t blocks;	      /* NSZE */
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
};

/**
 * nvu_ns_get() - a namespace by its identifier
 * @ctrl: an open controller
 * @nsid: 1 and up
 * @ret_ns: borrowed until @ctrl closes; untouched on failure
 *
 * Return: 0; -ENODEV no active namespace has this identifier. Any thread. Since 0.1.
 */
NVU_API int nvu_ns_get(struct nvu_ctrl *ctrl, uint32_t nsid, const struct nvu_ns **ret_ns);

/**
 * nvu_ns_next() - the active namespaces in ascending order
 * @ctrl: an open controller
 * @nsid: 0 to begin, then what the last call returned
 *
 * Return: the next active namespace identifier above @nsid, 0 at the end. Any thread. Since 0.1.
 */
NVU_API uint32_t nvu_ns_next(const struct nvu_ctrl *ctrl, uint32_t nsid);

/**
 * nvu_ns_info() - what a namespace is
 * @ns: a namespace
 *
 * Return: borrowed until the controller closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_ns_info *nvu_ns_info(const struct nvu_ns *ns);

/**
 * nvu_ns_identify() - the Identify Namespace data as read at open
 * @ns: a namespace
 *
 * Return: borrowed until the controller closes, never NULL. Any thread. Since 0.1.
 */
NVU_API const struct nvu_id_ns *nvu_ns_identify(const struct nvu_ns *ns);

NVU_END_DECLS

#endif /* NVU_NS_H */
