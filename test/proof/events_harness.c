/* SPDX-License-Identifier: MIT */
/*
 * Proved: an answer to an Asynchronous Event Request, whatever it says, is kept inside the event queue
 * and does not push out another event; there is room for the answer of every request that is outstanding,
 * before and after, but for the one that is always outstanding, so a flood of events overwrites nothing
 * and loses those alone for which there is no room; a request that the controller refuses lowers what is
 * asked for; a notice that namespaces have changed is noted, whether there is room for it or not, with a
 * log page that is one of those that are read.
 *
 * Bounds: none: any state of the queue in which there is room for what is outstanding, or in which it is
 * full and one request is; one answer. That a request is answered at most once is proved of the table
 * (lives, poll_one).
 *
 * @sources ctrl/change.c spec/command.c spec/feature.c
 * @options --unwind 34
 * @without conversion-check
 */
#include "proof.h"

#include "ctrl/admin.c"

/* One thread, which holds the lock. */
pthread_t pthread_self(void)
{
	return 1;
}

void harness(void)
{
	static struct nvu_ctrl ctrl;
	struct nvu_event kept[CTRL_EVENTS];
	struct nvu_cpl cpl;
	uint32_t i = nondet_u32(), armed = nondet_u32(), first = nondet_u32(), count = nondet_u32();

	bool full;

	assume(armed > 0 && armed <= CTRL_EVENTS && count <= CTRL_EVENTS);
	full = armed == 1 && count == CTRL_EVENTS;
	assume(full || count <= CTRL_EVENTS - armed);
	assume(first < CTRL_EVENTS && i < count);
	ctrl.events_max = armed;
	ctrl.lock.owner = lock_self();
	ctrl.events_armed = armed;
	ctrl.event_first = first;
	ctrl.event_count = count;
	for (uint32_t at = 0; at < CTRL_EVENTS; at++)
		ctrl.events[at] = kept[at];

	keep_event(&ctrl, &cpl);
	prove(ctrl.event_first == first, "the oldest event stays the oldest");
	prove(ctrl.events_armed == armed - 1, "one request less is outstanding");
	prove(ctrl.event_count == count + (cpl.status == 0 && !full),
	      "one event more, if it is one");
	prove(ctrl.event_count <= CTRL_EVENTS - ctrl.events_armed, "room for all outstanding");
	prove(cpl.status == 0 || ctrl.events_max < armed, "a refusal is remembered");
	i = (first + i) % CTRL_EVENTS;
	prove(ctrl.events[i].type == kept[i].type && ctrl.events[i].info == kept[i].info &&
		      ctrl.events[i].log_page == kept[i].log_page,
	      "what was there is there");
	if (cpl.status == 0 && (cpl.result & 0xffff) == 2)
		prove(ctrl.outdated, "a change of a namespace is noted");
	if (cpl.status)
		prove(!ctrl.outdated && !ctrl.unread_logs, "and by an event only");
	if (cpl.status == 0 && !full)
		prove(ctrl.events[(first + count) % CTRL_EVENTS].type == (cpl.result & 7),
		      "and the new one behind it");
	reached();
}
