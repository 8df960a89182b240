// SPDX-License-Identifier: MIT
/*
 * fuzz_print.c: print/: any structure of any content, as text and as JSON. The first byte chooses the
 * figure, the others are its data, zeroes behind them; the data end where their memory does.
 *
 * What must hold: no byte that is no printable ASCII or a line's end, JSON on one line, and nothing of a
 * structure that is too short.
 */
#include "input.h"

#include <nvu/print.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int print_fn(const struct nvu_figure *figure, const void *data, size_t len, FILE *out);

static const struct nvu_figure *choose(uint8_t number)
{
	const struct nvu_figure *figure = nvu_figure_next(NULL);

	while (number--) {
		figure = nvu_figure_next(figure);
		if (!figure)
			figure = nvu_figure_next(NULL);
	}
	return figure;
}

static void print(print_fn *fn, const struct nvu_figure *figure, const void *data, size_t len,
		  bool one_line)
{
	size_t written = 0, lines = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &written);
	int ret;

	PROMISE(out);
	ret = fn(figure, data, len, out);
	PROMISE(!fclose(out));
	PROMISE(ret == (len < nvu_figure_bytes(figure) ? -EINVAL : 0));
	PROMISE(!ret == (written > 0));
	for (size_t at = 0; at < written; at++) {
		PROMISE(text[at] == '\n' || (text[at] >= 0x20 && text[at] < 0x7f));
		lines += text[at] == '\n';
	}
	PROMISE(ret || (text[written - 1] == '\n' && (!one_line || lines == 1)));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	const struct nvu_figure *figure = choose(input_u8(&input));
	size_t bytes = nvu_figure_bytes(figure);
	uint8_t *copy = malloc(bytes);

	PROMISE(copy);
	input_bytes(&input, copy, bytes);
	print(nvu_print_text, figure, copy, bytes, false);
	print(nvu_print_json, figure, copy, bytes, true);
	print(nvu_print_text, figure, copy, bytes - 1, false);
	print(nvu_print_json, figure, copy, 0, true);
	free(copy);
	return 0;
}
