/* SPDX-License-Identifier: MIT */
/*
 * queues.pml: what there is of host and controller in the model, and what happens to a command: it
 * is taken, published, answered; and the controller loses it. See lib/qpair, lib/ring/doorbell.c.
 */
#define QUEUES 2
#define ROOM 2	   /* of a completion queue */
#define AT(q, s) ((q) * SLOTS + (s))
#define RECORDS (QUEUES * SLOTS)

#if SLOTS == 1
#define EACH(what, q) what(q, 0)
#define ANY(what, q) what[AT(q, 0)]
#else
#define EACH(what, q) \
	what(q, 0); \
	what(q, 1)
#define ANY(what, q) (what[AT(q, 0)] || what[AT(q, 1)])
#endif

/* Without generations a repeated answer cannot be distinguished: nothing is claimed then. */
#if GENERATIONS || defined(FAULT_NO_GENERATION)
#define REPEAT true
#else
#define REPEAT false
#endif

mtype = { LIVE, CUT, DEAD };		     /* enum qpair_state */
mtype = { NOT, ONCE, SENDING_AGAIN, AGAIN }; /* enum sent */

/* What a function returns; FAILED: the controller has. */
#define FAILED 1
#define NOSPC 2
#define STALE 3
#define UNANSWERED 4
#define LATER 5

/* What a thread is about to do. The lock is held before a reset that it waits for. */
#define NOTHING 0
#define REVIVE 1
#define DESTROYED 2
#define RESET_AND_DESTROY 3

/* Of a reset. */
#define NO_RESET 0
#define STOPPING 1
#define STARTING 2

/* The controller. */
byte faults = FAULTS;
bool running = true;
bool fatal, gone;
bool queue[QUEUES];   /* has been created there */
bool access[RECORDS]; /* has the command: may reach its buffer */
bool lost[RECORDS];   /* will not answer it */
byte has[RECORDS];    /* its generation */
byte changes = CHANGES;
byte namespace;	      /* which one it has */
bool narrow;	      /* it has no room for the last queue pair */
chan cq[QUEUES] = [ROOM] of { byte, byte }; /* slot, generation */

/* struct nvu_ctrl. */
bool lock, dead;
byte under_reset; /* NO_RESET: none is; else what its next step does */
bool second;	  /* the same: it is the second one, after identification was not answered */
byte epoch;
byte key; /* the namespace that it had when it was identified last */

/* struct nvu_qpair, by queue. */
mtype state[QUEUES] = LIVE;
byte created[QUEUES]; /* .recovery.epoch */
bool aborted[QUEUES]; /* .recovery.escalation */
byte cursor[QUEUES];
bool keeping[QUEUES] = RETRY;
byte fate[QUEUES];
bool failed[QUEUES]; /* .recovery.has_failed */
bool deleting[QUEUES]; /* .queues.stage */
byte creating[QUEUES]; /* the same: 1 more than the epoch in which it has begun; 0: it has not */
bool shut[QUEUES];     /* .gate is closed; and the doorbells' page is memory */
bool is_stale[QUEUES]; /* .stale_end is behind all that wait */
byte follows[QUEUES];  /* .key */

/* struct inflight, and what belongs to a slot. */
bool flying[RECORDS];
bool vacant[RECORDS] = true; /* on the free-list */
bool queued[RECORDS];	     /* in the ring, not published; of a queue pair that is cut: it waits */
bool behind[RECORDS];	     /* behind .bar: queued since the gate was closed */
byte encoded[RECORDS];	     /* for which namespace */
byte gen[RECORDS];
byte number[RECORDS]; /* which command */
bool late[RECORDS];   /* its deadline has passed */
bool waited[RECORDS]; /* its time has passed since it was sent */
mtype sent[RECORDS] = NOT;
byte copy[RECORDS]; /* which command the copy is of */
bool outdated[RECORDS];

/* The application; and what it would like to know. */
byte given[QUEUES];
bool owed[QUEUES * COMMANDS];
byte owing[QUEUES];
bool posted[RECORDS]; /* the controller's own answer lies in the queue */
bool used[RECORDS];   /* a command was answered in this slot */
bool known[RECORDS];  /* has been published, since it was taken or kept to be sent again */
bool whole[QUEUES] = true; /* the queues exist, and no thread has begun to delete them */
bool doomed[RECORDS]; /* was queued before that */

#define GIVEN(q) (q == 0 -> COMMANDS : 1)
#define HAS_ANSWER(q) (len(cq[q]) > 0)
#define HAS_ROOM(q) (len(cq[q]) < ROOM)
#define PUBLISHED(q, s) (flying[AT(q, s)] && !queued[AT(q, s)])
#define ANY_PUBLISHED(q) (PUBLISHED(q, 0) || (SLOTS > 1 && PUBLISHED(q, SLOTS - 1)))
#define MAY_RING(q) (!shut[q] && (ANY(queued, q) || HAS_ANSWER(q)))

/* --- the controller's access ends: each of these is one step, as others see it */

inline lose_record(q, s)
{
	access[AT(q, s)] = false;
	lost[AT(q, s)] = false;
	has[AT(q, s)] = 0
}

