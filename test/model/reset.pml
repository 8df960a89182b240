/* SPDX-License-Identifier: MIT */
/*
 * reset.pml: recovery_reset() and recovery_give_up() of lib/recovery/reset.c, under their names; and what
 * the controller may be found to be then.
 */
/* bar_qpairs(): which of two gates is closed first makes no difference to anybody. */
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
		:: again -> namespace++; key = namespace
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

/*
 * recovery_reset(): when identification is not answered, all of it once more. Between closing the gates
 * and stopping the controller, and between that and its start, others may do what they do without
 * the lock.
 */
inline reset()
{
	ret = 0;
	do
	:: atomic { !dead -> begin_ending();
#ifdef FAULT_EPOCH_BEFORE_STOP
		epoch++;
#endif
#ifndef FAULT_GATE_AFTER_STOP
		bar_qpairs()
#endif
		};
		atomic { stop(); raise_epoch() }
		atomic {
#ifdef FAULT_GATE_AFTER_STOP
			bar_qpairs();
#endif
			if
			:: ret == 0 -> start(); identify_again()
			:: else
			fi;
#ifdef FAULT_RESET_ONCE
			ret = (ret == UNANSWERED -> 0 : ret);
#endif
			if
			:: ret == UNANSWERED -> again = true; ret = 0
			:: else -> break
			fi
		}
	:: dead -> ret = FAILED; break
	od;
	atomic {
		again = false;
#ifdef FAULT_OPENED_BY_RESET
		shut[0] = false;
		shut[1] = false;
#endif
		if
		:: ret != 0 -> give_up()
		:: else
		fi
	}
}
