/* SPDX-License-Identifier: MIT */
/*
 * open.c: the public functions of nvu/ctrl.h that open and close a controller.
 */
#include "api/step_leave.h"
#include "base/error.h"
#include "base/opts.h"
#include "ctrl/tombstone.h"
#include "recovery/life.h"
#include "recovery/share.h"

#include <errno.h>
#include <nvu/ctrl.h>
#include <nvu/ns.h>

static int check_opts(const struct nvu_ctrl_opts *opts)
{
	const uint32_t known = NVU_CTRL_NO_SHADOW_DOORBELLS | NVU_CTRL_NO_DEVICE_RESET;

	if (opts->flags & ~known)
		return error_set(-EINVAL, "controller option flags %#x are not known",
				 opts->flags & ~known);
	if (opts->max_transfer_bytes && opts->max_transfer_bytes < 4096)
		return error_set(-EINVAL, "max_transfer_bytes is %u: at least 4096 are needed",
				 opts->max_transfer_bytes);
	if (opts->io_timeout_ms > INT32_MAX)
		return error_set(-EINVAL, "an I/O timeout of %u ms is too long: at most %d",
				 opts->io_timeout_ms, INT32_MAX);
	return 0;
}

static int take_opts(const struct nvu_ctrl_opts *opts, struct nvu_ctrl_opts *ret_copy)
{
	int ret = opts_copy(ret_copy, sizeof(*ret_copy), opts);

	return ret ? ret : check_opts(ret_copy);
}

static int open_controller(const char *address, const struct nvu_ctrl_opts *opts,
			   struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl_opts copy;
	int ret = take_opts(opts, &copy);

	return ret ? ret : share_open_alone(address, &copy, ret_ctrl);
}

static int start_controller(const char *address, const struct nvu_ctrl_opts *opts,
			    struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl_opts copy;
	int ret = take_opts(opts, &copy);

	return ret ? ret : share_start_alone(address, &copy, ret_ctrl);
}

int nvu_ctrl_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl)
{
	error_enter();
	return error_leave(open_controller(address, opts, ret_ctrl));
}

static int check_fds(const struct nvu_ctrl_fds *fds)
{
	if (fds->rsvd || fds->rsvd2)
		return error_set(-EINVAL, "rsvd is %u and rsvd2 is %u: expected 0", fds->rsvd,
				 fds->rsvd2);
	if (fds->iommufd < 0 && fds->ioas)
		return error_set(
			-EINVAL,
			"ioas is %u without iommufd: give the descriptor of /dev/iommu, to "
			"which it belongs",
			fds->ioas);
	return 0;
}

static int open_fds(const struct nvu_ctrl_fds *from, const struct nvu_ctrl_opts *opts,
		    struct nvu_ctrl **ret_ctrl)
{
	struct nvu_ctrl_opts copy;
	struct nvu_ctrl_fds fds;
	int ret;

	if (!from)
		return error_set(-EINVAL, "the descriptors are NULL");
	if (from->size < sizeof(fds))
		return error_set(-EINVAL, "size is %zu: expected %zu, as NVU_CTRL_FDS() has it",
				 from->size, sizeof(fds));
	ret = opts_copy(&fds, sizeof(fds), from);
	if (!ret)
		ret = check_fds(&fds);
	if (!ret)
		ret = take_opts(opts, &copy);
	if (ret)
		return ret;
	return life_open_fds(
		&(struct transport_fds){
			.name = fds.name,
			.group = fds.group,
			.container = fds.container,
			.device = fds.device,
			.iommufd = fds.iommufd,
			.ioas = fds.ioas,
			.numa_node = fds.numa_node,
		},
		&copy, ret_ctrl);
}

int nvu_ctrl_open_fds(const struct nvu_ctrl_fds *fds, const struct nvu_ctrl_opts *opts,
		      struct nvu_ctrl **ret_ctrl)
{
	error_enter();
	return error_leave(open_fds(fds, opts, ret_ctrl));
}

int nvu_ctrl_open_start(const char *address, const struct nvu_ctrl_opts *opts,
			struct nvu_ctrl **ret_ctrl)
{
	error_enter();
	return error_leave(start_controller(address, opts, ret_ctrl));
}

int nvu_ctrl_open_step(struct nvu_ctrl *ctrl)
{
	int ret = ctrl_is_kept(ctrl, __func__);

	if (ret)
		return ret;
	error_enter();
	return step_leave(life_open_step(ctrl));
}

static int open_namespace(const char *address, const struct nvu_ctrl_opts *opts,
			  struct nvu_ctrl **ret_ctrl, const struct nvu_ns **ret_ns)
{
	struct nvu_ctrl_opts copy;
	struct error_kept why;
	struct nvu_ctrl *ctrl;
	uint32_t nsid;
	int ret = take_opts(opts, &copy);

	if (!ret)
		ret = share_open(address, &copy, &ctrl, &nsid);
	if (ret)
		return ret;
	ret = nvu_ns_get(ctrl, nsid ? nsid : 1, ret_ns);
	if (ret) {
		error_keep(&why);
		share_close(ctrl);
		return error_restore(&why, ret);
	}
	*ret_ctrl = ctrl;
	return 0;
}

int nvu_open(const char *address, const struct nvu_ctrl_opts *opts, struct nvu_ctrl **ret_ctrl,
	     const struct nvu_ns **ret_ns)
{
	error_enter();
	return error_leave(open_namespace(address, opts, ret_ctrl, ret_ns));
}

void nvu_ctrl_close(struct nvu_ctrl *ctrl)
{
	if (!ctrl || ctrl_is_kept(ctrl, "nvu_ctrl_close"))
		return;
	error_enter();
	share_close(ctrl);
	(void)error_leave(0);
}
