/* Files of the project that must agree with the program. */
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/settings.h"
#include "cli/version.h"
#include "support/temp.h"

enum {
	TEXT_MAX = 1 << 20
};

static struct temp temp;

/* A file of the project, by its path from the root. */
static void read_project_file(const char *name, struct buf *to)
{
	static const char below[] = "tests/unit/cli/test_shipped.c";
	static const char here[] = __FILE__;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%.*s%s",
		(int)(sizeof(here) - sizeof(below)), here, name);
	buf_init(to, TEXT_MAX);
	assert_int_equal(file_read(path, to), OK);
}

/* The settings of a file that holds this text; NULL: of no file. */
static struct settings *load(const char *text)
{
	const char *path = temp_file(&temp, "x.conf");
	struct settings_source source = {0};
	struct settings *s = NULL;
	struct buf errors;

	if (text) {
		assert_int_equal(file_write(path, str_from(text), 0600), OK);
		source.file = path;
	}
	buf_init(&errors, TEXT_MAX);
	assert_int_equal(settings_load(&source, &s, &errors), OK);
	buf_deinit(&errors);
	return s;
}

/* Lines such as `#listen = x` and `#[click]`, without their marks. */
static void uncomment(struct buf *to, struct str text)
{
	while (text.n) {
		struct str line = str_split(&text, '\n');

		if (line.n > 1 && line.p[0] == '#' && line.p[1] != ' ')
			line = str_skip(line, 1);
		buf_str(to, line);
		buf_byte(to, '\n');
	}
}

static void test_shipped_file_is_the_defaults(void **state)
{
	struct buf shipped, printed, active;
	struct settings *s, *defaults;

	(void)state;
	read_project_file("deploy/ctio.conf", &shipped);
	buf_init(&printed, TEXT_MAX);
	settings_print_defaults(&printed);
	assert_int_equal(buf_err(&printed), OK);
	assert_string_equal(buf_cstr(&shipped), buf_cstr(&printed));

	/* As it is, it sets nothing; in force, it sets what is set anyway. */
	settings_free(load(buf_cstr(&shipped)));
	buf_init(&active, TEXT_MAX);
	uncomment(&active, buf_view(&shipped));
	s = load(buf_cstr(&active));
	assert_int_equal(s->domains_n, 1);
	s->domains_n = 0;
	memset(s->domains, 0, sizeof(s->domains));
	defaults = load(NULL);
	assert_memory_equal(s, defaults, sizeof(*s));
	settings_free(s);
	settings_free(defaults);
	buf_deinit(&shipped);
	buf_deinit(&printed);
	buf_deinit(&active);
}

static void test_version_is_the_projects(void **state)
{
	struct buf text;

	(void)state;
	read_project_file("CMakeLists.txt", &text);
	assert_non_null(strstr(
		buf_cstr(&text), "project(ctio VERSION " CTIO_VERSION " "));
	buf_deinit(&text);
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
		cmocka_unit_test(test_shipped_file_is_the_defaults),
		cmocka_unit_test(test_version_is_the_projects),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
