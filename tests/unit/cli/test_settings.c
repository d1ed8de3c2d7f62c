#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/conf_file.h"
#include "cli/settings.h"
#include "support/fault.h"
#include "support/temp.h"

enum {
	TEXT_MAX = 1 << 20
};

static struct temp temp;

static enum err load(const char *text, const char *const *overrides,
	struct settings **s, struct buf *errors)
{
	const char *path = temp_file(&temp, "x.conf");
	struct settings_source source = {.overrides = overrides};

	while (overrides && overrides[source.overrides_n])
		source.overrides_n++;
	if (text) {
		assert_int_equal(file_write(path, str_from(text), 0600), OK);
		source.file = path;
	}
	buf_init(errors, TEXT_MAX);
	*s = NULL;
	return settings_load(&source, s, errors);
}

static void test_defaults(void **state)
{
	static const char *const expected[][4] = {
		{"eu1", "e", "https://ct1.io/{{1}}", "ct1.io"},
		{"in1", "i", "https://ct3.io/{{1}}", "ct3.io"},
		{"sg1", "s", "https://ct4.io/{{1}}", "ct4.io"},
		{"us1", "u", "https://ct5.io/{{1}}", "ct5.io"},
	};
	struct settings *s;
	struct buf errors;

	(void)state;
	assert_int_equal(load(NULL, NULL, &s, &errors), OK);
	assert_string_equal(s->server.data, "./ctio-data");
	assert_int_equal(s->server.loops, 0);
	assert_int_equal(s->click.listen.port, 8080);
	assert_true(s->click.keepalive);
	assert_int_equal(s->click.commit_wait_max_ms, 100);
	assert_int_equal(s->click.trusted_proxies.n, 0);
	assert_int_equal(s->click.head_timeout_ms, 5000);
	assert_int_equal(s->click.idle_timeout_ms, 60000);
	assert_int_equal(s->click.write_timeout_ms, 10000);
	assert_int_equal(s->click.connections_max, 65536);
	assert_int_equal(s->api.listen.port, 8081);
	assert_int_equal(s->api.body_max, 65536);
	assert_int_equal(s->regions_n, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		const struct settings_region *r = &s->regions[i];

		assert_string_equal(r->name, expected[i][0]);
		assert_string_equal(r->tag, expected[i][1]);
		assert_string_equal(r->url, expected[i][2]);
		assert_int_equal(r->domains.n, 1);
		assert_string_equal(r->domains.text[0], expected[i][3]);
		assert_true(r->serve);
		assert_int_equal(r->ip, SETTINGS_IP_TRUNCATED);
		assert_string_equal(r->homepage, "");
		assert_string_equal(r->fallback, "");
		assert_int_equal(r->schemes.n, 2);
		assert_string_equal(r->schemes.text[1], "https");
	}
	assert_int_equal(s->domains_n, 0);
	settings_free(s);
	buf_deinit(&errors);
}

static const char whole[] =
	"\xef\xbb\xbf; a comment\r\n"
	"  # another one\r\n"
	"\r\n"
	"[click]\r\n"
	"listen = *:80\r\n"
	"keepalive=no\r\n"
	"commit_wait_max = 0\n"
	"trusted_proxies = 10.0.0.0/8, ::1\n"
	"\t[ region   us1 ]\t\n"
	"url: https://T.Example:8443/{{1}}\n"
	"domains = b.example, T.example, c.example\n"
	"ip = none\n"
	"homepage = https://shop.example/?a=1;b=2#top ; kept\n"
	"schemes = HTTPS, shop+app\n"
	"[region mec1]\n"
	"tag = m\n"
	"url = https://ct8.io/{{1}}\n"
	"[region eu1]\n"
	"serve = no\n"
	"[domain Go.Brand.Example]\n"
	"region = mec1\n"
	"account = brand\n"
	"[domain a-domain.whose-name-is-longer.than-the-fifty-bytes-"
	"that-inih-keeps.example]\n"
	"region = us1";

