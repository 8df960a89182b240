/* SPDX-License-Identifier: MIT */
/*
 * machine.c: reads from /proc and /sys what a reader of a measurement wants to know.
 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* What follows the colon behind key in a file, or its first line without a key; "" otherwise. */
static void read_value(const char *path, const char *key, char *ret_value, size_t size)
{
	char line[512];
	FILE *file = fopen(path, "re");

	*ret_value = 0;
	while (file && fgets(line, sizeof(line), file)) {
		const char *value = key ? strchr(line, ':') : line;

		if (!value || (key && strncmp(line, key, strlen(key)) != 0))
			continue;
		value += key ? 1 : 0;
		value += strspn(value, " \t");
		(void)snprintf(ret_value, size, "%.*s", (int)strcspn(value, "\n"), value);
		break;
	}
	if (file)
		(void)fclose(file);
}

static void add(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(*value ? value : "unknown"));
}

struct json_object *machine_describe(void)
{
	struct json_object *machine = json_object_new_object();
	char value[256];
	struct utsname name;
	double load = 0;

	read_value("/proc/cpuinfo", "model name", value, sizeof(value));
	add(machine, "processor", value);
	read_value("/proc/cpuinfo", "cpu MHz", value, sizeof(value));
	add(machine, "mhz", value);
	json_object_object_add(machine, "cores",
			       json_object_new_int64(sysconf(_SC_NPROCESSORS_ONLN)));
	read_value("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", NULL, value,
		   sizeof(value));
	add(machine, "governor", value);
	if (!uname(&name)) {
		(void)snprintf(value, sizeof(value), "%s %s %s", name.sysname, name.release,
			       name.machine);
		add(machine, "kernel", value);
	}
	if (getloadavg(&load, 1) == 1)
		json_object_object_add(machine, "load_1min", json_object_new_double(load));
	add(machine, "compiler", __VERSION__);
	return machine;
}
