/* SPDX-License-Identifier: MIT */
/*
 * escalate.pml: lib/recovery/escalate.c, under its names. What is atomic here is so because nothing that
 * another could do in between would tell. ret is 0 or why not, as after each call there.
 */

/* Not found, refused, found but not answered yet; or answered. */
inline abort_record(q, s)
{
	if
	:: flying[AT(q, s)] && late[AT(q, s)] ->
		assert(waited[AT(q, s)]);
		if
		:: skip
		:: access[AT(q, s)] && HAS_ROOM(q) ->
			access[AT(q, s)] = false;
			lost[AT(q, s)] = false;
			posted[AT(q, s)] = true;
			cq[q] ! s, has[AT(q, s)]
		fi
	:: else
	fi
}

/* ioqueue_delete(): done; or failed, carried out or not. */
inline delete(q)
{
	assert(running && queue[q]);
	d_step { doom(q) };
	if
	:: !gone && !fatal -> d_step { lose_queue(q); ret = 0 }
	:: d_step { faults > 0 -> faults--; ret = FAILED }
	:: d_step { faults > 0 -> faults--; lose_queue(q); ret = FAILED }
	:: gone || fatal -> ret = FAILED
	fi
}

/* What lies before the bar is lost with the queues; what lies behind it waits: see lib/qpair/waiting.c. */
#ifdef FAULT_NO_BAR
#define WAITS(q, s) false
#else
#define WAITS(q, s) behind[AT(q, s)]
#endif

inline cut_record(q, s)
{
#ifdef FAULT_CLOSED_WHILE_CUT
	vacant[AT(q, s)] = false;
#endif
#if RETRY && !defined(FAULT_COPY_OF_ANOTHER)
	if
	:: queued[AT(q, s)] && !WAITS(q, s) ->
		copy[AT(q, s)] = number[AT(q, s)];
		sent[AT(q, s)] = (sent[AT(q, s)] == SENDING_AGAIN -> SENDING_AGAIN : NOT)
	:: else
	fi;
#endif
	queued[AT(q, s)] = queued[AT(q, s)] && WAITS(q, s)
}

inline cut(q)
{
	d_step {
		bar(q);
		deleting[q] = false;
		state[q] = CUT;
		cursor[q] = 0;
		EACH(cut_record, q);
		assert(MAY_TAKE(q))
	}
}

/* It is answered, in time or not: until then, the queue pair takes commands. */
inline go_on_deleting(q)
{
	delete(q);
	deleting[q] = false;
	if
#ifndef FAULT_NO_RESET_AFTER_DELETE
	:: ret != 0 -> begin_reset();
#ifdef FAULT_CUT_BEFORE_STOP
		cut(q)
#endif
#endif
	:: else -> cut(q)
	fi
}

inline escalate(q)
{
	if
	:: !aborted[q] ->
#ifdef FAULT_ANSWER_AT_DEADLINE
		cut(q)
#else
		aborted[q] = true;
		EACH(abort_record, q)
#endif
	:: else -> /* the grace has passed */
#if LASTING
		d_step {
			doom(q);
#ifndef FAULT_DELETED_WITHOUT_A_BAR
			bar(q);
#endif
			deleting[q] = true
		}
#else
		go_on_deleting(q)
#endif
	fi
}

/*
 * Time passes: any command that was published may be late by now. One that was not has no deadline, or
 * is given a poll when it is published: lib/qpair/deadline.c.
 */
#define BE_LATE(q, s) PUBLISHED(q, s) -> late[AT(q, s)] = true; waited[AT(q, s)] = true

inline pass_time(q)
{
	if
	:: d_step { BE_LATE(q, 0) }
#if SLOTS > 1
	:: d_step { BE_LATE(q, 1) }
	:: d_step { PUBLISHED(q, 0) && PUBLISHED(q, 1) -> BE_LATE(q, 0); BE_LATE(q, 1) }
#endif
	:: ANY(late, q) || aborted[q] || !ANY_PUBLISHED(q)
	fi
}

/* The lock is held. */
inline look(q)
{
	assert(dead || created[q] != epoch || !shut[q] || deleting[q]); /* who has queues can publish */
	if
	:: !dead && gone -> give_up()
	:: !dead && !gone && fatal -> begin_reset()
	:: else ->
		if
#ifndef FAULT_ESCALATE_IN_ANOTHER_LIFE
		:: created[q] != epoch
#endif
		:: deleting[q] && created[q] == epoch -> go_on_deleting(q)
		:: else ->
			pass_time(q);
			if
			:: ANY(late, q) -> escalate(q)
			:: else -> aborted[q] = false
			fi
		fi
	fi;
	ret = 0
}
