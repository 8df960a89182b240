/* SPDX-License-Identifier: MIT */
/*
 * ladder.pml: lib/ctrl/recovery.c, under its names. What is atomic here is so because nothing that
 * another could do in between would tell. ret is 0 or why not, as after each call there.
 */
inline give_up()
{
	if
	:: dead
	:: else ->
#ifndef FAULT_GIVE_UP_ON_THE_BUS
		lose_all();
#endif
		d_step { dead = true; running = false; epoch++ }
	fi
}

inline stop()
{
	if
	:: gone -> ret = 1
	:: atomic { !gone -> lose_all(); ret = 0 }
	:: d_step { !gone && evil > 0 -> evil-- }; /* goes on; a function level reset: */
		if
		:: atomic { !gone -> lose_all(); ret = 0 }
		:: d_step { evil > 0 -> evil--; ret = 1 }
		:: gone -> ret = 1
		fi
	fi
}

inline start()
{
	if
	:: d_step { !gone -> running = true }
	:: d_step { evil > 0 -> evil--; ret = 1 }
	:: gone -> ret = 1
	fi
}

inline reset()
{
	if
	:: dead -> ret = 1
	:: else ->
#ifdef FAULT_EPOCH_BEFORE_STOP
		epoch++;
#endif
		stop();
		if
		:: ret == 0 ->
#if !defined(FAULT_EPOCH_BEFORE_STOP) && !defined(FAULT_NO_EPOCH)
			epoch++;
#endif
			start()
		:: else
		fi;
		if
		:: ret != 0 -> give_up()
		:: else
		fi
	fi
}

/* Not found, refused, found but not answered yet; or answered. */
inline abort_record(q, s)
{
	if
	:: flying[AT(q, s)] && late[AT(q, s)] ->
		assert(waited[AT(q, s)] || queued[AT(q, s)]);
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
	atomic {
		assert(running && queue[q]);
		if
		:: !gone && !fatal -> d_step { lose_queue(q); ret = 0 }
		:: d_step { evil > 0 -> evil--; ret = 1 }
		:: d_step { evil > 0 -> evil--; lose_queue(q); ret = 1 }
		:: gone || fatal -> ret = 1
		fi
	}
}

inline cut_record(q, s)
{
	vacant[AT(q, s)] = false;
#if RETRY && !defined(FAULT_COPY_OF_ANOTHER)
	if
	:: queued[AT(q, s)] ->
		copy[AT(q, s)] = number[AT(q, s)];
		sent[AT(q, s)] = (sent[AT(q, s)] == SENDING_AGAIN -> SENDING_AGAIN : NOT)
	:: else
	fi;
#endif
	queued[AT(q, s)] = false
}

inline cut(q)
{
	d_step {
		state[q] = CUT;
		cursor[q] = 0;
		EACH(cut_record, q)
	}
}

inline climb(q)
{
	if
	:: !aborted[q] ->
#ifdef FAULT_ANSWER_AT_DEADLINE
		cut(q)
#else
		atomic { aborted[q] = true; EACH(abort_record, q) }
#endif
	:: else -> /* the grace has passed */
		delete(q);
		if
#ifndef FAULT_NO_RESET_AFTER_DELETE
		:: ret != 0 -> reset()
#endif
		:: else
		fi;
		cut(q)
	fi
}

/* Time passes: any command in flight may be late by now. */
#define BE_LATE(q, s) flying[AT(q, s)] -> late[AT(q, s)] = true; waited[AT(q, s)] = true

inline pass_time(q)
{
	if
	:: d_step { BE_LATE(q, 0) }
#if SLOTS > 1
	:: d_step { BE_LATE(q, 1) }
	:: d_step { flying[AT(q, 0)] && flying[AT(q, 1)] -> BE_LATE(q, 0); BE_LATE(q, 1) }
#endif
	:: ANY(late, q) || aborted[q] || !ANY(flying, q)
	fi
}

/* The lock is held. */
inline look(q)
{
	if
	:: !dead && gone -> give_up()
	:: !dead && !gone && fatal -> reset()
	:: else ->
		if
#ifndef FAULT_CLIMB_IN_ANOTHER_LIFE
		:: created[q] != epoch
#endif
		:: else ->
			atomic {
				pass_time(q);
				if
				:: ANY(late, q)
				:: else -> aborted[q] = false
				fi
			}
			if
			:: ANY(late, q) -> climb(q)
			:: else
			fi
		fi
	fi
}

inline renew(q, s)
{
	if
	:: flying[AT(q, s)] -> gen[AT(q, s)] = gen[AT(q, s)] + GENERATIONS
	:: else -> vacant[AT(q, s)] = true
	fi;
	posted[AT(q, s)] = false;
	queued[AT(q, s)] = false
}

