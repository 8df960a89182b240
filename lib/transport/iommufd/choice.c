/* SPDX-License-Identifier: MIT */
/*
 * choice.c: see choice.h.
 */
#include "transport/iommufd/choice.h"

#include "base/error.h"
#include "transport/iommufd/bound.h"
#include "transport/iommufd/cdev.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Opening tells the same, but opening a group may be in the way of another thread that opens it. */
static bool may_open(const char *path)
{
	return !faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS);
}

/* group: its file, which need not exist. */
static bool is_better(const char *group, const char *file)
{
	char path[PATH_MAX], own[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/vfio/vfio", pci_dev_root);
	if (may_open(group) && may_open(path))
		return false;
	(void)snprintf(path, sizeof(path), "%s/iommu", pci_dev_root);
	cdev_path(file, own, sizeof(own));
	if (may_open(own) && may_open(path))
		return true;
	/* Neither way is open. The sentence is about the one for which there is a file. */
	return access(group, F_OK) && !access(own, F_OK);
}

static bool is_chosen(const char *target)
{
	char bdf[PCI_BDF_BYTES], file[CDEV_NAME_BYTES], group[PATH_MAX];
	struct pci_info info;

	/* The first two are quick where there is no such file, on most machines. */
	if (pci_parse_address(target, bdf) || cdev_find(bdf, file) || pci_read_info(bdf, &info) ||
	    pci_check_usable(&info))
		return false;
	if (bound_has_group(info.group))
		return true;
	(void)snprintf(group, sizeof(group), "%s/vfio/%d", pci_dev_root, info.group);
	return is_better(group, file);
}

bool choice_is_iommufd(const char *target)
{
	struct error_kept sentence;
	bool chosen;

	error_keep(&sentence);
	chosen = is_chosen(target);
	(void)error_restore(&sentence, 0);
	return chosen;
}