inline lose_queue(q)
{
	queue[q] = false;
	EACH(lose_record, q)
}

inline lose_all()
{
	d_step {
		running = false;
		fatal = false;
		lose_queue(0);
		lose_queue(1)
	}
}

/* --- commands */

inline answer(q, s)
{
	assert(owed[q * COMMANDS + number[AT(q, s)]]);
	owed[q * COMMANDS + number[AT(q, s)]] = false;
	owing[q]--;
	assert(GUESS || !access[AT(q, s)]);
	flying[AT(q, s)] = false;
	posted[AT(q, s)] = false;
	number[AT(q, s)] = 0;
	late[AT(q, s)] = false;
	waited[AT(q, s)] = false;
	used[AT(q, s)] = true;
	known[AT(q, s)] = false;
	doomed[AT(q, s)] = false;
	outdated[AT(q, s)] = false;
	encoded[AT(q, s)] = 0;
	gen[AT(q, s)] = gen[AT(q, s)] + GENERATIONS
}

inline outdate(q, s)
{
#if RETRY
	outdated[AT(q, s)] = flying[AT(q, s)]
#else
	skip
#endif
}

/* follow_change() of lib/ns/follow.c: all that is in the ring, or kept, is for what the namespace was. */
inline follow_change(q)
{
	if
	:: follows[q] != key ->
		EACH(outdate, q);
		follows[q] = key
	:: else
	fi
}

/*
 * The next command takes a record and goes into the ring; with the newest handle, as others are
 * refused.
 */
inline take(q)
{
	d_step {
#ifndef FAULT_STALE_BY_HANDLE
		is_stale[q] = is_stale[q] || (shut[q] && follows[q] != key);
#endif
		follow_change(q);
#if SLOTS > 1
		s = (vacant[AT(q, 0)] -> 0 : 1);
#endif
		vacant[AT(q, s)] = false;
		flying[AT(q, s)] = true;
		queued[AT(q, s)] = true;
		behind[AT(q, s)] = shut[q];
		encoded[AT(q, s)] = key;
		number[AT(q, s)] = given[q];
		owed[q * COMMANDS + given[q]] = true;
		owing[q]++;
		given[q]++;
		s = 0
	}
}

/* A command is refused with -EAGAIN when no record is vacant: only because others are outstanding. */
#define MAY_TAKE(q) (state[q] == DEAD || fate[q] || owing[q] > 0 || ANY(vacant, q))

inline keep_copy(q, s)
{
#if RETRY
	copy[AT(q, s)] = number[AT(q, s)];
	sent[AT(q, s)] = (sent[AT(q, s)] == SENDING_AGAIN -> AGAIN : ONCE)
#else
	skip
#endif
}

/* A store to a doorbell that has begun goes where the page is when it ends. */
#ifdef FAULT_NO_BURY
#define ARRIVES(q) true
#else
#define ARRIVES(q) (!shut[q])
#endif

inline publish_record(q, s)
{
	if
	:: queued[AT(q, s)] && flying[AT(q, s)] -> /* or it was answered before, by a guess */
		assert(!known[AT(q, s)]);
		known[AT(q, s)] = true;
		keep_copy(q, s);
		waited[AT(q, s)] = false;
		if
		:: ARRIVES(q) ->
			assert(encoded[AT(q, s)] == namespace);
			access[AT(q, s)] = true;
			has[AT(q, s)] = gen[AT(q, s)]
		:: else
		fi
	:: else
	fi;
	queued[AT(q, s)] = false;
	behind[AT(q, s)] = false
}

/* Both doorbells. No doorbell of a queue that does not exist is rung. */
inline ring(q)
{
	assert(!ARRIVES(q) || queue[q]);
	EACH(publish_record, q)
}

/* poll_reap() for one entry: hit is true when it answered a command. */
inline reap(q)
{
	d_step {
		cq[q] ? s, g;
		if
		:: flying[AT(q, s)] && gen[AT(q, s)] == g ->
			answer(q, s);
			vacant[AT(q, s)] = true;
			hit = true
		:: else /* belongs to no command: dropped */
		fi;
		s = 0;
		g = 0
	}
}

inline poll(q)
{
	if
	:: HAS_ANSWER(q) -> reap(q); hit = false
	:: else
	fi;
	assert(MAY_TAKE(q))
}

/* --- the gate */

inline bar_record(q, s)
{
	behind[AT(q, s)] = false
}

/* qpair_bar() */
inline bar(q)
{
#ifdef FAULT_NO_GATE
	skip
#else
	if
#ifndef FAULT_BAR_MOVES
	:: shut[q]
#endif
	:: else -> EACH(bar_record, q); shut[q] = true
	fi
#endif
}

/* Nothing that the library does: what was queued until now may be cancelled, the rest may not. */
inline doom_record(q, s)
{
	doomed[AT(q, s)] = flying[AT(q, s)]
}

inline doom(q)
{
	if
	:: whole[q] -> whole[q] = false; EACH(doom_record, q)
	:: else
	fi
}

inline spare_record(q, s)
{
	doomed[AT(q, s)] = false
}
