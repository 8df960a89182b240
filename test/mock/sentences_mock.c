// SPDX-License-Identifier: MIT
/*
 * sentences_mock.c: calls of nvu/mock.h that fail, and one of each that works.
 */
#include "sentences.h"

#include <nvu/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int mock_create(struct rig *rig)
{
	struct nvu_mock *mock;
	int ret = nvu_mock_create(NULL, &mock);

	(void)rig;
	if (!ret)
		nvu_mock_destroy(mock);
	return ret;
}
static int mock_create_1_byte_blocks(struct rig *rig)
{
	struct nvu_mock *mock;

	(void)rig;
	return nvu_mock_create(NVU_MOCK_OPTS(.lba_bytes = 1), &mock);
}
static int mock_create_no_file(struct rig *rig)
{
	struct nvu_mock *mock;

	(void)rig;
	return nvu_mock_create(NVU_MOCK_OPTS(.backing = "/no/such/folder/disk"), &mock);
}
static int mock_inject(struct rig *rig)
{
	return nvu_mock_inject(rig->mock, NVU_MOCK_FAULT(.kind = NVU_MOCK_FAULT_DROP, .skip = 9));
}
static int mock_inject_nothing(struct rig *rig)
{
	return nvu_mock_inject(rig->mock, NVU_MOCK_FAULT(.qid = 0));
}
static int mock_inject_too_many(struct rig *rig)
{
	int ret = 0;

	for (int i = 0; i < 1000 && !ret; i++)
		ret = mock_inject(rig);
	return ret;
}

static int mock_advance_with_a_thread(struct rig *rig)
{
	struct nvu_mock *mock;
	int ret = nvu_mock_create(NVU_MOCK_OPTS(.ns_bytes = 1 << 20), &mock);

	(void)rig;
	assert_int_equal(ret, 0);
	ret = nvu_mock_advance(mock, 1);
	nvu_mock_destroy(mock);
	return ret;
}

static int mock_advance(struct rig *rig)
{
	return nvu_mock_advance(rig->mock, 0);
}

static int mock_event(struct rig *rig)
{
	return nvu_mock_event(rig->mock, 1, 0, 2);
}
static int mock_events_too_many(struct rig *rig)
{
	int ret = 0;

	for (int i = 0; i < 1000 && !ret; i++)
		ret = mock_event(rig);
	return ret;
}
static int mock_change(struct rig *rig)
{
	return nvu_mock_change(rig->mock,
			       NVU_MOCK_CHANGE(.nsid = 1, .flags = NVU_MOCK_CHANGE_SILENT));
}
static int mock_change_no_namespace(struct rig *rig)
{
	return nvu_mock_change(rig->mock, NVU_MOCK_CHANGE(.nsid = 4000));
}
static int mock_data(struct rig *rig)
{
	char data[4];

	return nvu_mock_data(rig->mock, 1, 0, data, sizeof(data), 0);
}
static int mock_data_past_the_end(struct rig *rig)
{
	char data[4];

	return nvu_mock_data(rig->mock, 1, UINT64_MAX, data, sizeof(data), 0);
}

static int mock_by_address(struct rig *rig)
{
	struct nvu_mock *mock;
	int ret = nvu_mock_create_by_address("mock:size=1M", &mock);

	(void)rig;
	if (!ret)
		nvu_mock_destroy(mock);
	return ret;
}
static int mock_by_another_address(struct rig *rig)
{
	struct nvu_mock *mock;

	(void)rig;
	return nvu_mock_create_by_address("vfio:0000:01:00.0", &mock);
}

/* Of another mock, in a folder of its own. */
static int serve(bool twice, bool stop)
{
	char folder[] = "/tmp/nvu-sentence-XXXXXX", path[64];
	struct nvu_mock *mock;
	int ret;

	assert_int_equal(nvu_mock_create(NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED), &mock), 0);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	ret = nvu_mock_serve(mock, path);
	if (!ret && twice)
		ret = nvu_mock_serve(mock, path);
	if (!ret && stop)
		ret = nvu_mock_serve_stop(mock);
	nvu_mock_destroy(mock);
	(void)rmdir(folder);
	return ret;
}
static int mock_serve(struct rig *rig)
{
	(void)rig;
	return serve(false, false);
}
static int mock_serve_twice(struct rig *rig)
{
	(void)rig;
	return serve(true, false);
}
static int mock_serve_open_mock(struct rig *rig)
{
	return nvu_mock_serve(rig->mock, "/tmp/nvu-sentence");
}
static int mock_serve_stop(struct rig *rig)
{
	(void)rig;
	return serve(false, true);
}
static int mock_serve_stop_nothing(struct rig *rig)
{
	return nvu_mock_serve_stop(rig->mock);
}

const struct sentence_row sentence_mock_rows[] = {
	{ "nvu_mock_create", mock_create_1_byte_blocks, mock_create },
	{ "nvu_mock_create", mock_create_no_file, NULL },
	{ "nvu_mock_inject", mock_inject_nothing, mock_inject },
	{ "nvu_mock_inject", mock_inject_too_many, NULL },
	{ "nvu_mock_event", mock_events_too_many, mock_event },
	{ "nvu_mock_advance", mock_advance_with_a_thread, mock_advance },
	{ "nvu_mock_change", mock_change_no_namespace, mock_change },
	{ "nvu_mock_data", mock_data_past_the_end, mock_data },
	{ "nvu_mock_address", NULL, NULL },
	{ "nvu_mock_clear_faults", NULL, NULL },
	{ "nvu_mock_destroy", NULL, NULL },
	{ "nvu_mock_fail_call", NULL, NULL },
	{ "nvu_mock_stats", NULL, NULL },
	{ "nvu_mock_step", NULL, NULL },
	{ "nvu_mock_violation", NULL, NULL },
	{ "nvu_mock_violations", NULL, NULL },
	{ "nvu_mock_create_by_address", mock_by_another_address, mock_by_address },
	{ "nvu_mock_serve", mock_serve_twice, mock_serve },
	{ "nvu_mock_serve", mock_serve_open_mock, NULL },
	{ "nvu_mock_serve_stop", mock_serve_stop_nothing, mock_serve_stop },
	{ NULL, NULL, NULL },
};