static void test_whole_file(void **state)
{
	struct settings *s;
	struct buf errors;

	(void)state;
	/* `; kept` is no comment, and a URL has no blanks. */
	assert_int_equal(load(whole, NULL, &s, &errors), ERR_INVALID);
	assert_non_null(strstr(buf_cstr(&errors), "homepage"));
	buf_deinit(&errors);
	assert_int_equal(load(whole,
				 (const char *const[]){
					 "region us1.homepage="
					 "https://shop.example/?a=1;b=2#top",
					 NULL},
				 &s, &errors),
		OK);
	assert_int_equal(s->click.listen.port, 80);
	assert_int_equal(s->click.listen.ip.n, 0);
	assert_false(s->click.keepalive);
	assert_int_equal(s->click.commit_wait_max_ms, 0);
	assert_int_equal(s->click.trusted_proxies.n, 2);
	assert_int_equal(s->regions_n, 5);
	assert_int_equal(s->regions[3].domains.n, 3);
	assert_string_equal(s->regions[3].domains.text[0], "t.example");
	assert_string_equal(s->regions[3].domains.text[1], "b.example");
	assert_string_equal(s->regions[3].domains.text[2], "c.example");
	assert_int_equal(s->regions[3].ip, SETTINGS_IP_NONE);
	assert_string_equal(
		s->regions[3].homepage, "https://shop.example/?a=1;b=2#top");
	assert_string_equal(s->regions[3].schemes.text[0], "https");
	assert_string_equal(s->regions[3].tag, "u");
	assert_string_equal(s->regions[4].name, "mec1");
	assert_true(s->regions[4].serve);
	assert_false(s->regions[0].serve);
	assert_int_equal(s->domains_n, 2);
	assert_string_equal(s->domains[0].host, "go.brand.example");
	assert_string_equal(s->domains[0].account, "brand");
	assert_int_equal(s->domains[0].region_i, 4);
	assert_int_equal(s->domains[1].region_i, 3);
	settings_free(s);
	buf_deinit(&errors);
}

/* What is wrong, and the errors without the file's name ("@"). */
static const struct {
	const char *text;
	const char *errors;
} wrong[] = {
	{"[click]\nkeepalive = maybe\n",
		"@:2: [click] keepalive: expected yes or no, got \"maybe\"\n"},
	{"[click]\nlissten = *:80\n[clicks]\nlisten = *:80\nwhat ever\n",
		"@:2: [click] lissten: there is no such key\n"
		"@:3: [clicks]: there is no such section\n"
		"@:5: expected key = value\n"},
	{"listen = *:80\n", "@:1: listen: a key before any [section]\n"},
	{"[click]\nlisten = *:80\nkeepalive = no\nlisten = *:81\n",
		"@:4: [click] listen: set already in line 2\n"},
	{"[click]\n[click] listen = *:80\n",
		"@:2: expected [section] and nothing more\n"},
	{"[click\nlisten = *:80\n",
		"@:1: expected [section] and nothing more\n"},
	{"[]\n", "@:1: []: there is no such section\n"},
	{"[click]\n = 4\n", "@:2: [click] : there is no such key\n"},
	{"[click]\nlisten = *:80 ; here\n",
		"@:2: [click] listen: expected ADDRESS:PORT (such as "
		"127.0.0.1:8080, [::1]:8080, *:80), got \"*:80 ; here\"\n"},
	{"[click]\nlisten = 127.0.0.1:8081\n",
		"[api] listen: is the address of [click] listen too\n"},
	{"[region us1]\ntag = e\n",
		"@:2: [region us1] tag: \"e\" is the tag of region eu1 "
		"already\n"},
	{"[region us1]\ntag = -\n",
		"@:2: [region us1] tag: expected one of A-Z a-z 0-9, got "
		"\"-\"\n"},
	{"[region us1]\ntag = uu\n",
		"@:2: [region us1] tag: expected text of 1 to 1 bytes, got "
		"\"uu\"\n"},
	{"[region xx1]\n", "@:1: [region xx1] tag: is missing\n"
			   "@:1: [region xx1] url: is missing\n"},
	{"[region US1]\ntag = x\nurl = https://x.example/{{1}}\n",
		"@:1: [region US1]: expected a name of a-z and 0-9\n"},
	{"[region us1]\nurl = https://x.example/\n",
		"@:2: [region us1] url: expected a URL that ends in /{{1}}, "
		"got \"https://x.example/\"\n"},
	{"[region us1]\nurl = https://x.example/t/{{1}}\n",
		"@:2: [region us1] url: expected nothing but /{{1}} after the "
		"host, got \"https://x.example/t/{{1}}\"\n"},
	{"[region us1]\nurl = https://x.example/?{{1}}\n",
		"@:2: [region us1] url: expected nothing but /{{1}} after the "
		"host, got \"https://x.example/?{{1}}\"\n"},
	{"[region us1]\nurl = https://ct1.io/{{1}}\n",
		"@:2: [region us1] url: ct1.io is a domain of region eu1 "
		"already\n"},
	{"[region us1]\ndomains = x.example, CT3.io\n",
		"@:2: [region us1] domains: ct3.io is a domain of region in1 "
		"already\n"},
	{"[region us1]\ndomains = *.example\n",
		"@:2: [region us1] domains: \"*.example\" is no host name\n"},
	{"[region us1]\nschemes =\n", "@:2: [region us1] schemes: is empty\n"},
	{"[region us1]\nschemes = https javascript 1a\n",
		"@:2: [region us1] schemes: \"javascript\" cannot be a "
		"destination's scheme\n"
		"@:2: [region us1] schemes: \"1a\" cannot be a destination's "
		"scheme\n"},
	{"[region eu1]\nserve=no\n[region in1]\nserve=no\n"
	 "[region sg1]\nserve=no\n[region us1]\nserve=no\n",
		"no region is served: every one says serve = no\n"},
	{"[domain go.example]\n",
		"@:1: [domain go.example] region: is missing\n"},
	{"[domain go.example]\nregion = xx1\n",
		"@:2: [domain go.example] region: there is no region "
		"\"xx1\"\n"},
	{"[domain ct1.io]\nregion = us1\n",
		"@:2: [domain ct1.io] region: ct1.io is a domain of region "
		"eu1\n"},
	{"[domain go.example]\nregion = us1\n[domain GO.example]\n"
	 "region = us1\n",
		"@:3: [domain go.example]: differs only in case from an "
		"earlier one\n"},
	{"[domain go_example:80]\nregion = us1\n",
		"@:1: [domain go_example:80]: is no host name\n"},
};

