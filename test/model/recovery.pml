/* SPDX-License-Identifier: MIT */
/*
 * recovery.pml: how commands are answered when the controller fails. Two threads, each with a queue
 * pair of one or two records, a third that resets the controller, and a controller that may do nearly
 * anything. The host's steps are those of lib/recovery/follow.c, under its names; see also
 * look_up_and_poll() of lib/io/path.c, qpair_bar(), qpair_cut() and qpair_cancel() of lib/qpair/qpair.c,
 * lib/qpair/waiting.c, lib/qpair/resend.c, follow_change() of lib/ns/follow.c, doorbell_write() of
 * lib/ring/doorbell.h, and queue_pairs_destroy() of lib/recovery/queue_pairs.c.
 *
 * Claims, at every interleaving within the bounds. "answered exactly once":
 *	- every accepted command is answered exactly once, unless its queue pair is destroyed first,
 *	  whether it was published or waited for new queues (owed[], owing[])
 * "no buffer returned while the device may write":
 *	- when it is answered, or its queue pair is destroyed, the controller cannot reach its buffer
 *	  any more; rings are cleared or freed only when the controller has no queue there (access[],
 *	  queue[])
 * And:
 *	- no doorbell of a queue that does not exist reaches the controller; one that is being rung while
 *	  its gate is closed goes to memory that took the page's place (shut[])
 *	- a reset cancels only what was queued before it began; what was queued later is published with
 *	  the new queues, or answered with its deadline or with what ended the recovery (doomed[])
 *	- nothing is published twice, but what is kept to be sent again (known[])
 *	- no command is published that was made for what the controller had instead of its namespace
 *	  before a reset (encoded[])
 *	- a command is refused with -EAGAIN only while another one is outstanding, or the queue pair is
 *	  ending (MAY_TAKE)
 *	- who has queues can publish
 *	- a queue pair for which there is no room after a reset ends alone: no other queue pair's controller is
 *	  given up for it
 *	- a command that the controller had answered is answered with that, whatever happens
 *	- a command is aborted only when it has had its time since it was published, and sent once more
 *	  only as what it was
 *	- no thread waits without an end: every run ends, with all queue pairs destroyed
 *
 * The controller may answer late, never, out of order, twice, and with identifiers of commands that
 * are over; refuse or ignore an admin command, carrying it out or not; not stop when it is disabled,
 * not even by a function level reset; not start again, have less room or another namespace when it
 * does, not answer when it is identified; report a fatal error; vanish from the bus. It is believed in:
 * an answer to a command that it has; CSTS.RDY = 0 after it was running; the success of Delete I/O SQ
 * and CQ. Without bus mastering it reaches nothing.
 *
 * Left out: time (a published command may be late at any look, a waiting one at each answering),
 * doorbells and rings as memory (a command is the controller's once its doorbell arrives at a queue
 * that there is; the two doorbells of a poll are one), shadow doorbells, the order of a ring, more than
 * one completion a poll, what an admin command is but for its effect, the steps of bring-up (it works or
 * it does not), several namespaces, that what is queued for a new one is distinguished from what waited before,
 * changes without a reset, and what is done before queue pairs exist
 * and after the last one: their first creation, admin commands of the application's own with their
 * buffers, nvu_ctrl_close().
 *
 * Set from outside: RETRY, RESETS, FAULTS (how many faults the controller has), NARROW and SILENT
 * (1: to have no room for the last queue pair, and not to answer when it is identified, are among
 * these), CHANGES (how often it has another namespace after a reset), DESTROY (1: a queue pair may be
 * destroyed at any time, 0: when its commands have been answered), STEPS (1: the thread that resets does it in
 * steps, and may stop taking them), LASTING (1: a late command's queues are deleted, and all are created, in steps: of
 * which a poll begins one and a later one ends it), GENERATIONS (0: as with 65,536
 * entries, where an identifier has no room for one), GUESS (1: the controller may answer what it has not
 * been sent; then nothing is claimed about buffers), and FAULT_..., which plant one.
 */
#include "queues.pml"
#include "reset.pml"
#include "escalate.pml"
#include "follow.pml"

#define HAS_TO_LOOK(q) \
	(state[q] == CUT || created[q] != epoch || \
	 (!lock && !under_reset && (ANY_PUBLISHED(q) || fatal || gone || deleting[q])))
