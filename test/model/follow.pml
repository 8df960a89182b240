/* SPDX-License-Identifier: MIT */
/*
 * follow.pml: how a queue pair's own thread answers what was lost and creates its queues again; and
 * when it looks. See escalate.pml.
 */
inline renew(q, s)
{
	if
	:: flying[AT(q, s)] -> gen[AT(q, s)] = gen[AT(q, s)] + GENERATIONS
	:: else -> vacant[AT(q, s)] = true
	fi;
	posted[AT(q, s)] = false;
	queued[AT(q, s)] = queued[AT(q, s)] && flying[AT(q, s)];
	behind[AT(q, s)] = queued[AT(q, s)]
}

inline open_gate(q)
{
	queue[q] = true;
	created[q] = epoch;
	whole[q] = true;
	EACH(spare_record, q);
#ifndef FAULT_NO_OPENING
	shut[q] = false;
	EACH(bar_record, q); /* the bar means nothing now */
#endif
	ret = 0
}

/* qpair_reset() and ioqueue_open() */
inline use_queues(q)
{
	d_step {
		creating[q] = 0;
		do
		:: HAS_ANSWER(q) -> cq[q] ? _, _
		:: else -> break
		od;
		EACH(renew, q);
		state[q] = LIVE;
		is_stale[q] = false;
		aborted[q] = false;
		open_gate(q)
	}
}

#ifdef FAULT_CREATED_IN_ANOTHER_LIFE
#define IS_CREATING(q) (creating[q] != 0)
#else
#define IS_CREATING(q) (creating[q] == epoch + 1)
#endif

inline begin_creating(q)
{
	assert(running && !queue[q]);
	if
#if LASTING
	:: !gone && !fatal -> queue[q] = true; creating[q] = epoch + 1; ret = LATER
#else
	:: !gone && !fatal -> use_queues(q)
#endif
	:: d_step { faults > 0 -> faults--; ret = FAILED }
	:: d_step { faults > 0 -> faults--; queue[q] = true; ret = FAILED }
	:: gone || fatal -> ret = FAILED
	fi
}

/*
 * ioqueue_create_step(): done; or failed, carried out or not. In steps it is looked at by a later poll: until then the queue
 * pair has no queues, and others may do anything.
 */
inline create_queues(q)
{
	if
	:: IS_CREATING(q) -> assert(running && queue[q]); use_queues(q)
	:: else -> begin_creating(q)
	fi
}

/* follow_namespaces() */
inline follow_namespaces(q)
{
	if
	:: follows[q] != key ->
#ifndef FAULT_WAITS_FOR_ANOTHER
		is_stale[q] = shut[q];
#endif
		follow_change(q)
	:: else
	fi
}

inline check_room(q)
{
	d_step {
		if
		:: narrow && q == THREADS - 1 -> ret = NOSPC
		:: else ->
			follow_namespaces(q);
			if
			:: is_stale[q] && ANY(queued, q) -> ret = STALE
#if RETRY && !defined(FAULT_KEPT_FOR_ANOTHER)
			:: !(is_stale[q] && ANY(queued, q)) && ANY(outdated, q) -> ret = STALE
#endif
			:: else
			fi
		fi
	}
}

inline create_again(q)
{
	check_room(q);
	if
	:: ret != 0
	:: else -> create_queues(q)
	fi
}

/* resend_queue() for one command; those that wait are in the ring already. */
inline resend(q, s)
{
	if
#ifdef FAULT_SENT_AS_WELL
	:: flying[AT(q, s)] ->
#else
	:: flying[AT(q, s)] && !queued[AT(q, s)] ->
#endif
		assert(!queued[AT(q, s)]);
		assert(copy[AT(q, s)] == number[AT(q, s)]);
		queued[AT(q, s)] = true;
		known[AT(q, s)] = false;
		sent[AT(q, s)] = (sent[AT(q, s)] == ONCE -> SENDING_AGAIN : sent[AT(q, s)]);
#ifndef FAULT_DEADLINE_OF_BEFORE
		late[AT(q, s)] = false
#endif
	:: else
	fi
}

/* deadline_extend() for one command */
inline extend(q, s)
{
	if
	:: queued[AT(q, s)] -> late[AT(q, s)] = false
	:: else
	fi
}

/* qpair_refuse() for one record: no command is taken any more. */
inline forget(q, s)
{
	vacant[AT(q, s)] = false
}

/* What revive(), and stay_cut() until it answers, do after all. */
inline conclude(q)
{
	d_step {
		if
		:: ret == 0 && RETRY -> EACH(resend, q)
		:: ret == 0 && !RETRY -> assert(!ANY_PUBLISHED(q))
		:: ret == STALE -> cursor[q] = 0
#ifdef FAULT_ASKS_AGAIN
		:: ret == NOSPC -> cursor[q] = 0
#endif
		:: else ->
			fate[q] = ret;
			keeping[q] = false;
			cursor[q] = 0;
			EACH(forget, q)
		fi;
#if !defined(FAULT_WAITED_TOO_LONG) && !defined(FAULT_DEADLINE_OF_BEFORE)
		if
		:: ret == 0 -> EACH(extend, q)
		:: else
		fi;
#endif
#ifdef FAULT_NO_ABANDON
		if
		:: ret == FAILED -> state[q] = DEAD; assert(owing[q] == 0)
		:: else
		fi;
#endif
		ret = 0
	}
}

#ifdef FAULT_OTHERS_ALONG
#define IS_OWN_END (ret == STALE)
#else
#define IS_OWN_END (ret == NOSPC || ret == STALE)
#endif

