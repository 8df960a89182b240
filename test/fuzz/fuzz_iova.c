// SPDX-License-Identifier: MIT
/*
 * fuzz_iova.c: lib/dma/iova.c: windows, allocations, releases and restrictions in any order, against
 * a map with a flag for each address of a small space.
 */
#include "dma/iova.h"

#include "input.h"

#include <errno.h>

enum { SPACE = 256, CAPACITY = 12, STEPS_MAX = 200 };

/* Where the small space lies: the arithmetic is worth most at the end. */
static const uint64_t bases[] = { 0, 0x100000000, UINT64_MAX - (SPACE - 1) };

struct model {
	uint64_t base;
	bool is_free[SPACE];
	struct iova_extent extents[CAPACITY + 1];
	struct iova_space space;
};

/* The extents are the map's free runs, apart and ascending. */
static void compare(const struct model *model)
{
	uint32_t at = 0;

	PROMISE(model->space.count <= CAPACITY);
	for (uint32_t i = 0; i < model->space.count; i++) {
		const struct iova_extent *extent = &model->space.free[i];

		for (; model->base + at != extent->first; at++)
			PROMISE(at < SPACE && !model->is_free[at]);
		for (; at < SPACE && model->is_free[at]; at++)
			;
		PROMISE(at && extent->last == model->base + (at - 1));
	}
	for (; at < SPACE; at++)
		PROMISE(!model->is_free[at]);
}

static bool is_free_there(const struct model *model, uint64_t at)
{
	for (uint32_t i = 0; i < model->space.count; i++)
		if (model->space.free[i].first <= model->base + at &&
		    model->base + at <= model->space.free[i].last)
			return true;
	return false;
}

static void mark(struct model *model, uint64_t first, uint64_t len, bool is_free)
{
	for (uint64_t i = 0; i < len; i++) {
		PROMISE(first - model->base + i < SPACE);
		PROMISE(model->is_free[first - model->base + i] != is_free);
		model->is_free[first - model->base + i] = is_free;
	}
}

static bool fits(const struct model *model, uint64_t at, uint64_t len)
{
	for (uint64_t i = at; i < at + len; i++)
		if (i >= SPACE || !model->is_free[i])
			return false;
	return true;
}

static void allocate(struct model *model, uint64_t len, uint64_t align)
{
	uint64_t iova = 0, at = 0;

	while (at < SPACE && ((model->base + at) % align || !fits(model, at, len)))
		at++;
	if (iova_alloc(&model->space, len, align, &iova)) {
		/* Or the table of extents is full. */
		PROMISE(at == SPACE || model->space.count == CAPACITY);
		return;
	}
	PROMISE(iova == model->base + at);
	mark(model, iova, len, false);
}

static void release(struct model *model, uint64_t at, uint64_t len)
{
	bool in_use = true;
	int ret;

	if (at + len > SPACE)
		return;
	for (uint64_t i = at; i < at + len; i++)
		in_use = in_use && !model->is_free[i];
	ret = iova_free(&model->space, model->base + at, len);
	PROMISE(ret == 0 || ret == (in_use ? -ENOSPC : -EINVAL));
	if (!ret)
		mark(model, model->base + at, len, true);
}

/* To two windows, len long each, with a hole of len between them. */
static void restrict_to(struct model *model, uint64_t at, uint64_t len)
{
	uint64_t first = model->base + at, last = first + (3 * len - 1);
	const struct iova_extent windows[] = { { first, first + (len - 1) },
					       { last - (len - 1), last } };
	int ret;

	if (at + 3 * len > SPACE)
		return;
	ret = iova_restrict(&model->space, windows, 2);
	PROMISE(ret == 0 || (ret == -ENOSPC && model->space.count == CAPACITY));
	/* Without room for another extent, what was carved until then is gone. */
	for (uint64_t i = 0; i < SPACE; i++) {
		bool inside = i >= at && i < at + 3 * len && (i < at + len || i >= at + 2 * len);

		if (!inside && (!ret || !is_free_there(model, i)))
			model->is_free[i] = false;
	}
}

static void add(struct model *model, uint64_t at, uint64_t len)
{
	int ret;

	if (at + len > SPACE)
		return;
	ret = iova_add(&model->space, model->base + at, model->base + at + (len - 1));
	PROMISE(ret == 0 || ret == -EINVAL || ret == -ENOSPC);
	if (!ret)
		mark(model, model->base + at, len, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model model;
	struct input input = { data, data + size };

	memset(&model, 0, sizeof(model));
	model.base = bases[input_u8(&input) % 3];
	model.space = (struct iova_space){ .free = model.extents, .capacity = CAPACITY };
	for (int i = 0; i < STEPS_MAX && input_left(&input); i++) {
		uint8_t what = input_u8(&input);
		uint64_t at = input_u8(&input), len = input_u8(&input) % 64 + 1ull;

		if (what % 8 == 0)
			add(&model, at, len * 4);
		else if (what % 8 == 1)
			restrict_to(&model, at, len);
		else if (what % 8 < 5)
			release(&model, at, len);
		else
			allocate(&model, len, 1ull << at % 9);
		compare(&model);
	}
	return 0;
}
