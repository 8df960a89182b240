// SPDX-License-Identifier: MIT
/*
 * session.c: see session.h. The socket does not block: who waits does it in poll(), with a limit. Two locks, so that
 * a doorbell, which has no answer, does not wait for the answer to another thread's request.
 */
#include "transport/vfio_user/session.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { NS_PER_MS = 1000000 };

/* QEMU's names. Of write_multiple nothing is used. */
#define INTRODUCTION                                                                          \
	"{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":4096,\"max_dma_maps\":" \
	"65535,"                                                                              \
	"\"pgsizes\":4096,\"write_multiple\":false}}"

static_assert(FRAME_FDS_MAX == 16 && FRAME_DATA_MAX == 4096, "INTRODUCTION");

static const char silent[] = "the server has not answered in time";

bool session_is_gone(const struct session *session)
{
	return __atomic_load_n(&session->gone, __ATOMIC_ACQUIRE) != NULL;
}

/* The first reason stays. Whether this is the first. */
static bool end(struct session *session, const char *why)
{
	const char *none = NULL;

	return __atomic_compare_exchange_n(&session->gone, &none, why, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

/* Other threads' waits end with the shutdown. */
static int lose(struct session *session, const char *why)
{
	if (end(session, why)) {
		log_line(LOG_INFO, "%s: %s", session->name, why);
		(void)shutdown(session->fd, SHUT_RDWR);
	}
	return -ENODEV;
}

/* Why receiving or sending has failed. */
static int lose_by_error(struct session *session, int ret)
{
	if (ret == -ETIMEDOUT)
		return lose(session, silent);
	if (ret == -EPROTO)
		return lose(session, "the server has sent what is no answer of the protocol");
	return lose(session, "the server has closed the connection");
}

/* Waits until the socket is ready, or is over. 0, -ETIMEDOUT, -errno. */
static int wait_for(const struct session *session, short events, uint64_t end_ns)
{
	struct pollfd one = { .fd = session->fd, .events = events };

	for (;;) {
		uint64_t now_ns = clock_ns();
		int ret;

		if (now_ns >= end_ns)
			return -ETIMEDOUT;
		ret = poll(&one, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1);
		if (ret > 0)
			return 0;
		if (ret < 0 && errno != EINTR)
			return -errno;
	}
}

static uint64_t end_of(const struct session *session)
{
	return clock_ns() + (uint64_t)session->patience_ms * NS_PER_MS;
}

/* Sends what is in .out. A message that is cut off would make all later ones unreadable. */
static int flush(struct session *session, int fd)
{
	uint64_t end_ns = end_of(session);
	int ret;

	while ((ret = wire_send(session->fd, &session->out, fd)) == -EAGAIN) {
		ret = wait_for(session, POLLOUT, end_ns);
		if (ret)
			break;
	}
	return ret ? lose_by_error(session, ret) : 0;
}

static int send_request(struct session *session, const struct session_request *request,
			uint32_t flags, struct frame_header *ret_header)
{
	int ret;

	(void)pthread_mutex_lock(&session->send);
	*ret_header = (struct frame_header){ .id = ++session->id,
					     .command = request->command,
					     .flags = flags };
	if (session_is_gone(session)) {
		ret = -ENODEV;
	} else {
		frame_ask(&session->out, ret_header, request->head, request->head_len,
			  request->data, request->data_len);
		ret = flush(session, request->fd);
	}
	(void)pthread_mutex_unlock(&session->send);
	return ret;
}

/* Receives a whole message into .in. */
static int receive(struct session *session, uint64_t end_ns)
{
	struct frame *in = &session->in;
	int missing, got;

	in->len = 0;
	while ((missing = frame_missing(in)) > 0) {
		got = wire_receive(session->fd, in->bytes + in->len, (uint32_t)missing,
				   &session->in_fds);
		if (got == -EAGAIN)
			got = wait_for(session, POLLIN, end_ns);
		if (got < 0)
			return got;
		in->len += (uint32_t)got;
	}
	return missing;
}

/*
 * nvu's memory has descriptors: the server has no reason to ask for bytes of it. It gets an error, and may go on; what
 * it sends instead of an answer does not make the limit later.
 */
static int refuse_request(struct session *session)
{
	struct frame_header header;
	int ret;

	memcpy(&header, session->in.bytes, sizeof(header));
	wire_fds_close(&session->in_fds);
	if (header.flags & FRAME_NO_REPLY)
		return 0;
	(void)pthread_mutex_lock(&session->send);
	frame_refuse(&session->out, &header, EOPNOTSUPP);
	ret = flush(session, -1);
	(void)pthread_mutex_unlock(&session->send);
	return ret;
}

static int wait_answer(struct session *session, const struct frame_header *header,
		       struct answer *ret_answer)
{
	uint64_t end_ns = end_of(session);
	int ret;

	for (;;) {
		ret = receive(session, end_ns);
		if (!ret)
			ret = answer_decode(&session->in, header, ret_answer);
		if (ret != -EAGAIN)
			return ret ? lose_by_error(session, ret) : 0;
		ret = refuse_request(session);
		if (ret)
			return ret;
		if (clock_ns() >= end_ns)
			return lose_by_error(session, -ETIMEDOUT);
	}
}

int session_ask(struct session *session, const struct session_request *request,
		int (*use)(const struct answer *answer, struct wire_fds *fds, void *arg), void *arg)
{
	struct frame_header header;
	struct answer answer;
	int ret;

	(void)pthread_mutex_lock(&session->turn);
	ret = send_request(session, request, 0, &header);
	if (!ret)
		ret = wait_answer(session, &header, &answer);
	if (!ret) {
		ret = answer.error ? -answer.error : 0;
		if (!ret && use)
			ret = use(&answer, &session->in_fds, arg);
		if (ret == -EPROTO && !answer.error)
			ret = lose_by_error(session, ret);
	}
	wire_fds_close(&session->in_fds);
	(void)pthread_mutex_unlock(&session->turn);
	return ret;
}

int session_tell(struct session *session, const struct session_request *request)
{
	struct frame_header header;

	return send_request(session, request, FRAME_NO_REPLY, &header);
}

int session_explain(const struct session *session, int ret, const char *action)
{
	const char *gone = __atomic_load_n(&session->gone, __ATOMIC_ACQUIRE);

	if (gone)
		return error_set(ret,
				 "%s: the controller has gone: %s: close it; if the server "
				 "comes back, it can be opened again",
				 session->name, gone);
	return error_set(ret, "%s: the server does not %s: %s", session->name, action,
			 error_errno_words(-ret));
}

/* --- opening ------------------------------------------------------------------------------- */

static bool is_socket(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISSOCK(status.st_mode);
}

/* Why there is no connection: what is wrong with the path, and what to do. */
static int explain_connect(const char *path, int err)
{
	switch (err) {
	case ENOENT:
		return error_set(-err,
				 "vfio-user:%s: there is no such socket: start the server, or "
				 "correct the path",
				 path);
	case ECONNREFUSED:
		if (is_socket(path))
			return error_set(-err,
					 "vfio-user:%s: no server listens there any more: start "
					 "it again",
					 path);
		return error_set(-ENOTSOCK, "vfio-user:%s is not a socket: correct the path", path);
	case EACCES:
	case EPERM:
		return error_set(-err,
				 "vfio-user:%s: this user may not connect to the socket: it needs "
				 "the right to write to the file, and to search its folders",
				 path);
	case EPROTOTYPE:
		return error_set(-err, "vfio-user:%s is not a socket of the vfio-user protocol",
				 path);
	case EAGAIN:
		return error_set(-EBUSY,
				 "vfio-user:%s: too many clients wait for the server, which takes "
				 "one at a time: end the others",
				 path);
	default:
		return error_set(-err, "vfio-user:%s: cannot connect: %s", path,
				 error_errno_words(err));
	}
}

static int connect_to(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strnlen(path, sizeof(address.sun_path));
	int fd, err;

	if (!len)
		return error_set(-EINVAL, "vfio-user: the path of the socket is missing: expected "
					  "vfio-user:/run/nvme.sock");
	if (len == sizeof(address.sun_path))
		return error_set(-ENAMETOOLONG,
				 "vfio-user: the path of a socket has up to %zu characters: use a "
				 "shorter one than %.64s...",
				 sizeof(address.sun_path) - 1, path);
	memcpy(address.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set(-errno, "vfio-user:%s: no socket: %s", path,
				 error_errno_words(errno));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		err = errno;
		(void)close(fd);
		return explain_connect(path, err);
	}
	*ret_fd = fd;
	return 0;
}

static int use_version(const struct answer *answer, struct wire_fds *fds, void *arg)
{
	(void)fds;
	return answer_version(answer, arg);
}

/* What the introduction has ended with; the connection may be over. */
static int explain_introduction(const struct session *session, int ret)
{
	const char *gone = session->gone;

	if (ret == -ERANGE)
		return error_set(-ENOTSUP,
				 "%s: the server's limits of messages and mappings leave no room "
				 "for a driver",
				 session->name);
	if (gone == silent)
		return error_set(-EBUSY,
				 "%s: no answer within %u ms: does it serve another client, which "
				 "must end first, or is it no vfio-user server?",
				 session->name, session->patience_ms);
	if (gone)
		return error_set(-EPROTO,
				 "%s is not served by the vfio-user protocol, or the server does "
				 "not want this client: %s",
				 session->name, gone);
	return error_set(ret, "%s: the server refuses version 0 of the vfio-user protocol: %s",
			 session->name, error_errno_words(-ret));
}

static int introduce(struct session *session)
{
	const struct frame_version version = { 0, 0 };
	const struct session_request request = { .command = FRAME_VERSION,
						 .head = &version,
						 .head_len = sizeof(version),
						 .data = INTRODUCTION,
						 .data_len = sizeof(INTRODUCTION),
						 .fd = -1 };
	int ret = session_ask(session, &request, use_version, &session->limits);

	return ret ? explain_introduction(session, ret) : 0;
}

int session_open(struct session *session, const char *path, uint32_t patience_ms)
{
	int fd = -1, ret = connect_to(path, &fd);

	if (ret)
		return ret;
	*session = (struct session){ .fd = fd, .patience_ms = patience_ms };
	(void)snprintf(session->name, sizeof(session->name), "vfio-user:%s", path);
	(void)pthread_mutex_init(&session->turn, NULL);
	(void)pthread_mutex_init(&session->send, NULL);
	ret = introduce(session);
	if (ret) {
		session_close(session);
		session_free(session);
	}
	return ret;
}

void session_close(struct session *session)
{
	if (end(session, "it is closed"))
		(void)shutdown(session->fd, SHUT_RDWR);
	(void)pthread_mutex_lock(&session->turn);
	(void)pthread_mutex_lock(&session->send);
	(void)close(session->fd);
	session->fd = -1;
	(void)pthread_mutex_unlock(&session->send);
	(void)pthread_mutex_unlock(&session->turn);
}

void session_free(struct session *session)
{
	(void)pthread_mutex_destroy(&session->turn);
	(void)pthread_mutex_destroy(&session->send);
}
