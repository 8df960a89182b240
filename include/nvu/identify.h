/* SPDX-License-Identifier: MIT */
/*
 * nvu/identify.h: the Identify data structures as they come from the controller. Text is padded
 * with blanks and not terminated; numbers are little-endian (nvu_le16_get() and friends).
 * nvu_ctrl_info() and nvu_ns_info() hand out the decoded and checked essentials.
 */
#ifndef NVU_IDENTIFY_H
#define NVU_IDENTIFY_H

#include <nvu/types.h>

/* Power state descriptor, Base figure 276: 32 bytes. */
struct nvu_psd {
	nvu_le16 mp; /* maximum power */
	uint8_t rsvd2;
	uint8_t flags; /* MXPS bit 0, NOPS bit 1 */
	nvu_le32 enlat;
	nvu_le32 exlat;
	uint8_t rrt, rrl, rwt, rwl;
	nvu_le16 idlp;
	uint8_t ips;
	uint8_t rsvd19;
	nvu_le16 actp;
	uint8_t apws;
	uint8_t rsvd23[9];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_psd) == 32, "Base figure 276: 32 bytes");

/* Identify Controller, CNS 01h, Base 5.17.2.1, figure 275: 4096 bytes. */
struct nvu_id_ctrl {
	nvu_le16 vid;
	nvu_le16 ssvid;
	char sn[20];
	char mn[40];
	char fr[8];
	uint8_t rab;
	uint8_t ieee[3];
	uint8_t cmic;
	uint8_t mdts; /* maximum data transfer: 2^mdts minimum pages, 0: no limit */
	nvu_le16 cntlid;
	nvu_le32 ver;
	nvu_le32 rtd3r;
	nvu_le32 rtd3e;
	nvu_le32 oaes;
	nvu_le32 ctratt;
	nvu_le16 rrls;
	uint8_t rsvd102[9];
	uint8_t cntrltype;
	uint8_t fguid[16];
	nvu_le16 crdt1;
	nvu_le16 crdt2;
	nvu_le16 crdt3;
	uint8_t rsvd134[119];
	uint8_t nvmsr;
	uint8_t vwci;
	uint8_t mec;
	nvu_le16 oacs; /* optional admin commands; bit 8: doorbell buffer config */
	uint8_t acl;   /* abort command limit, 0's based */
	uint8_t aerl;  /* async event request limit, 0's based */
	uint8_t frmw;
	uint8_t lpa;
	uint8_t elpe;
	uint8_t npss;
	uint8_t avscc;
	uint8_t apsta;
	nvu_le16 wctemp;
	nvu_le16 cctemp;
	nvu_le16 mtfa;
	nvu_le32 hmpre;
	nvu_le32 hmmin;
	uint8_t tnvmcap[16];
	uint8_t unvmcap[16];
	nvu_le32 rpmbs;
	nvu_le16 edstt;
	uint8_t dsto;
	uint8_t fwug;
	nvu_le16 kas;
	nvu_le16 hctma;
	nvu_le16 mntmt;
	nvu_le16 mxtmt;
	nvu_le32 sanicap;
	nvu_le32 hmminds;
	nvu_le16 hmmaxd;
	nvu_le16 nsetidmax;
	nvu_le16 endgidmax;
	uint8_t anatt;
	uint8_t anacap;
	nvu_le32 anagrpmax;
	nvu_le32 nanagrpid;
	nvu_le32 pels;
	nvu_le16 domainid;
	uint8_t rsvd358[10];
	uint8_t megcap[16];
	uint8_t rsvd384[128];
	uint8_t sqes; /* required (3:0) and maximum (7:4) submission entry size, log2 */
	uint8_t cqes;
	nvu_le16 maxcmd;
	nvu_le32 nn;
	nvu_le16 oncs; /* optional NVM commands */
	nvu_le16 fuses;
	uint8_t fna;
	uint8_t vwc;
	nvu_le16 awun;
	nvu_le16 awupf;
	uint8_t icsvscc;
	uint8_t nwpc;
	nvu_le16 acwu;
	nvu_le16 ocfs;
	nvu_le32 sgls;
	nvu_le32 mnan;
	uint8_t maxdna[16];
	nvu_le32 maxcna;
	uint8_t rsvd564[204];
	char subnqn[256];
	uint8_t rsvd1024[768];
	uint8_t fabrics[256];
	struct nvu_psd psd[32];
	uint8_t vs[1024];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_id_ctrl) == 4096, "Base figure 275: 4096 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, mdts) == 77, "byte 77");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, cntrltype) == 111, "byte 111");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, oacs) == 256, "byte 256");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, tnvmcap) == 280, "byte 280");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, sanicap) == 328, "byte 328");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, anagrpmax) == 344, "byte 344");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, megcap) == 368, "byte 368");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, sqes) == 512, "byte 512");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, sgls) == 536, "byte 536");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, subnqn) == 768, "byte 768");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ctrl, psd) == 2048, "byte 2048");

