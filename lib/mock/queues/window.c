// SPDX-License-Identifier: MIT
/*
 * window.c: see window.h. The memory keeps its place in a page, as a mapping of registers has it.
 */
#include "mock/queues/window.h"

#include "base/error.h"
#include "mock/faults/call.h"
#include "mock/faults/violation.h"
#include "mock/queues/doorbell.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096 };

static uint32_t qid_of(const struct nvu_mock *mock, size_t first)
{
	assert(first >= NVU_REG_DOORBELLS);
	return (uint32_t)((first - NVU_REG_DOORBELLS) / (2 * mock->stride));
}

/* The two doorbells of one queue pair, and nothing else. */
static int check_bounds(struct nvu_mock *mock, size_t first, size_t end)
{
	size_t qid = first < NVU_REG_DOORBELLS ? SIZE_MAX : qid_of(mock, first);

	if (qid <= mock->config.opts.io_queues &&
	    first == NVU_REG_DOORBELLS + 2 * qid * mock->stride &&
	    end == first + mock->stride + sizeof(uint32_t))
		return 0;
	mock_violation_add(mock, "0x%zx to 0x%zx are mapped, which are no queue pair's doorbells",
			   first, end);
	return error_set(-EINVAL, "%s: 0x%zx to 0x%zx are no queue pair's doorbells", mock->address,
			 first, end);
}

int mock_window_map(struct nvu_mock *mock, size_t first, size_t end,
		    struct transport_doorbells *ret_doorbells)
{
	size_t before = first % PAGE_BYTES;
	size_t bytes = (before + end - first + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	int ret = mock_call_count(mock, "mapping doorbells");
	void *map;

	if (!ret && (mock->config.opts.flags & NVU_MOCK_TRAP_DOORBELLS))
		ret = error_set(-ENOTSUP, "%s: its doorbells are not mapped", mock->address);
	if (!ret)
		ret = check_bounds(mock, first, end);
	if (ret)
		return ret;
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return error_set(-ENOMEM, "%s: no memory for doorbells", mock->address);
	*ret_doorbells = (struct transport_doorbells){
		.at = (volatile char *)map + before,
		.first = first,
		.end = end,
		.map = map,
		.map_bytes = bytes,
	};
	mock_doorbell_move(mock, qid_of(mock, first), (uint8_t *)map + before);
	return 0;
}

int mock_window_bury(struct nvu_mock *mock, struct transport_doorbells *doorbells)
{
	int ret = mock_call_count(mock, "burying doorbells");

	assert(mock_is_locked(mock));
	if (ret)
		return ret;
	/* A later mapping of the same doorbells goes on. */
	for (uint32_t qid = 0; qid <= mock->config.opts.io_queues; qid++)
		if (mock->windows[qid] == (volatile uint8_t *)doorbells->at)
			mock_doorbell_move(mock, qid, NULL);
	doorbells->buried = true;
	return 0;
}

int mock_window_renew(struct nvu_mock *mock, struct transport_doorbells *doorbells)
{
	int ret = mock_call_count(mock, "mapping doorbells again");

	assert(mock_is_locked(mock));
	if (ret)
		return ret;
	mock_doorbell_move(mock, qid_of(mock, doorbells->first),
			   (uint8_t *)doorbells->map + doorbells->first % PAGE_BYTES);
	doorbells->buried = false;
	return 0;
}

void mock_window_unmap(struct transport_doorbells *doorbells)
{
	(void)munmap(doorbells->map, doorbells->map_bytes);
	doorbells->ops = NULL;
}
