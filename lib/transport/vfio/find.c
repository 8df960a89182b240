/* SPDX-License-Identifier: MIT */
/*
 * find.c: see find.h.
 */
#include "transport/vfio/find.h"

int find_device(const struct transport_ops *ops, const char *target, struct pci_info *ret_info,
		struct device_identity *ret_identity)
{
	char bdf[PCI_BDF_BYTES];
	int ret;

	if ((ret = pci_parse_address(target, bdf)) || (ret = pci_read_info(bdf, ret_info)) ||
	    (ret = pci_check_usable(ret_info)))
		return ret;
	*ret_identity = (struct device_identity){
		.ops = ops,
		.name = ret_info->bdf,
		.numa_node = ret_info->numa_node,
		.is_virtual_function = ret_info->is_virtual_function,
	};
	return 0;
}
