/* SPDX-License-Identifier: MIT */
/*
 * uapi.h: what the kernel's iommufd, and VFIO's device files, take and answer. The kernel headers of Debian 12 know
 * neither; these are the facts of those of Linux 6.6, under names of nvu's own, of what nvu uses.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_UAPI_H
#define NVU_TRANSPORT_IOMMUFD_UAPI_H

#include <assert.h>
#include <linux/ioctl.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of /dev/iommu. The structure's first field is its size; what is reserved is 0. Among the errors: ENOENT: there is
 * no such object, or nothing is mapped there; EOVERFLOW: addresses beyond the last one.
 */
#define UAPI_IOMMU_DESTROY _IO(';', 0x80)
#define UAPI_IOAS_ALLOC _IO(';', 0x81)
#define UAPI_IOAS_RANGES _IO(';', 0x84)
#define UAPI_IOAS_MAP _IO(';', 0x85)
#define UAPI_IOAS_UNMAP _IO(';', 0x86)

/* Of a device's file, /dev/vfio/devices/vfioN. The first field is the size here too. */
#define UAPI_DEVICE_BIND _IO(';', 100 + 18)
#define UAPI_DEVICE_ATTACH _IO(';', 100 + 19)
#define UAPI_DEVICE_DETACH _IO(';', 100 + 20)

/* Any object that no other one uses. */
struct uapi_iommu_destroy {
	uint32_t size;
	uint32_t id;
};
static_assert(sizeof(struct uapi_iommu_destroy) == 8, "the kernel's size");

/* A new I/O address space, without devices. */
struct uapi_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_id;
};
static_assert(sizeof(struct uapi_ioas_alloc) == 12, "the kernel's size");

/* Both ends inclusive. */
struct uapi_iova_range {
	uint64_t first;
	uint64_t last;
};
static_assert(sizeof(struct uapi_iova_range) == 16, "the kernel's size");

/*
 * What the devices in it allow. count: how many ranges there is room for, then how many there are; with more than
 * there is room for the first are written, and it fails with EMSGSIZE.
 */
struct uapi_ioas_ranges {
	uint32_t size;
	uint32_t id;
	uint32_t count;
	uint32_t reserved;
	uint64_t ranges; /* the address of an array */
	uint64_t out_alignment;
};
static_assert(sizeof(struct uapi_ioas_ranges) == 32, "the kernel's size");
static_assert(offsetof(struct uapi_ioas_ranges, ranges) == 16, "the kernel's layout");

/* Without UAPI_MAP_FIXED the kernel chooses the address. */
#define UAPI_MAP_FIXED (1u << 0)
#define UAPI_MAP_WRITABLE (1u << 1) /* by the device */
#define UAPI_MAP_READABLE (1u << 2)

struct uapi_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t id;
	uint32_t reserved;
	uint64_t vaddr;
	uint64_t len;
	uint64_t iova;
};
static_assert(sizeof(struct uapi_ioas_map) == 40, "the kernel's size");
static_assert(offsetof(struct uapi_ioas_map, vaddr) == 16, "the kernel's layout");

/* Whole mappings only; len is then how many bytes were. iova 0, len UINT64_MAX: all there is. */
struct uapi_ioas_unmap {
	uint32_t size;
	uint32_t id;
	uint64_t iova;
	uint64_t len;
};
static_assert(sizeof(struct uapi_ioas_unmap) == 24, "the kernel's size");

/* Opens the device, once, which resets it; what it does on the bus is iommufd's from now on. Ends with its file. */
struct uapi_device_bind {
	uint32_t size;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_id;
};
static_assert(sizeof(struct uapi_device_bind) == 16, "the kernel's size");

/* Puts the device into an I/O address space, or from one into another. id comes back changed. */
struct uapi_device_attach {
	uint32_t size;
	uint32_t flags;
	uint32_t id;
};
static_assert(sizeof(struct uapi_device_attach) == 12, "the kernel's size");

/* Then it reaches no memory. */
struct uapi_device_detach {
	uint32_t size;
	uint32_t flags;
};
static_assert(sizeof(struct uapi_device_detach) == 8, "the kernel's size");

#endif
