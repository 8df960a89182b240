/* SPDX-License-Identifier: MIT */
/*
 * namespace.h: the namespace that may follow an address, "mock:size=1G#2". The last # separates them, because the
 * name of a file may contain one. Pure.
 */
#ifndef NVU_ADDRESS_NAMESPACE_H
#define NVU_ADDRESS_NAMESPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True: the address ends with a # and a number. */
bool address_names_namespace(const char *address);

/*
 * The length of the controller's part and the namespace, 0 if the address names none. -EINVAL with the sentence
 * set: what is behind the last # is not the number of a namespace.
 */
int address_split(const char *address, size_t *ret_len, uint32_t *ret_nsid);

#endif
