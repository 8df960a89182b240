/* SPDX-License-Identifier: MIT */
/*
 * choice.h: which way to a device an address without a scheme takes.
 *
 * The IOMMU group comes first: every kernel with VFIO has it, so that an address means the same everywhere, and a
 * machine that was set up for it stays as it is; its account of locked memory is the process's own; its container has
 * all other devices of the process, and so their buffers, that were opened in the same way. iommufd is taken where the
 * group is out of reach: a kernel without it, a container or user that got the device's own file only; and where the
 * group's other devices are open so in this process, as the kernel then refuses the group.
 */
#ifndef NVU_TRANSPORT_IOMMUFD_CHOICE_H
#define NVU_TRANSPORT_IOMMUFD_CHOICE_H

#include <stdbool.h>

/*
 * True: "0000:01:00.0" is to be opened through iommufd; what is no device that could be is not. Opens nothing; sets
 * no sentence.
 */
bool choice_is_iommufd(const char *target);

#endif