#if RETRY
#define KEPT(q, s) (keeping[q] && sent[AT(q, s)] != AGAIN && !outdated[AT(q, s)])
#else
#define KEPT(q, s) false
#endif

/* qpair_cancel() for one command: none that waits. */
inline cancel(q)
{
	do
	:: cursor[q] == SLOTS || hit -> break
	:: else ->
		s = cursor[q];
		cursor[q]++;
		if
		:: flying[AT(q, s)] && !queued[AT(q, s)] ->
			assert(GUESS || !posted[AT(q, s)]);
			if
			:: KEPT(q, s)
			:: else ->
				assert(doomed[AT(q, s)]);
				answer(q, s);
				vacant[AT(q, s)] = true;
				hit = true
			fi
		:: else
		fi
	od;
	s = 0
}

/*
 * waiting_answer() for one command. An entry that a guess has answered is dropped; it must not be taken
 * for a command.
 */
inline answer_waiting(q, s)
{
	if
#ifdef FAULT_GUESSED_WAITS
	:: !hit && queued[AT(q, s)] && (is_stale[q] || fate[q] || late[AT(q, s)]) ->
#else
	:: !hit && queued[AT(q, s)] && flying[AT(q, s)] && (is_stale[q] || fate[q] || late[AT(q, s)]) ->
#endif
		answer(q, s);
		queued[AT(q, s)] = false;
		behind[AT(q, s)] = false;
		vacant[AT(q, s)] = true;
		hit = true
	:: queued[AT(q, s)] && !flying[AT(q, s)] ->
		queued[AT(q, s)] = false;
		behind[AT(q, s)] = false
	:: else
	fi
}

inline answer_cut(q)
{
	d_step {
		cancel(q);
#ifndef FAULT_WAITING_FORGOTTEN
		EACH(answer_waiting, q);
#endif
		if
		:: hit && fate[q] -> EACH(forget, q) /* what they have freed */
		:: else
		fi
	}
}

inline reap_all(q)
{
#if defined(FAULT_NO_REAP)
	skip
#elif defined(FAULT_REAP_ONE)
	if
	:: HAS_ANSWER(q) -> reap(q)
	:: else
	fi
#else
	do
	:: HAS_ANSWER(q) && !hit -> reap(q)
	:: else -> break
	od
#endif
}

inline die(q)
{
	if
	:: !hit && fate[q] ->
		assert(owing[q] == 0 && !ANY(queued, q) && (dead || fate[q] == NOSPC));
		state[q] = DEAD
	:: else
	fi
}

/* Time passes for those that wait. */
inline be_late_waiting(q, s)
{
	if
	:: queued[AT(q, s)] && flying[AT(q, s)] -> late[AT(q, s)] = true; waited[AT(q, s)] = true
	:: else
	fi
}

inline pass_waiting_time(q)
{
	if
	:: d_step { ANY(queued, q) -> EACH(be_late_waiting, q) }
	:: skip
	fi
}

inline follow(q)
{
	pass_waiting_time(q);
	reap_all(q);
	if
	:: hit
	:: else -> answer_cut(q)
	fi;
	if
	:: !hit && !fate[q] -> next = REVIVE
	:: else -> d_step { die(q) }
	fi
}

/* revive() and stay_cut() */
inline settle(q)
{
	conclude(q);
	if
	:: state[q] == CUT -> answer_cut(q); d_step { die(q) }
	:: else
	fi;
	next = NOTHING
}

/* create_or_reset(): the first failure costs a reset, the second the controller. */
inline revive(q)
{
	ret = (dead -> FAILED : 0);
	if
	:: ret == 0 -> create_again(q)
	:: else
	fi;
	if
	:: ret == LATER -> ret = 0; next = NOTHING
	:: ret != 0 && ret != LATER && !IS_OWN_END && !dead ->
		if
		:: failed[q] -> give_up(); settle(q)
		:: else -> failed[q] = true; begin_reset(); ret = 0; next = NOTHING
		fi
	:: ret == 0 -> failed[q] = false; pass_waiting_time(q); settle(q) /* that it took until now */
	:: ret != 0 && ret != LATER && (IS_OWN_END || dead) -> failed[q] = false; settle(q)
	fi
}

/*
 * look_up_and_poll() of lib/io/path.c with recovery_upkeep(), until a lock is needed that another has.
 */
inline do_upkeep(q)
{
	if
	:: state[q] != LIVE
	:: state[q] == LIVE && !lock && !under_reset -> look(q)
	:: state[q] == LIVE && created[q] != epoch /* another has the lock, or it is not time yet */
	fi;
	d_step { follow_namespaces(q) };
	if
	:: state[q] == LIVE && created[q] != epoch -> cut(q)
	:: else
	fi;
	if
	:: state[q] == CUT -> follow(q)
	:: else
	fi;
	if
	:: next == REVIVE && !lock && !MUST_WAIT -> revive(q)
	:: else
	fi;
	hit = false;
	ret = 0;
	assert(MAY_TAKE(q))
}

/* queue_pairs_destroy(), until a reset is needed */
inline destroy(q)
{
	if
	:: !dead && state[q] == LIVE && created[q] == epoch -> delete(q)
#ifndef FAULT_HALF_MADE_FORGOTTEN
	:: !dead && state[q] != LIVE && creating[q] == epoch + 1 -> delete(q)
#endif
	:: else
	fi;
	next = DESTROYED;
#ifndef FAULT_NO_RESET_AT_DESTROY
	if
	:: ret != 0 -> next = RESET_AND_DESTROY; lock = true
	:: else
	fi;
#endif
	ret = 0
}

/* What was to be done after a reset. */
inline go_on(q)
{
	next = DESTROYED;
	lock = false;
	ret = 0
}
