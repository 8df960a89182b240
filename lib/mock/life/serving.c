// SPDX-License-Identifier: MIT
/*
 * serving.c: see serving.h.
 */
#include "mock/life/serving.h"

#include "base/error.h"
#include "mock/life/lock.h"
#include "mock/life/registry.h"
#include "mock/life/thread.h"
#include "mock/serve/serve.h"

#include <assert.h>
#include <errno.h>

static int begin(struct nvu_mock *mock, const char *path)
{
	int ret;

	if (!path)
		return error_set(-EINVAL, "socket_path is NULL");
	if (mock->serve)
		return error_set(-EBUSY, "%s is served already: call nvu_mock_serve_stop() first",
				 mock->address);
	if (mock->opened)
		return error_set(-EBUSY,
				 "%s is open in this process: close its controller before the mock "
				 "is served",
				 mock->address);
	mock_lock(mock);
	ret = mock_serve_open(mock, path);
	mock_unlock(mock);
	if (ret || mock->stepped)
		return ret;
	ret = mock_thread_start(mock);
	if (ret) {
		mock_lock(mock);
		mock_serve_close(mock);
		mock_unlock(mock);
	}
	return ret;
}

int mock_serving_start(struct nvu_mock *mock, const char *path)
{
	int ret;

	mock_registry_lock();
	ret = begin(mock, path);
	if (!ret)
		mock->opened = true;
	mock_registry_unlock();
	return ret;
}

/* One of two threads ends it; the other one finds it ended. */
static bool takes_end(struct nvu_mock *mock)
{
	bool takes;

	mock_registry_lock();
	takes = mock->serve && !mock->serve_ends;
	if (takes)
		mock->serve_ends = true;
	mock_registry_unlock();
	return takes;
}

int mock_serving_stop(struct nvu_mock *mock)
{
	if (!takes_end(mock))
		return error_set(-EINVAL, "%s is not served", mock->address);
	mock_thread_stop(mock);
	mock_registry_lock();
	assert(mock->opened);
	mock_lock(mock);
	mock_serve_close(mock);
	mock_unlock(mock);
	mock->opened = false;
	mock->serve_ends = false;
	mock_registry_unlock();
	return 0;
}