/* text with each '@' in place of path. */
static void shorten(struct buf *to, struct str text, const char *path)
{
	size_t n = strlen(path);

	while (text.n) {
		if (str_starts(text, str_from(path))) {
			buf_byte(to, '@');
			text = str_skip(text, n);
			continue;
		}
		buf_byte(to, text.p[0]);
		text = str_skip(text, 1);
	}
}

static void test_wrong_files(void **state)
{
	char path[4096];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", temp_file(&temp, "x.conf"));
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct buf errors, shown;
		struct settings *s;

		assert_int_equal(
			load(wrong[i].text, NULL, &s, &errors), ERR_INVALID);
		assert_null(s);
		buf_init(&shown, TEXT_MAX);
		shorten(&shown, buf_view(&errors), path);
		assert_string_equal(buf_cstr(&shown), wrong[i].errors);
		buf_deinit(&errors);
		buf_deinit(&shown);
	}
}

static const struct {
	const char *text;
	const char *error;
} wrong_sets[] = {
	{"click.lissten=1", "[click] lissten: there is no such key"},
	{"click", "expected section.key=value, got \"click\""},
	{"region us1.tag=",
		"[region us1] tag: expected text of 1 to 1 bytes, got \"\""},
	{"region nowhere.tag=x", "[region nowhere] url: is missing"},
};

static void test_wrong_overrides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong_sets); i++) {
		const char *const overrides[] = {wrong_sets[i].text, NULL};
		char expected[256];
		struct settings *s;
		struct buf errors;

		assert_int_equal(
			load(NULL, overrides, &s, &errors), ERR_INVALID);
		(void)snprintf(expected, sizeof(expected), "--set %s: %s\n",
			wrong_sets[i].text, wrong_sets[i].error);
		assert_string_equal(buf_cstr(&errors), expected);
		buf_deinit(&errors);
	}
}

