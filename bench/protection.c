// SPDX-License-Identifier: MIT
/*
 * protection.c: how fast protection information is generated and verified, by guard and block size; and the
 * CRCs alone, with the processor's instructions and by tables. Data that stay in the cache.
 *
 *	protection [-r ROUNDS]
 *
 * The median of the rounds, in GB/s of data, and for instructions, by callgrind:
 *
 *	valgrind --tool=callgrind --collect-atstart=no --toggle-collect=nvu_protection_generate \
 *		build/bench/protection -o 64 4096
 *
 * where -o GUARD BLOCK generates 1,000 tuples, in one call, and does nothing else.
 */
#include "timer.h"
#include "tuple/guard.h"
#include "tuple/table.h"

#include <nvu/nvu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DATA_BYTES = 64 << 10, ROUNDS_MAX = 1001, CALLS = 8, TUPLES = 1000 };

static uint8_t data[DATA_BYTES], metadata[DATA_BYTES / 512 * 16];
static double samples[ROUNDS_MAX];
static volatile uint64_t sink;

enum what { GENERATE, VERIFY, CRC, TABLES, WHATS };

static struct nvu_protection_format format_of(uint8_t pif, uint32_t block)
{
	return (struct nvu_protection_format){ .size = sizeof(struct nvu_protection_format),
					       .block_bytes = block,
					       .metadata_bytes = pif == NVU_PIF_16B ? 8 : 16,
					       .type = 1,
					       .pif = pif,
					       .storage_tag_bits = pif == NVU_PIF_32B ? 16 : 0 };
}

static void run(enum what what, uint8_t pif, uint32_t block)
{
	const struct nvu_protection_format format = format_of(pif, block);
	const struct nvu_protection_args args = { .size = sizeof(args),
						  .checks = NVU_RW_PRCHK_GUARD | NVU_RW_PRCHK_REF };
	int ret = 0;

	if (what == GENERATE)
		ret = nvu_protection_generate(&format, &args, data, metadata, DATA_BYTES / block);
	else if (what == VERIFY)
		ret = nvu_protection_verify(&format, &args, data, metadata, DATA_BYTES / block,
					    NULL);
	for (uint32_t at = 0; what >= CRC && at < DATA_BYTES; at += block)
		sink = what == CRC	    ? guard_update(pif, sink, data + at, block)
		       : pif == NVU_PIF_16B ? table_crc16((uint16_t)sink, data + at, block)
		       : pif == NVU_PIF_32B ? table_crc32((uint32_t)sink, data + at, block)
					    : table_crc64(sink, data + at, block);
	if (ret) {
		fprintf(stderr, "protection: %s\n", nvu_last_error());
		exit(1);
	}
}

static double measure(enum what what, uint8_t pif, uint32_t block, uint32_t rounds)
{
	run(GENERATE, pif, block);
	for (uint32_t round = 0; round < rounds; round++) {
		uint64_t start = timer_now();

		for (uint32_t call = 0; call < CALLS; call++)
			run(what, pif, block);
		samples[round] = timer_ns(timer_now() - start);
	}
	return (double)CALLS * DATA_BYTES / timer_median(samples, rounds);
}

static int generate_once(uint32_t guard, uint32_t block)
{
	const struct nvu_protection_format format = format_of(guard == 16   ? NVU_PIF_16B
							      : guard == 32 ? NVU_PIF_32B
									    : NVU_PIF_64B,
							      block);
	uint8_t *blocks = calloc(TUPLES, block ? block : 1), *tuples = calloc(TUPLES, 16);
	int ret = -1;

	if (blocks && tuples)
		ret = nvu_protection_generate(&format, NULL, blocks, tuples, TUPLES);
	free(blocks);
	free(tuples);
	return ret ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const char *const guards[] = { "16-bit", "32-bit", "64-bit" };
	static const uint32_t sizes[] = { 512, 4096 };
	uint32_t rounds = 201;

	if (argc == 4 && !strcmp(argv[1], "-o"))
		return generate_once((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "-r"))
		rounds = (uint32_t)atoi(argv[2]);
	if (rounds < 1 || rounds > ROUNDS_MAX || (argc != 1 && argc != 3)) {
		fprintf(stderr, "protection [-r ROUNDS, up to %d] | -o GUARD BLOCK\n", ROUNDS_MAX);
		return 2;
	}
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 167 >> 3);
	printf("%-8s %6s %10s %10s %10s %10s   GB/s\n", "guard", "block", "generate", "verify",
	       "CRC", "by tables");
	for (uint8_t pif = NVU_PIF_16B; pif <= NVU_PIF_64B; pif++)
		for (size_t size = 0; size < 2; size++) {
			printf("%-8s %6u", guards[pif], sizes[size]);
			for (enum what what = GENERATE; what < WHATS; what++)
				printf(" %10.2f", measure(what, pif, sizes[size], rounds));
			printf("\n");
		}
	return 0;
}
