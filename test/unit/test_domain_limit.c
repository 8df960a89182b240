/* SPDX-License-Identifier: MIT */
/*
 * test_domain_limit.c: I/O addresses of a domain that a controller has joined which reaches only the
 * lower ones, on the mock's IOMMU.
 */
#include "base/error.h"
#include "dma/dma.h"
#include "mock/transport/transport.h"
#include "unit.h"

#include <errno.h>

enum { PAGE = 4096, MIB = 1 << 20 };

static int allocate(struct dma_domain *domain, size_t len, struct nvu_dma **ret_buf)
{
	const struct dma_alloc want = { .len = len,
					.node = -1,
					.prot = TRANSPORT_DMA_READ | TRANSPORT_DMA_WRITE };

	return dma_alloc(domain, &want, ret_buf);
}

static void addresses_are_limited_for_a_controller_that_reaches_fewer(void **state)
{
	struct nvu_dma *low, *next, *high = NULL;
	struct transport *transport;
	struct dma_domain *domain;

	(void)state;
	assert_int_equal(mock_transport_ops.open("size=1M", NULL, &transport), 0);
	assert_int_equal(dma_domain_get(transport->domain, &domain), 0);
	assert_int_equal(allocate(domain, PAGE, &low), 0);
	assert_int_equal(allocate(domain, PAGE, &next), 0);

	assert_int_equal(dma_domain_limit(domain, (1ull << 48) - 1), 0); /* says nothing new */
	assert_int_equal(dma_domain_limit(domain, 4 * MIB - 1), 0);
	assert_int_equal(dma_domain_limit(domain, 4 * MIB - 1), 0);
	assert_int_equal(allocate(domain, 8 * MIB, &high), -ENOSPC);
	assert_int_equal(dma_free(next), 0);
	assert_int_equal(allocate(domain, PAGE, &next), 0);
	assert_true(next->iova < 4 * MIB);

	/* Some are in use above. */
	assert_int_equal(dma_domain_limit(domain, low->iova - 1), -EBUSY);
	assert_non_null(strstr(error_get(), "open this controller first"));
	assert_int_equal(dma_free(next), 0);
	assert_int_equal(dma_free(low), 0);
	dma_domain_put(domain);
	mock_transport_ops.close(transport);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_limited_for_a_controller_that_reaches_fewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
