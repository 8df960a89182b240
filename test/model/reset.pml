/* SPDX-License-Identifier: MIT */
/*
 * reset.pml: recovery_reset(), its steps, and recovery_give_up() of lib/recovery/reset.c, under their names; and what
 * the controller may be found to be then.
 */
inline bar_qpairs()
{
	d_step { bar(0); bar(1) }
}

inline begin_ending()
{
	d_step { doom(0); doom(1) }
}

/* A queue pair that ends alone takes no other along. */
inline give_up()
{
	atomic {
		assert(dead || gone || ret == FAILED);
		if
		:: dead
		:: else ->
			begin_ending();
			bar_qpairs();
#ifndef FAULT_GIVE_UP_ON_THE_BUS
			lose_all();
#endif
			d_step { dead = true; running = false; epoch++ }
		fi
	}
}

inline stop()
{
	if
	:: gone -> ret = FAILED
	:: !gone -> lose_all()
	:: !gone && faults > 0 -> faults--; /* goes on; a function level reset: */
		if
		:: lose_all()
		:: faults > 0 -> faults--; ret = FAILED
		fi
	fi
}

/* bringup_enable_step(), recovery_queues_step(): what it is may have changed while it was down. */
inline start()
{
	if
	:: !gone -> running = true; narrow = false
	:: !gone && NARROW && faults > 0 -> faults--; running = true; narrow = true
	:: !gone && changes > 0 -> changes--; namespace++; running = true; narrow = false
	:: faults > 0 -> faults--; ret = FAILED
	:: gone -> ret = FAILED
	fi
}

/* What is not known counts as changed: see distrust() of lib/ns/refresh.c. */
inline identify_again()
{
	if
	:: ret != 0
	:: ret == 0 && !gone -> key = namespace
	:: ret == 0 && !gone && SILENT && faults > 0 -> faults--;
		if
		:: second -> namespace++; key = namespace
		:: else -> ret = UNANSWERED
		fi
	:: ret == 0 && gone -> ret = FAILED
	fi
}

inline raise_epoch()
{
#if !defined(FAULT_EPOCH_BEFORE_STOP) && !defined(FAULT_NO_EPOCH)
	if
	:: ret == 0 -> epoch++
	:: else
	fi
#else
	skip
#endif
}

/* revive() finds the lock taken, or a reset under way: the next poll does it. */
#ifdef FAULT_REVIVED_IN_A_RESET
#define MUST_WAIT false
#else
#define MUST_WAIT (under_reset != NO_RESET)
#endif

/* begin_again(): which of two gates is closed first makes no difference to anybody. */
inline begin_reset()
{
	begin_ending();
#ifdef FAULT_EPOCH_BEFORE_STOP
	epoch++;
#endif
#ifndef FAULT_GATE_AFTER_STOP
	bar_qpairs();
#endif
	under_reset = STOPPING
}

inline end_reset()
{
	under_reset = NO_RESET;
	second = false;
#ifdef FAULT_OPENED_BY_RESET
	shut[0] = false;
	shut[1] = false;
#endif
	if
	:: ret != 0 -> give_up()
	:: else
	fi
}

/*
 * recovery_reset_step(), by the thread that holds the lock; when identification is not answered, all of it once more.
 * Between closing the gates and stopping the controller, and between that and its start, others may do what they do
 * without the lock; and with it, if the reset is one in steps.
 */
inline reset_step()
{
	atomic {
		ret = 0;
		if
		:: under_reset == STOPPING ->
			stop();
			raise_epoch();
			if
			:: ret == 0 -> under_reset = STARTING
			:: else -> end_reset()
			fi
		:: under_reset == STARTING ->
#ifdef FAULT_GATE_AFTER_STOP
			bar_qpairs();
#endif
			start();
			identify_again();
#ifdef FAULT_RESET_ONCE
			ret = (ret == UNANSWERED -> 0 : ret);
#endif
			if
			:: ret == UNANSWERED -> second = true; ret = 0; begin_reset()
			:: else -> end_reset()
			fi
		fi
	}
}

/* recovery_reset(): without giving the lock back. */
inline reset()
{
	atomic {
		ret = 0;
		if
		:: dead -> ret = FAILED
		:: else -> begin_reset()
		fi
	};
	do
	:: under_reset -> reset_step()
	:: else -> break
	od
}
