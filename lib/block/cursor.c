/* SPDX-License-Identifier: MIT */
/*
 * cursor.c: see cursor.h.
 */
#include "block/cursor.h"

#include <assert.h>
#include <string.h>

enum { UNIT = 4 }; /* where data may begin, for the controller */

static const struct iovec *piece_at(const struct cursor *cursor)
{
	const struct pieces *pieces = cursor->pieces;

	assert(cursor->piece <= pieces->count + 1);
	if (!cursor->piece)
		return &pieces->head;
	return cursor->piece <= pieces->count ? &pieces->iov[cursor->piece - 1] : &pieces->tail;
}

/* The rest of the piece, which has at least one byte: at most len. */
static size_t rest_of_piece(struct cursor *cursor, size_t len, char **ret_place)
{
	const struct iovec *piece = piece_at(cursor);
	size_t rest;

	while (cursor->offset == piece->iov_len) {
		cursor->piece++;
		cursor->offset = 0;
		piece = piece_at(cursor);
	}
	rest = piece->iov_len - cursor->offset;
	*ret_place = piece->iov_base ? (char *)piece->iov_base + cursor->offset : NULL;
	return rest < len ? rest : len;
}

void cursor_copy_out(struct cursor *cursor, void *other, size_t len)
{
	char *to = other, *place;

	while (len) {
		size_t part = rest_of_piece(cursor, len, &place);

		if (place)
			memcpy(to, place, part);
		else
			memset(to, 0, part);
		to += part;
		len -= part;
		cursor->offset += part;
	}
}

void cursor_copy_in(struct cursor *cursor, const void *other, size_t len)
{
	const char *from = other;
	char *place;

	while (len) {
		size_t part = rest_of_piece(cursor, len, &place);

		if (place)
			memcpy(place, from, part);
		from += part;
		len -= part;
		cursor->offset += part;
	}
}

void cursor_skip(struct cursor *cursor, size_t len)
{
	char *place;

	while (len) {
		size_t part = rest_of_piece(cursor, len, &place);

		len -= part;
		cursor->offset += part;
	}
}

struct reach cursor_reach(const struct cursor *cursor, struct memory *memory, size_t most)
{
	struct cursor ahead = *cursor;
	struct reach reach = { 0 };
	size_t until, run;
	char *place;

	if (memory_is_empty(memory)) {
		reach.len = most;
		return reach;
	}
	while (reach.len < most) {
		size_t part = rest_of_piece(&ahead, most - reach.len, &place);

		run = memory_find(memory, place, part, &reach.buf, &reach.offset, &until);
		if (run && reach.len) {
			reach.buf = NULL;
			return reach;
		}
		if (run && reach.offset % UNIT == 0) {
			reach.len = run;
			return reach;
		}
		reach.buf = NULL;
		part = run ? run : until;
		reach.len += part;
		ahead.offset += part;
	}
	return reach;
}
