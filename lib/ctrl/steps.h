/* SPDX-License-Identifier: MIT */
/*
 * steps.h: operations of a controller that last, in steps that do not wait: disabling it, enabling it, reading what
 * its registers say. Each is a list of stages, and ctrl->steps says how far it is: so one operation at a time. A caller
 * that may wait calls steps_finish(), so that there is one code for both. Caller holds the lock.
 */
#ifndef NVU_CTRL_STEPS_H
#define NVU_CTRL_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nvu_ctrl;

/* All zero: no operation has begun. */
struct ctrl_steps {
	uint32_t stage;
	uint64_t end_ns;  /* of the wait of this stage; 0: not begun */
	bool late;	  /* the wait is over after one more look */
	bool is_on;	  /* disabling: CC.EN is 1, or nvu has set it */
	bool is_starting; /* disabling: the controller is not ready yet */
	bool was_reset;	  /* reading CAP: the function was reset */
	uint32_t cc;	  /* disabling: as it was read */
	uint64_t value;	  /* CAP, or the value of a feature */
};

/* 0: done; STEP_AGAIN: call it again; or a failure. */
typedef int (*ctrl_step)(struct nvu_ctrl *ctrl);

/* Goes through the stages until one returns something else than 0. STEP_AGAIN; else the operation has ended. */
int steps_run(struct nvu_ctrl *ctrl, const ctrl_step *stages, size_t count);

/* Ends the operation without a result, if one has begun. */
void steps_drop(struct nvu_ctrl *ctrl);

/* True after a pause if ret is STEP_AGAIN: the condition of a loop that waits for the end of steps. */
bool steps_pause(struct nvu_ctrl *ctrl, int ret);

/* Takes steps, with a pause after each, until they have ended. */
int steps_finish(struct nvu_ctrl *ctrl, ctrl_step step);

#endif