static void test_overrides(void **state)
{
	static const char *const overrides[] = {
		"region us1.url=http://127.0.0.1:8080/{{1}}",
		"domain go.brand.example.region=us1", "click.listen=*:1",
		"click.listen=*:2", NULL};
	struct settings *s;
	struct buf errors;

	(void)state;
	assert_int_equal(
		load("[click]\nlisten = *:3\n", overrides, &s, &errors), OK);
	assert_string_equal(s->regions[3].url, "http://127.0.0.1:8080/{{1}}");
	assert_string_equal(s->regions[3].domains.text[0], "127.0.0.1");
	assert_string_equal(s->domains[0].host, "go.brand.example");
	assert_int_equal(s->click.listen.port, 2);
	settings_free(s);
	buf_deinit(&errors);
}

static void test_data(void **state)
{
	static const char *const overrides[] = {"server.data=/b", NULL};
	struct settings_source source = {.data = "/a"};
	struct settings *s;
	struct buf errors;

	(void)state;
	buf_init(&errors, TEXT_MAX);
	assert_int_equal(settings_load(&source, &s, &errors), OK);
	assert_string_equal(s->server.data, "/a");
	settings_free(s);
	source.overrides = overrides;
	source.overrides_n = 1;
	assert_int_equal(settings_load(&source, &s, &errors), OK);
	assert_string_equal(s->server.data, "/b");
	settings_free(s);
	source = (struct settings_source){.data = ""};
	assert_int_equal(settings_load(&source, &s, &errors), ERR_INVALID);
	buf_deinit(&errors);
}

/* Each allocation fails in turn: no leak, no half-made settings. */
static void test_no_memory(void **state)
{
	static const char *const overrides[] = {"click.listen=*:1", NULL};
	bool hit = true;

	(void)state;
	for (unsigned nth = 1; hit; nth++) {
		const char *path = temp_file(&temp, "y.conf");
		struct settings_source source = {
			.file = path, .overrides = overrides, .overrides_n = 1};
		struct settings *s = NULL;
		struct buf errors;
		enum err e;

		assert_int_equal(
			file_write(path, STR("[click]\nx = 1\n"), 0600), OK);
		buf_init(&errors, TEXT_MAX);
		fault_alloc(nth);
		e = settings_load(&source, &s, &errors);
		hit = fault_alloc_hit();
		fault_alloc(0);
		assert_null(s);
		assert_true(e == ERR_INVALID || (hit && e == ERR_NOMEM));
		buf_deinit(&errors);
	}
}

static void test_no_file(void **state)
{
	struct settings_source source = {.file = "/nowhere/x.conf"};
	struct settings *s = NULL;
	struct buf errors;

	(void)state;
	buf_init(&errors, TEXT_MAX);
	assert_int_equal(settings_load(&source, &s, &errors), ERR_INVALID);
	assert_string_equal(buf_cstr(&errors),
		"/nowhere/x.conf: No such file or directory\n");
	buf_deinit(&errors);
}

static void test_long_lines(void **state)
{
	static char line[3 * CONF_LINE_MAX];
	struct settings *s;
	struct buf errors;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "[click]\n", 8);
	/* Longer than any value may be, and than a line may be. */
	line[8 + CONF_VALUE_MAX + 10] = '\n';
	memcpy(line + 8, "listen=", 7);
	assert_int_equal(load(line, NULL, &s, &errors), ERR_INVALID);
	assert_non_null(strstr(buf_cstr(&errors),
		":2: control characters, no UTF-8, or more than 4096 "
		"bytes\n"));
	assert_non_null(strstr(
		buf_cstr(&errors), ":3: the line is longer than 8190 bytes\n"));
	buf_deinit(&errors);
}

static void test_nul_bytes(void **state)
{
	static const char text[] = "[click]\nlisten = *:80\0.example\n";
	struct settings s;
	struct conf c;

	(void)state;
	assert_int_equal(conf_init(&c, &settings_table, &s), OK);
	conf_read_text(&c, "x", str_make(text, sizeof(text) - 1));
	assert_string_equal(
		buf_cstr(&c.errors), "x:2: the line holds a NUL byte\n");
	conf_deinit(&c);
}

static int begin(void **state)
{
	(void)state;
	temp_init(&temp);
	return 0;
}

static int end(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_whole_file),
		cmocka_unit_test(test_wrong_files),
		cmocka_unit_test(test_wrong_overrides),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_nul_bytes),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