/* qpair_reset() and ioqueue_create(): done; or failed, carried out or not. */
inline create_anew(q)
{
	atomic {
		assert(running && !queue[q]);
		d_step {
			do
			:: HAS_ANSWER(q) -> cq[q] ? _, _
			:: else -> break
			od;
			EACH(renew, q);
			state[q] = LIVE;
			aborted[q] = false
		}
		if
		:: !gone && !fatal -> d_step { queue[q] = true; created[q] = epoch; ret = 0 }
		:: d_step { evil > 0 -> evil--; ret = 1 }
		:: d_step { evil > 0 -> evil--; queue[q] = true; ret = 1 }
		:: gone || fatal -> ret = 1
		fi
	}
}

inline resend(q, s)
{
	if
	:: flying[AT(q, s)] ->
		assert(copy[AT(q, s)] == number[AT(q, s)]);
		queued[AT(q, s)] = true;
		sent[AT(q, s)] = (sent[AT(q, s)] == ONCE -> SENDING_AGAIN : sent[AT(q, s)]);
#ifndef FAULT_DEADLINE_OF_BEFORE
		late[AT(q, s)] = false
#endif
	:: else
	fi
}

/* Unlocked: what revive() does after all. */
inline conclude(q)
{
	d_step {
		lock = false;
		if
		:: ret == 0 && RETRY -> EACH(resend, q)
		:: ret == 0 && !RETRY -> assert(!ANY(flying, q))
		:: ret != 0 && keeping[q] -> keeping[q] = false; cursor[q] = 0
		:: else -> state[q] = DEAD; assert(owing[q] == 0)
		fi;
#ifdef FAULT_NO_DESPAIR
		if
		:: ret != 0 -> state[q] = DEAD; assert(owing[q] == 0)
		:: else
		fi;
#endif
		ret = 0
	}
}

inline revive(q)
{
	atomic { !lock -> lock = true; ret = dead }
	if
	:: ret == 0 ->
		create_anew(q);
		if
		:: ret != 0 ->
			reset();
			if
			:: ret == 0 -> create_anew(q)
			:: else
			fi
		:: else
		fi;
		if
		:: ret != 0 -> give_up(); cut(q)
		:: else
		fi
	:: else
	fi;
	conclude(q)
}

#if RETRY
#define KEPT(q, s) (keeping[q] && sent[AT(q, s)] != AGAIN)
#else
#define KEPT(q, s) false
#endif

/* qpair_cancel() for one command */
inline cancel(q)
{
	d_step {
		do
		:: cursor[q] == SLOTS || hit -> break
		:: else ->
			s = cursor[q];
			cursor[q]++;
			if
			:: flying[AT(q, s)] ->
				assert(GUESS || !posted[AT(q, s)]);
				if
				:: KEPT(q, s)
				:: else -> answer(q, s); hit = true
				fi
			:: else
			fi
		od;
		s = 0
	}
}

inline forget(q, s)
{
	vacant[AT(q, s)] = false
}

inline reap_all(q)
{
#if defined(FAULT_NO_REAP)
	skip
#elif defined(FAULT_REAP_ONE)
	if
	:: HAS_ANSWER(q) -> reap(q); EACH(forget, q)
	:: else
	fi
#else
	do
	:: HAS_ANSWER(q) && !hit -> reap(q); EACH(forget, q)
	:: else -> break
	od
#endif
}

inline follow(q)
{
	atomic {
		reap_all(q);
		if
		:: hit
		:: else -> cancel(q)
		fi
	}
	if
	:: hit
	:: else ->
		revive(q);
#ifndef FAULT_NO_ANSWER_IN_DESPAIR
		atomic {
			if
			:: state[q] == CUT -> cancel(q)
			:: else
			fi
		}
#endif
	fi
}

/* look_up_and_poll() of lib/api/io.c with recovery_tick() */
inline look_up(q)
{
	if
	:: state[q] != LIVE
	:: atomic { state[q] == LIVE && !lock -> lock = true };
		look(q);
		d_step { lock = false; ret = 0 }
	:: state[q] == LIVE && created[q] != epoch /* another has the lock, or it is not time yet */
	fi;
	atomic {
		if
		:: state[q] == LIVE && created[q] != epoch -> cut(q)
		:: else
		fi
	}
	if
	:: state[q] == CUT -> follow(q)
	:: else
	fi;
	if
	:: !hit && state[q] != DEAD -> publish_and_poll(q)
	:: else -> hit = false
	fi
}

/* ctrl_destroy_qpair() */
inline destroy(q)
{
	atomic { !lock -> lock = true }
	if
	:: !dead && state[q] == LIVE && created[q] == epoch ->
		delete(q);
		if
#ifndef FAULT_NO_RESET_AT_DESTROY
		:: ret != 0 -> reset()
#endif
		:: else
		fi
	:: else
	fi;
	d_step {
		lock = false;
		assert(!queue[q] && (GUESS || !ANY(access, q)));
		ret = 0
	}
}
