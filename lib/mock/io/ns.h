/* SPDX-License-Identifier: MIT */
/*
 * ns.h: the namespaces: which exist, which are attached, their size, format and data; and the
 * notices that tell the driver of a change (Base 5.2.1, figure 150; 5.16.1.5). The mock's lock is held.
 */
#ifndef NVU_MOCK_IO_NS_H
#define NVU_MOCK_IO_NS_H

#include "mock/model.h"

/* All namespaces of the configuration, attached. 0 or -errno with a sentence. */
int mock_ns_open(struct nvu_mock *mock);
void mock_ns_close(struct nvu_mock *mock);

/* The namespace of an identifier; NULL: there is none, attached or not. */
struct mock_ns *mock_ns_find(const struct nvu_mock *mock, uint32_t nsid);

/* The same when it is attached, too. */
struct mock_ns *mock_ns_attached(const struct nvu_mock *mock, uint32_t nsid);

/* Whether an identifier is one of those that a namespace may have: 1 to NN. */
bool mock_ns_is_valid(const struct nvu_mock *mock, uint32_t nsid);

/* Bytes that no namespace takes up. */
uint64_t mock_ns_unallocated(const struct nvu_mock *mock);

/* A format of the mock, by its index: see MOCK_BLOCK_SIZES; as the options say. */
struct mock_format mock_ns_format_of(const struct nvu_mock *mock, uint32_t index);

/* The index of a format; and how many there are. */
uint32_t mock_ns_format_index(const struct mock_format *format);
uint32_t mock_ns_formats(const struct nvu_mock *mock);

/* Bytes of the store that hold this number of bytes of data. */
uint64_t mock_ns_stored_bytes(uint64_t bytes, const struct mock_format *format);

/* Another format; the contents read as zeroes. 0 or -errno. */
int mock_ns_format(struct nvu_mock *mock, struct mock_ns *ns, const struct mock_format *format);

/* What is beyond the new end is lost; what is new reads as zeroes. 0 or -errno. */
int mock_ns_resize(struct nvu_mock *mock, struct mock_ns *ns, uint64_t bytes);

/* A namespace that is not attached, with identifiers that none had before. 0 or -errno. */
int mock_ns_create(struct nvu_mock *mock, struct mock_ns *ns, uint64_t bytes,
		   const struct mock_format *format);
void mock_ns_delete(struct nvu_mock *mock, struct mock_ns *ns);

/*
 * The namespace's Identify data or its place in a list has changed: enters it into the Changed
 * Namespace List, and posts the event if the driver has switched it on.
 */
void mock_ns_notice(struct nvu_mock *mock, struct mock_ns *ns);

/* Fills in the Changed Namespace List; forget: the driver has taken note (Base 5.16.1.5). */
void mock_ns_changed_list(struct nvu_mock *mock, uint8_t *page, bool forget);

#endif
