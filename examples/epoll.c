/* SPDX-License-Identifier: MIT */
/*
 * epoll.c: a queue pair in a program's own loop of epoll, beside a timer. The thread sleeps until the controller
 * interrupts. It only reads.
 *
 *	epoll ADDRESS			reads the first 1000 blocks, one at a time
 */
#include <nvu/nvu.h>

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { READS = 1000 };

static int watch(int loop, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
}

/* Queues the next read. */
static int begin(struct nvu_qpair *qpair, const struct nvu_ns *ns, struct nvu_dma *buf,
		 uint64_t lba)
{
	int ret = nvu_read(qpair, ns, lba % nvu_ns_info(ns)->blocks, 1, buf, 0, lba);

	return ret ? ret : nvu_submit(qpair);
}

static int run(int loop, int timer, struct nvu_qpair *qpair, const struct nvu_ns *ns,
	       struct nvu_dma *buf)
{
	struct epoll_event event;
	struct nvu_cpl cpl;
	uint64_t done = 0, ticks;
	int ret = begin(qpair, ns, buf, 0);

	while (!ret && done < READS) {
		if (epoll_wait(loop, &event, 1, -1) == 1 && event.data.fd == timer)
			(void)!read(timer, &ticks, sizeof(ticks));
		/* The timer as well: nothing signals that a deadline has passed. Until 0: edge-triggered. */
		while ((ret = nvu_poll(qpair, &cpl, 1)) > 0 && done < READS) {
			if (cpl.status)
				return cpl.status;
			if (++done < READS && (ret = begin(qpair, ns, buf, done)))
				return ret;
		}
	}
	return ret < 0 ? ret : 0;
}

int main(int argc, char **argv)
{
	const struct itimerspec each = { { 0, 100000000 }, { 0, 100000000 } }; /* 100 ms */
	struct nvu_qpair *qpair = NULL;
	struct nvu_ctrl *ctrl = NULL;
	struct nvu_dma *buf = NULL;
	const struct nvu_ns *ns;
	int loop = epoll_create1(EPOLL_CLOEXEC),
	    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int ret;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		(void)fprintf(stderr,
			      "usage: epoll [ADDRESS], such as 0000:01:00.0; without: mock:\n");
		return 2;
	}
	ret = nvu_open(argc == 2 ? argv[1] : "mock:", NULL, &ctrl, &ns);
	if (!ret)
		ret = nvu_qpair_create(ctrl, NVU_QPAIR_OPTS(.flags = NVU_QPAIR_INTERRUPT), &qpair);
	if (!ret)
		ret = nvu_dma_alloc(ctrl, nvu_ns_info(ns)->block_bytes, &buf);
	if (!ret && (timerfd_settime(timer, 0, &each, NULL) || watch(loop, timer, EPOLLIN) ||
		     watch(loop, nvu_qpair_fd(qpair), EPOLLIN | EPOLLET)))
		ret = -1;
	if (!ret)
		ret = run(loop, timer, qpair, ns, buf);
	if (ret)
		(void)fprintf(stderr, "epoll: %s: %s\n", nvu_strerror(ret), nvu_last_error());
	else
		printf("%d reads\n", READS);
	nvu_qpair_destroy(qpair);
	(void)nvu_dma_free(buf);
	nvu_ctrl_close(ctrl);
	(void)close(timer);
	(void)close(loop);
	return ret != 0;
}
