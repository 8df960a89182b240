/* SPDX-License-Identifier: MIT */
/*
 * descriptors.h: how many descriptors are open: a test compares before and after. cmocka.h comes before it.
 */
#ifndef NVU_TEST_DESCRIPTORS_H
#define NVU_TEST_DESCRIPTORS_H

#include <dirent.h>

static inline int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

#endif
