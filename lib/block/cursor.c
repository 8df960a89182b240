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

/* The piece of a part that is registered, or of a hole: its length, which 0 is of others. */
static size_t make_piece(struct memory *memory, const char *place, size_t len, bool holes,
			 struct nvu_piece *ret_piece)
{
	size_t until;

	*ret_piece = (struct nvu_piece){ 0 };
	if (place)
		ret_piece->len = memory_find(memory, place, len, &ret_piece->buf,
					     &ret_piece->offset, &until);
	else if (holes)
		ret_piece->len = len;
	return ret_piece->len;
}

/* Leaves the last bytes out. */
static void shorten(struct gathered *gathered, struct nvu_piece *pieces, size_t excess)
{
	gathered->len -= excess;
	while (excess) {
		struct nvu_piece *last = &pieces[gathered->count - 1];
		size_t part = last->len < excess ? last->len : excess;

		last->len -= part;
		excess -= part;
		gathered->count -= !last->len;
	}
}

struct gathered cursor_gather(const struct cursor *cursor, struct memory *memory, size_t most,
			      size_t unit, bool holes, struct nvu_piece *ret_pieces)
{
	struct cursor ahead = *cursor;
	struct gathered gathered = { 0 };
	char *place;

	while (gathered.len < most && gathered.count < CURSOR_PIECES) {
		size_t part = rest_of_piece(&ahead, most - gathered.len, &place);

		part = make_piece(memory, place, part, holes, &ret_pieces[gathered.count]);
		if (!part)
			break;
		ahead.offset += part;
		gathered.len += part;
		gathered.count++;
	}
	shorten(&gathered, ret_pieces, gathered.len % unit);
	return gathered;
}
