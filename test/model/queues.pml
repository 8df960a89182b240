/* SPDX-License-Identifier: MIT */
/*
 * queues.pml: what there is of host and controller in the model, and what happens to a command: it
 * is taken, published, answered; and the controller loses it. See lib/qpair.
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

/* Without generations an answer that is repeated cannot be told: nothing is claimed then. */
#if GENERATIONS || defined(FAULT_NO_GENERATION)
#define REPEAT true
#else
#define REPEAT false
#endif

mtype = { LIVE, CUT, DEAD };		     /* enum qpair_state */
mtype = { NOT, ONCE, SENDING_AGAIN, AGAIN }; /* enum sent */

/* The controller. */
byte evil = EVIL;
bool running = true;
bool fatal, gone;
bool queue[QUEUES];   /* has been created there */
bool access[RECORDS]; /* has the command: may reach its buffer */
bool lost[RECORDS];   /* will not answer it */
byte has[RECORDS];    /* its generation */
chan cq[QUEUES] = [ROOM] of { byte, byte }; /* slot, generation */

/* struct nvu_ctrl. */
bool lock, dead;
byte epoch;

/* struct nvu_qpair, by queue. */
mtype state[QUEUES] = LIVE;
byte created[QUEUES]; /* .epoch */
bool aborted[QUEUES]; /* .rung */
byte cursor[QUEUES];
bool keeping[QUEUES] = RETRY;

/* struct inflight, and what belongs to a slot. */
bool flying[RECORDS];
bool vacant[RECORDS] = true; /* on the free-list */
bool queued[RECORDS];	     /* in the ring, not published */
byte gen[RECORDS];
byte number[RECORDS]; /* which command */
bool late[RECORDS];   /* its deadline has passed */
bool waited[RECORDS]; /* its time has passed since it was sent */
mtype sent[RECORDS] = NOT;
byte copy[RECORDS]; /* which command the copy is of */

/* The application; and what it would like to know. */
byte given[QUEUES];
bool owed[QUEUES * COMMANDS];
byte owing[QUEUES];
bool posted[RECORDS]; /* the controller's own answer lies in the queue */
bool used[RECORDS];   /* a command was answered in this slot */

#define GIVEN(q) (q == 0 -> COMMANDS : 1)
#define HAS_ANSWER(q) (len(cq[q]) > 0)
#define HAS_ROOM(q) (len(cq[q]) < ROOM)

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
	gen[AT(q, s)] = gen[AT(q, s)] + GENERATIONS
}

/* The next command takes a record and goes into the ring. */
inline take(q)
{
	d_step {
#if SLOTS > 1
		s = (vacant[AT(q, 0)] -> 0 : 1);
#endif
		vacant[AT(q, s)] = false;
		flying[AT(q, s)] = true;
		queued[AT(q, s)] = true;
		number[AT(q, s)] = given[q];
		owed[q * COMMANDS + given[q]] = true;
		owing[q]++;
		given[q]++;
		s = 0
	}
}

inline keep_copy(q, s)
{
#if RETRY
	copy[AT(q, s)] = number[AT(q, s)];
	sent[AT(q, s)] = (sent[AT(q, s)] == SENDING_AGAIN -> AGAIN : ONCE)
#else
	skip
#endif
}

inline publish_record(q, s)
{
	if
	:: queued[AT(q, s)] && flying[AT(q, s)] ->
		keep_copy(q, s);
		waited[AT(q, s)] = false;
		if
		:: queue[q] ->
			access[AT(q, s)] = true;
			has[AT(q, s)] = gen[AT(q, s)]
		:: else /* a doorbell that belongs to no queue */
		fi
	:: else
	fi;
	queued[AT(q, s)] = false
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

inline publish_and_poll(q)
{
	atomic {
		d_step { EACH(publish_record, q) }
		if
		:: HAS_ANSWER(q) -> reap(q); hit = false
		:: else
		fi
	}
}
