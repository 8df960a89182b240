/* SPDX-License-Identifier: MIT */
/*
 * nvu/print.h: the structures of the specification, in words or as JSON. A static library of its own,
 * libnvu-print.a (pkg-config nvu-print), which needs only libc: the I/O library carries no descriptions.
 *
 *	nvu_print_text(nvu_figure_find("identify-controller"), nvu_ctrl_identify(ctrl),
 *		       sizeof(struct nvu_id_ctrl), stdout);
 *
 * A figure is one structure: of Identify, of a log page, the controller's registers, a queue entry. Data
 * are as the controller wrote them, little-endian. The functions trust no value in them.
 *
 * Thread rule: any thread; the functions keep no state.
 */
#ifndef NVU_PRINT_H
#define NVU_PRINT_H

#include <nvu/types.h>

#include <stdio.h>

NVU_BEGIN_DECLS

struct nvu_figure;

/**
 * nvu_figure_find() - a figure by its name
 * @name: such as "identify-controller" or "smart"; nvu_figure_next() lists all of them
 *
 * Return: the figure, a constant; NULL: no figure has this name. Since 0.1.
 */
NVU_API const struct nvu_figure *nvu_figure_find(const char *name);

/**
 * nvu_figure_next() - all figures in turn
 * @figure: NULL to begin, then what the last call returned
 *
 * Return: the next figure; NULL at the end. Since 0.1.
 */
NVU_API const struct nvu_figure *nvu_figure_next(const struct nvu_figure *figure);

/**
 * nvu_figure_name() - the name of a figure
 * @figure: a figure
 *
 * Return: what nvu_figure_find() takes: small letters, digits and hyphens. Since 0.1.
 */
NVU_API const char *nvu_figure_name(const struct nvu_figure *figure);

/**
 * nvu_figure_title() - a figure in the specification's words
 * @figure: a figure
 *
 * Return: such as "Identify Controller". Since 0.1.
 */
NVU_API const char *nvu_figure_title(const struct nvu_figure *figure);

/**
 * nvu_figure_section() - where the specification defines a figure
 * @figure: a figure
 *
 * Return: such as "Base 5.17.2.1, figure 275". Since 0.1.
 */
NVU_API const char *nvu_figure_section(const struct nvu_figure *figure);

/**
 * nvu_figure_bytes() - how large a structure is
 * @figure: a figure
 *
 * Return: bytes; of the header alone if data of variable length follow it. Since 0.1.
 */
NVU_API size_t nvu_figure_bytes(const struct nvu_figure *figure);

/**
 * nvu_figure_bit() - what a bit of a field means
 * @figure: a figure
 * @field: the field's name, as nvu_print_json() prints it: "oacs" of "identify-controller"
 * @bit: from 0, the lowest
 *
 * Return: the specification's words, a constant, such as "Format NVM"; of a bit that is part of a wider value,
 * that value's; NULL: @figure has no such field, or the bit is reserved. Since 0.1.
 */
NVU_API const char *nvu_figure_bit(const struct nvu_figure *figure, const char *field,
				   uint32_t bit);

/**
 * nvu_print_text() - a structure for a person
 * @figure: what it is
 * @data: the structure
 * @len: bytes of @data, at least nvu_figure_bytes()
 * @out: where to
 *
 * Prints a line for each field and for each of its bits that is set: name, value, unit, meaning. Leaves out
 * reserved fields, and entries of lists that are all zeroes. Prints a question mark for each byte of a text
 * that is not printable ASCII.
 *
 * Return: 0; -EINVAL: @data is too short, nothing is printed; -EIO: @out could not be written. Since 0.1.
 */
NVU_API int nvu_print_text(const struct nvu_figure *figure, const void *data, size_t len,
			   FILE *out);

/**
 * nvu_print_json() - a structure for a program
 * @figure: what it is
 * @data: the structure
 * @len: bytes of @data, at least nvu_figure_bytes()
 * @out: where to
 *
 * Prints one object on one line, a member for each field by its name. Numbers are as the controller wrote
 * them, 0's based ones too. Those of more than 8 bytes are strings of decimal digits, since JSON readers
 * lose digits. A field of bits is an object of "value" and its bits. Identifiers and vendor specific bytes
 * are strings of hexadecimal digits, vendor specific ones without the zeroes at their end. Versions and
 * texts are strings; bytes outside ASCII are escaped. Lists are arrays, without the entries at their end
 * that are all zeroes. Reserved fields are left out.
 *
 * Return: 0; -EINVAL: @data is too short, nothing is printed; -EIO: @out could not be written. Since 0.1.
 */
NVU_API int nvu_print_json(const struct nvu_figure *figure, const void *data, size_t len,
			   FILE *out);

NVU_END_DECLS

#endif /* NVU_PRINT_H */
