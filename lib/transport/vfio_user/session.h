/* SPDX-License-Identifier: MIT */
/*
 * session.h: a connection to a vfio-user server: requests, each with its answer, and messages that have none.
 * Nothing waits without a limit. A server that closes the connection, is silent for too long, or sends what is no
 * answer, has gone and stays so: the connection is shut then, and each call returns -ENODEV.
 */
#ifndef NVU_TRANSPORT_VFIO_USER_SESSION_H
#define NVU_TRANSPORT_VFIO_USER_SESSION_H

#include "transport/vfio_user/answer.h"
#include "transport/vfio_user/wire.h"

#include <pthread.h>

struct session {
	char name[64]; /* for messages: the address */
	int fd;
	uint32_t patience_ms; /* for each answer, and for room to send a message */
	struct answer_limits limits;

	pthread_mutex_t turn; /* one request has no answer yet; before .send */
	struct frame in;
	struct wire_fds in_fds; /* that have come with it */

	pthread_mutex_t send; /* the bytes of a message stay together */
	struct frame out;
	uint16_t id; /* of the last message */

	const char *gone; /* why, in words; NULL: it is there. Atomic */
};

/* A request: `head`, and `data` behind it. */
struct session_request {
	uint16_t command;
	const void *head;
	uint32_t head_len;
	const void *data;
	uint32_t data_len;
	int fd; /* sent with it; -1: none */
};

/*
 * Connects, and introduces itself. Nothing is left after a failure, whose sentence is set. -ENOENT, -ECONNREFUSED:
 * no server listens there; -ENOTSOCK; -EACCES; -ENAMETOOLONG; -EBUSY: no answer; -EPROTO: it is no server of the protocol; others.
 */
int session_open(struct session *session, const char *path, uint32_t patience_ms);

/*
 * The connection is over. Calls that wait return before; later ones return -ENODEV. session_free() ends the rest, which
 * no call uses any more.
 */
void session_close(struct session *session);
void session_free(struct session *session);

/*
 * Sends the request, waits for its answer, and gives that to `use`, with `arg`, which may take descriptors; those
 * left are closed. NULL: an answer without an error is enough. Returns what `use` does; a server's refusal as
 * -errno; -ENODEV: the server has gone. An answer that `use` does not understand, -EPROTO, ends the connection.
 * Without a sentence. Any thread.
 */
int session_ask(struct session *session, const struct session_request *request,
		int (*use)(const struct answer *answer, struct wire_fds *fds, void *arg),
		void *arg);

/* Sends the request, which is to have no answer. 0 or -ENODEV, without a sentence. Any thread. */
int session_tell(struct session *session, const struct session_request *request);

/* Whether the server has gone. Any thread. */
bool session_is_gone(const struct session *session);

/* Sets the sentence of a request that has failed: "NAME: the server does not ACTION: ...". Returns ret. */
int session_explain(const struct session *session, int ret, const char *action);

#endif
