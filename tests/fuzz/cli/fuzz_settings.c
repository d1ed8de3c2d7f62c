/* A config file of any bytes, fed to the table of settings: it is refused with
 * errors, each a line of its own, or taken, and then holds what all of the
 * server counts on. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "cli/conf_file.h"
#include "cli/settings.h"
#include "cli/settings_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_region(const struct settings_region *r)
{
	ASSERT(r->name[0] && memchr(r->name, 0, sizeof(r->name)));
	ASSERT(ascii_is_alnum(r->tag[0]) && !r->tag[1]);
	ASSERT(str_ends(str_from(r->url), STR("/{{1}}")));
	ASSERT(r->domains.n > 0 && r->domains.n <= CONF_LIST_MAX);
	for (size_t i = 0; i < r->domains.n; i++)
		ASSERT(r->domains.text[i][0]);
	ASSERT(r->schemes.n > 0);
}

static void check(const struct settings *s)
{
	ASSERT(s->regions_n >= 4 && s->regions_n <= SETTINGS_REGIONS_MAX);
	ASSERT(s->click.head_timeout_ms >= 100);
	ASSERT(s->click.connections_max > 0);
	for (size_t i = 0; i < s->regions_n; i++)
		check_region(&s->regions[i]);
	for (size_t i = 0; i < s->domains_n; i++)
		ASSERT(s->domains[i].region_i < s->regions_n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct conf_place built_in = {0};
	static struct settings s;
	struct conf c;
	size_t lines = 0;

	if (conf_init(&c, &settings_table, &s))
		return 0;
	for (size_t i = 0; i < 4; i++) {
		static const char *const seed[][3] = {
			{"region eu1", "e", "https://ct1.io/{{1}}"},
			{"region in1", "i", "https://ct3.io/{{1}}"},
			{"region sg1", "s", "https://ct4.io/{{1}}"},
			{"region us1", "u", "https://ct5.io/{{1}}"}};

		conf_set(&c, built_in, str_from(seed[i][0]), STR("tag"),
			str_from(seed[i][1]));
		conf_set(&c, built_in, str_from(seed[i][0]), STR("url"),
			str_from(seed[i][2]));
	}
	ASSERT(c.errors_n == 0);
	conf_read_text(&c, "f", str_make((const char *)data, size));
	if (c.errors_n == 0)
		settings_check(&c, &s);
	if (c.errors_n == 0)
		check(&s);
	for (size_t i = 0; i < c.errors.n; i++)
		lines += c.errors.p[i] == '\n';
	ASSERT(lines <= c.errors_n && (lines > 0) == (c.errors_n > 0));
	conf_deinit(&c);
	return 0;
}