/* Bits of oacs and oncs. */
#define NVU_CTRATT_EXTENDED_FORMATS (1u << 15) /* of ctratt: more than 16 formats */
#define NVU_CTRATT_HOST_ID (1u << 0)	       /* host identifiers of 128 bits */
#define NVU_CTRATT_PLACEMENT (1u << 19)	       /* flexible data placement */
#define NVU_OACS_FORMAT (1u << 1)
#define NVU_OACS_FIRMWARE (1u << 2)
#define NVU_OACS_NS_MANAGEMENT (1u << 3)
#define NVU_OACS_DIRECTIVES (1u << 5)
#define NVU_OACS_DOORBELL_BUFFER (1u << 8)
#define NVU_ONCS_COMPARE (1u << 0)
#define NVU_ONCS_WRITE_UNCORRECTABLE (1u << 1)
#define NVU_ONCS_DSM (1u << 2)
#define NVU_ONCS_WRITE_ZEROES (1u << 3)
#define NVU_ONCS_SAVE (1u << 4) /* features can be saved */
#define NVU_ONCS_RESERVATIONS (1u << 5)
#define NVU_ONCS_TIMESTAMP (1u << 6)
#define NVU_ONCS_VERIFY (1u << 7)
#define NVU_ONCS_COPY (1u << 8)

/* Bits of sgls, Base 5.17.2.1. */
#define NVU_SGLS_SUPPORT (3u << 0) /* 0: PRPs only */
#define NVU_SGLS_BYTES (1u << 0)   /* data blocks of any alignment and length */
#define NVU_SGLS_DWORDS (2u << 0)  /* in dwords */
#define NVU_SGLS_BIT_BUCKET (1u << 16)
#define NVU_SGLS_METADATA (1u << 17)	 /* MPTR is the address of metadata, of any alignment */
#define NVU_SGLS_LONGER (1u << 18)	 /* an SGL may be longer than the data */
#define NVU_SGLS_METADATA_SGL (1u << 19) /* MPTR is the address of a descriptor */

/* LBA format, NVM figure 98: 4 bytes. */
struct nvu_lbaf {
	nvu_le16 ms;   /* metadata bytes per block */
	uint8_t lbads; /* block size: 2^lbads bytes, at least 9 */
	uint8_t rp;    /* relative performance bits 1:0 */
};

/* Identify Namespace, CNS 00h, NVM figure 97: 4096 bytes. */
struct nvu_id_ns {
	nvu_le64 nsze; /* size in blocks */
	nvu_le64 ncap; /* capacity in blocks */
	nvu_le64 nuse; /* blocks in use */
	uint8_t nsfeat;
	uint8_t nlbaf; /* number of formats, 0's based */
	uint8_t flbas; /* format in use: bits 3:0 low, 6:5 high; bit 4: metadata at the block's end */
	uint8_t mc;
	uint8_t dpc;
	uint8_t dps;
	uint8_t nmic;
	uint8_t rescap;
	uint8_t fpi;
	uint8_t dlfeat;
	nvu_le16 nawun;
	nvu_le16 nawupf;
	nvu_le16 nacwu;
	nvu_le16 nabsn;
	nvu_le16 nabo;
	nvu_le16 nabspf;
	nvu_le16 noiob; /* optimal I/O boundary in blocks */
	uint8_t nvmcap[16];
	nvu_le16 npwg;
	nvu_le16 npwa;
	nvu_le16 npdg;
	nvu_le16 npda;
	nvu_le16 nows;
	nvu_le16 mssrl;
	nvu_le32 mcl;
	uint8_t msrc;
	uint8_t kpios;
	uint8_t nulbaf; /* formats behind the first nlbaf + 1 */
	uint8_t rsvd83[9];
	nvu_le32 anagrpid;
	uint8_t rsvd96[3];
	uint8_t nsattr;
	nvu_le16 nvmsetid;
	nvu_le16 endgid;
	uint8_t nguid[16];
	uint8_t eui64[8];
	struct nvu_lbaf lbaf[64];
	uint8_t vs[3712];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_id_ns) == 4096, "NVM figure 97: 4096 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ns, nvmcap) == 48, "byte 48");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ns, mssrl) == 74, "byte 74");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ns, nulbaf) == 82, "byte 82");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ns, anagrpid) == 92, "byte 92");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ns, nguid) == 104, "byte 104");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ns, lbaf) == 128, "byte 128");

