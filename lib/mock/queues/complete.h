/* SPDX-License-Identifier: MIT */
/*
 * complete.h: answering commands, now or later.
 */
#ifndef NVU_MOCK_QUEUES_COMPLETE_H
#define NVU_MOCK_QUEUES_COMPLETE_H

#include "mock/model.h"

/* Answers a command with status (SCT << 8 | SC | NVU_MOCK_DNR), as its faults have it. */
void mock_complete_cmd(struct nvu_mock *mock, const struct mock_cmd *cmd, uint16_t status);

/* Keeps a command to be executed at due; false: no memory, do it now. */
bool mock_complete_defer(struct nvu_mock *mock, const struct mock_cmd *cmd, uint64_t due);

/* The same for a fused pair. */
bool mock_complete_defer_pair(struct nvu_mock *mock, const struct mock_cmd *first,
			      const struct mock_cmd *second, uint64_t due);

/* Takes the first pending entry whose time has come and for whose completions there is room; NULL: none. */
struct mock_pending *mock_complete_due(struct nvu_mock *mock, uint64_t now);

/* Takes out a command that waits; NULL: it does not. */
struct mock_pending *mock_complete_find(struct nvu_mock *mock, uint16_t sqid, uint16_t cid);

/* Gives back what the two above returned. */
void mock_complete_release(struct nvu_mock *mock, struct mock_pending *pending);

/* Frees what released entries left. */
void mock_complete_fini(struct nvu_mock *mock);

#endif
