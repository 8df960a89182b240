/* SPDX-License-Identifier: MIT */
/*
 * json.c: the results for programs. Keys carry their unit; they are only ever added to.
 */
#include "report.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

typedef struct json_object json;

static void put_text(json *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void put_count(json *object, const char *key, uint64_t count)
{
	json_object_object_add(object, key, json_object_new_uint64(count));
}

static void put_real(json *object, const char *key, double number)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%.6g", number);
	json_object_object_add(object, key, json_object_new_double_s(number, text));
}

static json *options_json(const struct options *options)
{
	json *object = json_object_new_object();

	put_text(object, "workload", options->workload->name);
	put_count(object, "depth", options->depth);
	put_count(object, "batch", options->batch);
	put_count(object, "threads", options->threads);
	if (options->workload->reads && options->workload->writes)
		put_count(object, "read_percent", options->read_percent);
	put_real(object, "time_s", (double)options->time_ns / 1e9);
	put_real(object, "warmup_s", (double)options->warmup_ns / 1e9);
	put_count(object, "count", options->count);
	put_count(object, "seed", options->seed);
	put_count(object, "timeout_ms", options->timeout_ms);
	json_object_object_add(object, "verify", json_object_new_boolean(options->verify));
	json_object_object_add(object, "wait", json_object_new_boolean(options->wait));
	return object;
}

static json *kind_json(const struct result_kind *kind)
{
	json *object = json_object_new_object(), *latency = json_object_new_object();

	put_count(object, "ios", kind->ios);
	put_real(object, "iops", kind->iops);
	put_real(object, "mib_per_s", kind->mib_per_s);
	put_real(latency, "avg", kind->avg_us);
	put_real(latency, "min", kind->min_us);
	for (int i = 0; i < RESULT_PERCENTILES; i++)
		put_real(latency, result_percent_names[i], kind->percentile_us[i]);
	put_real(latency, "max", kind->max_us);
	json_object_object_add(object, "latency_us", latency);
	return object;
}

static void put_result(json *object, const struct result *result)
{
	for (int kind = 0; kind < RESULT_KINDS; kind++)
		json_object_object_add(object, result_kind_names[kind],
				       kind_json(&result->kinds[kind]));
	put_count(object, "failed", result->failed);
	put_count(object, "mismatches", result->mismatches);
	put_count(object, "lost", result->lost);
}

static json *target_json(const struct result *result)
{
	const struct target *target = result->target;
	json *object = json_object_new_object();

	put_text(object, "address", target->address);
	put_text(object, "model", target->info->model);
	put_text(object, "serial", target->info->serial);
	put_text(object, "firmware", target->info->firmware);
	put_count(object, "nsid", target->ns_info->nsid);
	put_count(object, "block_bytes", target->ns_info->block_bytes);
	put_count(object, "blocks", target->ns_info->blocks);
	put_count(object, "io_bytes", target->io_bytes);
	put_result(object, result);
	return object;
}

static json *thread_json(const struct result_thread *thread)
{
	json *object = json_object_new_object();

	put_real(object, "seconds", thread->seconds);
	put_real(object, "cpu_percent", thread->cpu_percent);
	put_real(object, "system_percent", thread->system_percent);
	put_real(object, "cpu_us_per_io", thread->cpu_us_per_io);
	put_real(object, "ios_per_doorbell", thread->ios_per_doorbell);
	put_real(object, "sq_doorbells_per_io", thread->sq_doorbells_per_io);
	put_real(object, "cq_doorbells_per_io", thread->cq_doorbells_per_io);
	put_real(object, "doorbell_registers_per_io", thread->doorbell_registers_per_io);
	put_real(object, "ios_per_poll", thread->ios_per_poll);
	put_real(object, "empty_polls_percent", thread->empty_percent);
	put_count(object, "preempted", thread->switches);
	return object;
}

static json *series_json(const struct series *series)
{
	json *array = json_object_new_array();

	for (uint32_t i = 1; i < series->count; i++) {
		json *point = json_object_new_object();

		put_real(point, "s", (double)series->samples[i].ns / 1e9);
		put_real(point, "iops", series_rate(series, i));
		json_object_array_add(array, point);
	}
	return array;
}

static json *results_json(const struct results *results)
{
	json *object = json_object_new_object(), *all = json_object_new_object();
	json *targets = json_object_new_array(), *threads = json_object_new_array();
	const struct run *run = results->run;

	put_text(object, "nvu_version", nvu_version());
	json_object_object_add(object, "options", options_json(run->options));
	put_real(object, "seconds", results->seconds);
	json_object_object_add(object, "interrupted", json_object_new_boolean(run->interrupted));
	put_result(all, results->all);
	json_object_object_add(object, "all", all);
	for (uint32_t i = 0; i < run->target_count; i++)
		json_object_array_add(targets, target_json(&results->targets[i]));
	json_object_object_add(object, "controllers", targets);
	for (uint32_t i = 0; i < run->options->threads; i++)
		json_object_array_add(threads, thread_json(&results->threads[i]));
	json_object_object_add(object, "threads", threads);
	json_object_object_add(object, "series", series_json(&run->series));
	return object;
}

static int write_text(const char *path, const char *text)
{
	bool to_stdout = strcmp(path, "-") == 0;
	FILE *file = to_stdout ? stdout : fopen(path, "we");
	int ret = 0;

	if (!file)
		return -errno;
	if (fprintf(file, "%s\n", text) < 0 || fflush(file))
		ret = -errno;
	if (!to_stdout && fclose(file) && !ret)
		ret = -errno;
	return ret;
}

int report_json(const struct results *results, const char *path)
{
	json *object = results_json(results);
	int ret = write_text(path, json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));

	json_object_put(object);
	return ret;
}
