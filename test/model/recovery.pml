/* SPDX-License-Identifier: MIT */
/*
 * recovery.pml: how commands are answered when the controller fails. Two threads, each with a queue
 * pair of two records, a third that resets the controller, and a controller that may do nearly
 * anything. The host's steps are those of lib/ctrl/recovery.c, under its names; see also
 * look_up_and_poll() of lib/api/io.c, qpair_cut() and qpair_cancel() of lib/qpair/qpair.c,
 * lib/qpair/extras.c, and ctrl_destroy_qpair() of lib/ctrl/ctrl_qpair.c.
 *
 * Claims, at every interleaving within the bounds. "answered exactly once":
 *	- every accepted command is answered exactly once, unless its queue pair is destroyed first
 *	  (owed[], owing[])
 * "no buffer returned while the device may write":
 *	- when it is answered, or its queue pair is destroyed, the controller cannot reach its buffer
 *	  any more; rings are cleared or freed only when the controller has no queue there (access[],
 *	  queue[])
 * And:
 *	- a command that the controller had answered is answered with that, whatever happens
 *	- a command is aborted only when it has had its time since it was sent, and sent once more
 *	  only as what it was
 *	- nobody waits for ever: every run ends, with all queue pairs destroyed
 *
 * The controller may answer late, never, out of order, twice, and with identifiers of commands that
 * are over; refuse or ignore an admin command, carrying it out or not; not stop when it is disabled,
 * not even by a function level reset; not start again; report a fatal error; vanish from the bus.
 * It is believed in: an answer to a command that it has; CSTS.RDY = 0 after it was running; the
 * success of Delete I/O SQ and CQ. Without bus mastering it reaches nothing.
 *
 * Left out: time (a command in flight may be late at any look), doorbells and rings as memory (a
 * command is the controller's once it is published to a queue that it has), more than one
 * completion a poll, what an admin command is but for its effect, the steps of bring-up (it works or
 * it does not), and what is done before queue pairs exist and after the last one: their first
 * creation, admin commands of the application's own with their buffers, nvu_ctrl_close().
 *
 * Set from outside: RETRY, RESETS, EVIL (how many misdeeds the controller has), DESTROY (1: a queue
 * pair may be destroyed at any time, 0: when its commands have been answered), GENERATIONS (0: as
 * with 65,536 entries, where an identifier has no room for one), GUESS (1: the controller may answer
 * what it has not been sent; then nothing is claimed about buffers), and FAULT_..., which plant one.
 */
#include "queues.pml"
#include "ladder.pml"

#define HAS_TO_LOOK(q) \
	(state[q] == CUT || created[q] != epoch || (!lock && (ANY(flying, q) || fatal || gone)))

proctype host(byte q)
{
	byte s, g, ret;
	bool hit;

	do
	:: given[q] < GIVEN(q) && ANY(vacant, q) && state[q] != DEAD -> take(q)
	:: state[q] == LIVE && (ANY(queued, q) || HAS_ANSWER(q)) -> publish_and_poll(q)
	:: state[q] != DEAD && HAS_TO_LOOK(q) -> look_up(q)
	:: state[q] == DEAD || (given[q] == GIVEN(q) && owing[q] == 0) -> break
#if DESTROY
	:: break
#endif
	od;
	destroy(q)
}

/* nvu_ctrl_reset() */
proctype resetter()
{
	byte ret;

	atomic { !lock -> lock = true }
	reset();
	lock = false
}

#define ANSWERS(q, s) (access[AT(q, s)] && !lost[AT(q, s)] && HAS_ROOM(q))
#define LOSES(q, s) (evil > 0 && access[AT(q, s)] && !lost[AT(q, s)])
#define REPEATS(q, s) (REPEAT && evil > 0 && queue[q] && used[AT(q, s)] && HAS_ROOM(q))
#define GUESSES(q, s) (GUESS && evil > 0 && queue[q] && flying[AT(q, s)] && !access[AT(q, s)] && HAS_ROOM(q))

inline give_answer(q, s)
{
	access[AT(q, s)] = false;
	posted[AT(q, s)] = true;
	cq[q] ! s, has[AT(q, s)]
}

#define OF_A_COMMAND(q, s) \
	:: d_step { ANSWERS(q, s) -> give_answer(q, s) } \
	:: d_step { LOSES(q, s) -> evil--; lost[AT(q, s)] = true } \
	:: d_step { REPEATS(q, s) -> evil--; cq[q] ! s, gen[AT(q, s)] - GENERATIONS } \
	:: d_step { GUESSES(q, s) -> evil--; cq[q] ! s, gen[AT(q, s)] }

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
	:: d_step { running && !fatal && evil > 0 -> evil--; fatal = true }
	:: d_step { !gone && evil > 0 -> evil--; gone = true }
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
