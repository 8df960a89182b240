// SPDX-License-Identifier: MIT
/*
 * replay.c: the main() of a fuzz target without libFuzzer: runs every file of the folders (or files)
 * given, in the order of their names, and prints the count last. So every build replays the corpora,
 * whatever its compiler and sanitizers.
 */
#include "input.h"

#include <dirent.h>
#include <sys/stat.h>

enum { BYTES_MAX = 1 << 20, PATH_BYTES = 4096 };

static unsigned replayed, failed;

static void replay_file(const char *path)
{
	static uint8_t whole[BYTES_MAX];
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(whole, 1, sizeof(whole), file) : 0;
	uint8_t *data;

	if (!file || ferror(file)) {
		(void)printf("not ok %s: cannot be read\n", path);
		failed++;
	} else {
		/* Of exactly its size, so that reading past it is noticed. */
		data = malloc(len ? len : 1);
		PROMISE(data);
		memcpy(data, whole, len);
		(void)setenv("FUZZ_INPUT", path, 1); /* for a person who reads a core file */
		(void)LLVMFuzzerTestOneInput(data, len);
		free(data);
		replayed++;
	}
	if (file)
		(void)fclose(file);
}

static void replay_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char name[PATH_BYTES];

		(void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			replay_file(name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat info;

		if (!stat(argv[i], &info) && S_ISDIR(info.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	if (!replayed) {
		(void)printf("not ok: nothing to replay\n");
		failed++;
	}
	(void)printf("%u passed, %u failed, 0 skipped\n", replayed, failed);
	return failed != 0;
}