#define IS_OVER(q) (DESTROY || state[q] == DEAD || (given[q] == GIVEN(q) && owing[q] == 0))

/*
 * Publishing and polling both read where the doorbell is, or that it is nowhere, and then store there:
 * between the two another thread may begin a reset.
 */
proctype host(byte q)
{
	byte s, g, ret, next;
	bool hit;

	do
	:: atomic { next == NOTHING && given[q] < GIVEN(q) && ANY(vacant, q) && state[q] != DEAD -> take(q) }
	:: next == NOTHING && state[q] == LIVE && MAY_RING(q) -> atomic { d_step { ring(q) } poll(q) }
	:: atomic { next == NOTHING && state[q] == LIVE && !MAY_RING(q) && HAS_ANSWER(q) -> poll(q) }
	:: atomic { next == NOTHING && state[q] != DEAD && HAS_TO_LOOK(q) -> do_upkeep(q) }
	/* revive() has found the lock taken: the poll returns, and what is queued meanwhile waits as well. */
	:: atomic { next == REVIVE && (lock || under_reset) && given[q] < GIVEN(q) && ANY(vacant, q) -> take(q); next = NOTHING }
	:: atomic { next == REVIVE && !lock && !MUST_WAIT -> revive(q); hit = false; ret = 0; assert(MAY_TAKE(q)) }
	:: next == RESET_AND_DESTROY -> reset(); atomic { go_on(q) }
#ifndef FAULT_NOBODY_GOES_ON
	/* Each poll, and each call that needs the controller, takes a step of a reset that is under way. */
	:: atomic { (next == NOTHING || next == REVIVE) && !lock && under_reset -> reset_step(); next = NOTHING; ret = 0 }
#endif
	:: atomic { next == NOTHING && IS_OVER(q) && !lock && !under_reset -> destroy(q) }
	:: next == DESTROYED -> break
	od;
	assert(!queue[q] && (GUESS || !ANY(access, q)))
}

/* nvu_ctrl_reset(); or nvu_ctrl_reset_start(), and as many steps as its thread likes: none, perhaps. */
proctype resetter()
{
	byte ret;

#if STEPS
	if
	:: atomic { !lock && !dead && !under_reset -> begin_reset() }
	:: dead
	fi;
	do
	:: atomic { !lock && under_reset -> reset_step(); ret = 0 }
	:: break
	od
#else
	atomic { !lock -> lock = true };
	reset();
	lock = false
#endif
}

#define ANSWERS(q, s) (access[AT(q, s)] && !lost[AT(q, s)] && HAS_ROOM(q))
#define LOSES(q, s) (faults > 0 && access[AT(q, s)] && !lost[AT(q, s)])
#define REPEATS(q, s) (REPEAT && faults > 0 && queue[q] && used[AT(q, s)] && HAS_ROOM(q))
#define GUESSES(q, s) (GUESS && faults > 0 && queue[q] && flying[AT(q, s)] && !access[AT(q, s)] && HAS_ROOM(q))

inline give_answer(q, s)
{
	access[AT(q, s)] = false;
	posted[AT(q, s)] = true;
	cq[q] ! s, has[AT(q, s)]
}

#define OF_A_COMMAND(q, s) \
	:: d_step { ANSWERS(q, s) -> give_answer(q, s) } \
	:: d_step { LOSES(q, s) -> faults--; lost[AT(q, s)] = true } \
	:: d_step { REPEATS(q, s) -> faults--; cq[q] ! s, gen[AT(q, s)] - GENERATIONS } \
	:: d_step { GUESSES(q, s) -> faults--; cq[q] ! s, gen[AT(q, s)] }

/* What it does of itself. */
proctype controller()
{
end:
	do
	OF_A_COMMAND(0, 0)
	OF_A_COMMAND(1, 0)
#if SLOTS > 1
	OF_A_COMMAND(0, 1)
	OF_A_COMMAND(1, 1)
#endif
	:: d_step { running && !fatal && faults > 0 -> faults--; fatal = true }
	:: d_step { !gone && faults > 0 -> faults--; gone = true }
	od
}

init
{
	atomic {
		queue[0] = true;
		queue[1] = true;
		run controller();
		run host(0);
#if THREADS > 1
		run host(1);
#endif
#if RESETS
		run resetter()
#endif
	}
}
