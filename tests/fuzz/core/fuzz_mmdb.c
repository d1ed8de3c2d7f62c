/* MaxMind DB files: whatever the bytes, opening them and asking for countries
 * ends, and a country is two capital letters. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "core/geo.h"
#include "core/mmdb_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct geo_memo memo; /* of the open file */

static void check_country(struct geo *g, const struct ip *ip)
{
	char country[2];

	if (geo_country(g, &memo, ip, country))
		ASSERT(country[0] >= 'A' && country[0] <= 'Z' &&
			country[1] >= 'A' && country[1] <= 'Z');
	else
		ASSERT(country[0] == '\0' && country[1] == '\0');
}

static void check_open(struct geo *g, const uint8_t *data, size_t size)
{
	static const char *const addresses[] = {"0.0.0.0", "81.2.3.4",
		"255.255.255.255", "::", "2001:db8:1::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	struct ip ip;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		ASSERT(ip_parse(str_from(addresses[i]), &ip) == OK);
		check_country(g, &ip);
		check_country(g, &ip);
	}
	/* And some that the file itself names. */
	for (size_t i = 0; i + 16 <= size && i < 256; i += 16) {
		ip.n = i % 32 ? 4 : 16;
		memcpy(ip.bytes, data + i, 16);
		check_country(g, &ip);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct geo_problem problem;
	struct geo *g;
	char path[64];
	int fd;

	if (size == 0 || mmdb_check_file(str_make((const char *)data, size)))
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	ASSERT(fd >= 0);
	ASSERT(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(&memo, 0, sizeof(memo));
	if (geo_open(path, &g, &problem) == OK) {
		check_open(g, data, size);
		geo_close(g);
	}
	ASSERT(close(fd) == 0);
	return 0;
}
