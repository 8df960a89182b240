/* SPDX-License-Identifier: MIT */
/*
 * nvu/regs.h: controller registers of the memory-based transport, Base 3.1.3, figure 35. One mask
 * per field, from the specification's "bits hi:lo"; NVU_GET() and NVU_PUT() derive the shift. nvu_ctrl_registers() reads
 * them.
 *
 * Thread rule: any thread.
 */
#ifndef NVU_REGS_H
#define NVU_REGS_H

#include <nvu/types.h>

#define NVU_BITS(hi, lo) ((~0ull >> (63 - (hi))) & (~0ull << (lo)))
#define NVU_GET(mask, value) ((NVU_CAST(uint64_t, value) & (mask)) / ((mask) & -(mask)))
#define NVU_PUT(mask, value) ((NVU_CAST(uint64_t, value) * ((mask) & -(mask))) & (mask))

/* Offsets in BAR0. */
enum {
	NVU_REG_CAP = 0x00,   /* 64 bits: capabilities */
	NVU_REG_VS = 0x08,    /* version */
	NVU_REG_INTMS = 0x0c, /* interrupt mask set */
	NVU_REG_INTMC = 0x10,
	NVU_REG_CC = 0x14,	    /* configuration */
	NVU_REG_CSTS = 0x1c,	    /* status */
	NVU_REG_NSSR = 0x20,	    /* NVM subsystem reset */
	NVU_REG_AQA = 0x24,	    /* admin queue attributes */
	NVU_REG_ASQ = 0x28,	    /* 64 bits: admin submission queue base address */
	NVU_REG_ACQ = 0x30,	    /* 64 bits: admin completion queue base address */
	NVU_REG_CRTO = 0x68,	    /* ready timeouts, where CAP.CRMS is not 0 */
	NVU_REG_DOORBELLS = 0x1000, /* SQ y tail: + 2y * stride, CQ y head: + (2y + 1) * stride */
};

#define NVU_CAP_MQES NVU_BITS(15, 0) /* maximum queue entries, 0's based */
#define NVU_CAP_CQR NVU_BITS(16, 16) /* contiguous queues required */
#define NVU_CAP_AMS NVU_BITS(18, 17)
#define NVU_CAP_TO NVU_BITS(31, 24)    /* ready timeout in 500 ms */
#define NVU_CAP_DSTRD NVU_BITS(35, 32) /* doorbell stride: 4 << DSTRD bytes */
#define NVU_CAP_NSSRS NVU_BITS(36, 36)
#define NVU_CAP_CSS NVU_BITS(44, 37) /* command sets: bit 0 NVM, 6 several, 7 none */
#define NVU_CAP_CSS_NVM NVU_BITS(37, 37)
#define NVU_CAP_CSS_CSI NVU_BITS(43, 43)
#define NVU_CAP_CSS_NOIO NVU_BITS(44, 44)
#define NVU_CAP_MPSMIN NVU_BITS(51, 48) /* 2^(12 + MPSMIN) bytes */
#define NVU_CAP_MPSMAX NVU_BITS(55, 52)
#define NVU_CAP_PMRS NVU_BITS(56, 56)
#define NVU_CAP_CMBS NVU_BITS(57, 57)
#define NVU_CAP_CRWMS NVU_BITS(59, 59) /* CRMS: can be ready with its media */
#define NVU_CAP_CRIMS NVU_BITS(60, 60) /* CRMS: can be ready before its media are */
NVU_STATIC_ASSERT(NVU_CAP_DSTRD == 0xf00000000ull, "CAP.DSTRD is bits 35:32");
NVU_STATIC_ASSERT(NVU_CAP_TO == 0xff000000ull, "CAP.TO is bits 31:24");

#define NVU_CC_EN NVU_BITS(0, 0)
#define NVU_CC_CSS NVU_BITS(6, 4) /* 0: NVM, 6: all supported, 7: admin only */
#define NVU_CC_MPS NVU_BITS(10, 7)
#define NVU_CC_AMS NVU_BITS(13, 11)
#define NVU_CC_SHN NVU_BITS(15, 14) /* 0 none, 1 normal, 2 abrupt */
#define NVU_CC_IOSQES NVU_BITS(19, 16)
#define NVU_CC_IOCQES NVU_BITS(23, 20)
#define NVU_CC_CRIME NVU_BITS(24, 24) /* ready independent of media */

#define NVU_CSTS_RDY NVU_BITS(0, 0)
#define NVU_CSTS_CFS NVU_BITS(1, 1)  /* controller fatal status */
#define NVU_CSTS_SHST NVU_BITS(3, 2) /* shutdown: 0 normal operation, 1 occurring, 2 complete */
#define NVU_CSTS_NSSRO NVU_BITS(4, 4)
#define NVU_CSTS_PP NVU_BITS(5, 5) /* processing paused: firmware is being activated */

#define NVU_CRTO_CRWMT NVU_BITS(15, 0)	/* in 500 ms: until ready, media included */
#define NVU_CRTO_CRIMT NVU_BITS(31, 16) /* in 500 ms: until ready, without the media */

#define NVU_AQA_ASQS NVU_BITS(11, 0)  /* admin SQ entries, 0's based */
#define NVU_AQA_ACQS NVU_BITS(27, 16) /* admin CQ entries, 0's based */

#define NVU_VS(major, minor, tertiary) (NVU_CAST(uint32_t, major) << 16 | (minor) << 8 | (tertiary))

/* What nvu_ctrl_registers() reads at most: CAP to CRTO. */
#define NVU_REGS_BYTES 108

struct nvu_ctrl;

NVU_BEGIN_DECLS

/**
 * nvu_ctrl_registers() - read a controller's registers, for a person who looks for a fault
 * @ctrl: an open controller
 * @data: where they are written, little-endian, from CAP on: the figure "registers" of nvu/print.h
 * @len: bytes, a multiple of 4, 4 to NVU_REGS_BYTES
 *
 * Reads 32 bits at a time, each once, also of a controller that has failed. nvu does not act on what it reads.
 *
 * Return: 0; -EINVAL @data or @len; -ENODEV all of them read as all ones; -EBUSY @ctrl is not open yet; or another error
 * of the access. Any thread. Since 0.1.
 */
NVU_API int nvu_ctrl_registers(struct nvu_ctrl *ctrl, void *data, size_t len);

NVU_END_DECLS

#endif /* NVU_REGS_H */