/*
 * Identify Namespace of the NVM command set, CNS 05h, NVM 4.1.5.3: 4096 bytes. Of an extended LBA format bits
 * 6:0 are the storage tag size (STS), 8:7 the protection information format (PIF) and, since 1.1, 12:9 the
 * format that PIF 3 refers to (QPIF).
 */
struct nvu_id_ns_nvm {
	nvu_le64 lbstm; /* mask of the storage tag: bits that are compared */
	uint8_t pic;
	uint8_t rsvd9[3];
	nvu_le32 elbaf[64];
	uint8_t rsvd268[3828];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_id_ns_nvm) == 4096, "NVM 4.1.5.3: 4096 bytes");
NVU_STATIC_ASSERT(offsetof(struct nvu_id_ns_nvm, elbaf) == 12, "byte 12");

#define NVU_PIC_QPIFS (1u << 3) /* of pic: a format may have a PIF of 3 and a QPIF, NVM 1.1 */

/* Identify Controller of the NVM command set, CNS 06h, NVM 4.1.5.4: 4096 bytes. 0 means no limit everywhere. */
struct nvu_id_ctrl_nvm {
	uint8_t vsl;	/* of a Verify: 2^vsl minimum pages */
	uint8_t wzsl;	/* of a Write Zeroes, in the same unit */
	uint8_t wusl;	/* of a Write Uncorrectable, in the same unit */
	uint8_t dmrl;	/* ranges of a Dataset Management */
	nvu_le32 dmrsl; /* blocks of one of its ranges */
	nvu_le64 dmsl;	/* blocks of all of its ranges */
	uint8_t rsvd16[4080];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_id_ctrl_nvm) == 4096, "NVM 4.1.5.4: 4096 bytes");

/* Bits of nsfeat, rescap, dlfeat, vwc and fuses. Of rescap, bit n also says that there is reservation type n. */
#define NVU_NSFEAT_ATOMICS \
	(1u << 1) /* NAWUN, NAWUPF, NACWU and the boundaries are of this namespace */
#define NVU_NSFEAT_OPTIMAL (1u << 4)   /* NPWG, NPWA, NPDG, NPDA, NOWS are there */
#define NVU_NSFEAT_OPTIMAL_2 (1u << 5) /* NPWG, NPWA, NOWS are there, NVM 1.1 */
#define NVU_RESCAP_PERSIST (1u << 0)   /* of rescap: reservations may persist through power loss */
#define NVU_DLFEAT_WRITE_ZEROES (1u << 3) /* Write Zeroes may deallocate */
#define NVU_DLFEAT_GUARD (1u << 4)	  /* the guard of deallocated blocks is right */
#define NVU_VWC_PRESENT (1u << 0)
#define NVU_FUSES_COMPARE_AND_WRITE (1u << 0)

/* Namespace identification descriptor, CNS 03h, Base figure 278: this header, then nidl bytes. */
struct nvu_ns_desc {
	uint8_t nidt; /* NVU_NIDT_..., 0 ends the list */
	uint8_t nidl;
	uint8_t rsvd2[2];
};
NVU_STATIC_ASSERT(sizeof(struct nvu_ns_desc) == 4, "Base figure 278: a 4-byte header");

enum { NVU_NIDT_EUI64 = 1, NVU_NIDT_NGUID = 2, NVU_NIDT_UUID = 3, NVU_NIDT_CSI = 4 };

#endif /* NVU_IDENTIFY_H */
