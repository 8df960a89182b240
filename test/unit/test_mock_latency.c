// SPDX-License-Identifier: MIT
/*
 * test_mock_latency.c: distributions of the mock's latencies as text, and what is drawn from them.
 */
#include "mock/latency.h"
#include "mock/life/config.h"
#include "mock/life/latency_text.h"
#include "mock_driver.h"

#include <errno.h>

enum { DRAWS = 200000, READS = 6 };

struct drawn {
	uint64_t least, most;
	double mean;
	uint64_t above; /* draws above the limit */
};

static struct drawn draw(const char *text, uint64_t limit)
{
	struct drawn drawn = { .least = UINT64_MAX };
	struct mock_latency latency;
	uint64_t random = 1;

	assert_int_equal(mock_latency_parse(text, &latency), 0);
	for (int i = 0; i < DRAWS; i++) {
		uint64_t value = mock_latency_draw(&latency, &random);

		drawn.least = value < drawn.least ? value : drawn.least;
		drawn.most = value > drawn.most ? value : drawn.most;
		drawn.mean += (double)value / DRAWS;
		drawn.above += value > limit;
	}
	return drawn;
}

static void assert_near(double value, double expected, double part)
{
	assert_true(value > expected * (1 - part) && value < expected * (1 + part));
}

static void fixed_is_always_the_same(void **state)
{
	const struct drawn drawn = draw("80", 80);

	(void)state;
	assert_int_equal(drawn.least, 80);
	assert_int_equal(drawn.most, 80);
}

static void uniform_has_every_value_and_no_other(void **state)
{
	const struct drawn drawn = draw("uniform:50-200", 124);

	(void)state;
	assert_int_equal(drawn.least, 50);
	assert_int_equal(drawn.most, 200);
	assert_near(drawn.mean, 125, 0.01);
	assert_near((double)drawn.above / DRAWS, 76.0 / 151, 0.02);
}

/* Of an exponential distribution 1/e is above the mean, and 1/e^3 above three times that. */
static void exponential_has_its_mean_and_its_tail(void **state)
{
	const struct drawn drawn = draw("exp:10000", 10000);

	(void)state;
	assert_near(drawn.mean, 10000, 0.01);
	assert_near((double)drawn.above / DRAWS, 0.36788, 0.02);
	assert_near((double)draw("exp:10000", 30000).above / DRAWS, 0.04979, 0.05);
	assert_true(drawn.least < 10);
	assert_true(drawn.most > 80000);
}

static void tail_is_as_rare_as_it_says(void **state)
{
	const struct drawn drawn = draw("tail:80:5000:1.5%", 80);

	(void)state;
	assert_int_equal(drawn.least, 80);
	assert_int_equal(drawn.most, 5000);
	assert_near((double)drawn.above / DRAWS, 0.015, 0.1);
	assert_int_equal(draw("tail:1:2:0%", 1).above, 0);
	assert_int_equal(draw("tail:1:2:100%", 1).above, DRAWS);
}

static void parse_bad_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"-1",
		"10000001",
		"8 0",
		"exp",
		"exp:",
		"exp:x",
		"uniform:50",
		"uniform:200-50",
		"uniform:50-200:3",
		"uniform:-200",
		"tail:80",
		"tail:80:5000",
		"tail:80:5000:",
		"tail:80:5000:0.1",
		"tail:80:5000:101%",
		"tail:80:5000:100.1%",
		"tail:80:5000:0.00001%",
		"tail:80:5000:0.x%",
		"tail:80:5000:%",
		"normal:80",
	};
	struct mock_latency latency;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		print_message("%s\n", texts[i]);
		assert_int_equal(mock_latency_parse(texts[i], &latency), -EINVAL);
	}
}

static void config_takes_one_kind_of_latency(void **state)
{
	static struct mock_config config;

	(void)state;
	assert_int_equal(mock_config_parse("latency=tail:80:5000:0.1%,seed=3", &config), 0);
	assert_int_equal(config.latency.shape, MOCK_LATENCY_TAIL);
	assert_int_equal(config.latency.ppm, 1000);
	assert_string_equal(config.opts.latency, "tail:80:5000:0.1%");
	assert_int_equal(mock_config_parse("latency=exp:80,latency_us=3", &config), -EINVAL);
	assert_int_equal(mock_config_parse("latency=exp", &config), -EINVAL);
	assert_int_equal(mock_config_from_opts(NVU_MOCK_OPTS(.latency = "exp:8"), &config), 0);
	assert_int_equal(config.latency.shape, MOCK_LATENCY_EXPONENTIAL);
}

/* In which order reads are answered on a stepped mock. */
static void order_of(uint32_t seed, uint16_t *order)
{
	struct driver driver;
	uint16_t first;
	uint64_t prp;

	driver_start(&driver, NVU_MOCK_OPTS(.flags = NVU_MOCK_STEPPED, .latency = "uniform:1-9",
					    .seed = seed));
	prp = driver_iova(&driver, driver_alloc(&driver, PAGE));
	first = driver_queue_cmd(&driver, &driver.io, driver_rw(NVU_CMD_READ, 0, 1, prp, 0));
	for (int i = 1; i < READS; i++)
		(void)driver_queue_cmd(&driver, &driver.io, driver_rw(NVU_CMD_READ, 0, 1, prp, 0));
	driver_ring(&driver, &driver.io);
	for (int i = 0; i < READS; i++) {
		assert_int_equal(driver_wait(&driver, &driver.io), 0);
		order[i] = (uint16_t)(nvu_le16_get(driver.last.cid) - first);
	}
	driver_close(&driver, 0, NULL);
}

static void seed_replays_the_order_of_completions(void **state)
{
	uint16_t order[READS], again[READS];
	bool sorted = true;

	(void)state;
	order_of(5, order);
	order_of(5, again);
	for (int i = 1; i < READS; i++)
		sorted = sorted && order[i - 1] < order[i];

	assert_memory_equal(order, again, sizeof(order));
	assert_false(sorted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_is_always_the_same),
		cmocka_unit_test(uniform_has_every_value_and_no_other),
		cmocka_unit_test(exponential_has_its_mean_and_its_tail),
		cmocka_unit_test(tail_is_as_rare_as_it_says),
		cmocka_unit_test(parse_bad_text_is_refused),
		cmocka_unit_test(config_takes_one_kind_of_latency),
		cmocka_unit_test(seed_replays_the_order_of_completions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
