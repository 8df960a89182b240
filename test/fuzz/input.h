/* SPDX-License-Identifier: MIT */
/*
 * input.h: what every fuzz target has: its entry point, a reader of its input, which gives zeroes at
 * the end, and PROMISE(), which ends the process when the library has broken one.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(condition)                                                               \
	do {                                                                             \
		if (!(condition)) {                                                      \
			(void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, \
				      #condition);                                       \
			abort();                                                         \
		}                                                                        \
	} while (0)

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

static inline bool input_left(const struct input *input)
{
	return input->at != input->end;
}

/* Copies len bytes of input; what is missing is zero. */
static inline void input_bytes(struct input *input, void *to, size_t len)
{
	size_t left = (size_t)(input->end - input->at);
	size_t count = len < left ? len : left;

	memset(to, 0, len);
	if (count)
		memcpy(to, input->at, count);
	input->at += count;
}

static inline uint8_t input_u8(struct input *input)
{
	return input_left(input) ? *input->at++ : 0;
}

static inline uint16_t input_u16(struct input *input)
{
	uint16_t low = input_u8(input);

	return (uint16_t)(low | input_u8(input) << 8);
}

static inline uint32_t input_u32(struct input *input)
{
	uint32_t low = input_u16(input);

	return low | (uint32_t)input_u16(input) << 16;
}

static inline uint64_t input_u64(struct input *input)
{
	uint64_t low = input_u32(input);

	return low | (uint64_t)input_u32(input) << 32;
}

#endif
