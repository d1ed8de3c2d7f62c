#include "base/conf.h"

#include <stdbool.h>
#include <string.h>

enum {
	KEY_COLUMN = 25 /* where "=" stands */
};

static void print_help(struct buf *to, const struct conf_setting *row)
{
	buf_printf(to, "# %s (%s)\n", row->help, row->unit);
}

static void print_key(
	struct buf *to, const struct conf_setting *row, const char *value)
{
	buf_printf(to, "#%-*s =", KEY_COLUMN, row->key);
	if (value && value[0])
		buf_printf(to, " %s", value);
	buf_byte(to, '\n');
}

static const char *value_of(const struct conf_example *examples, size_t n,
	const struct conf_example *instance, const struct conf_setting *row)
{
	for (size_t i = 0; i < n; i++) {
		const struct conf_example *e = &examples[i];

		if (e->key && strcmp(e->section, instance->section) == 0 &&
			strcmp(e->name, instance->name) == 0 &&
			strcmp(e->key, row->key) == 0)
			return e->value;
	}
	return row->fallback;
}

static void print_plain(const struct conf_table *table,
	const struct conf_section *s, struct buf *to)
{
	buf_printf(to, "#[%s]\n", s->name);
	for (size_t i = 0; i < table->settings_n; i++) {
		const struct conf_setting *row = &table->settings[i];

		if (strcmp(row->section, s->name) != 0)
			continue;
		print_help(to, row);
		print_key(to, row, row->fallback);
	}
}

static void print_instance(const struct conf_table *table,
	const struct conf_example *examples, size_t n,
	const struct conf_example *instance, bool help, struct buf *to)
{
	buf_printf(to, "#[%s %s]\n", instance->section, instance->name);
	for (size_t i = 0; i < table->settings_n; i++) {
		const struct conf_setting *row = &table->settings[i];

		if (strcmp(row->section, instance->section) != 0)
			continue;
		if (help)
			print_help(to, row);
		print_key(to, row, value_of(examples, n, instance, row));
	}
}

/* True if no earlier example is of the same instance. */
static bool is_first(const struct conf_example *examples, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(examples[k].section, examples[i].section) == 0 &&
			strcmp(examples[k].name, examples[i].name) == 0)
			return false;
	return true;
}

static void print_named(const struct conf_table *table,
	const struct conf_section *s, const struct conf_example *examples,
	size_t n, struct buf *to)
{
	bool help = true;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(examples[i].section, s->name) != 0 ||
			!is_first(examples, i))
			continue;
		if (!help)
			buf_byte(to, '\n');
		print_instance(table, examples, n, &examples[i], help, to);
		help = false;
	}
}

void conf_print(const struct conf_table *table,
	const struct conf_example *examples, size_t examples_n, struct buf *to)
{
	for (size_t i = 0; i < table->sections_n; i++) {
		const struct conf_section *s = &table->sections[i];

		buf_printf(to, "\n# %s\n", s->help);
		if (s->max)
			print_named(table, s, examples, examples_n, to);
		else
			print_plain(table, s, to);
	}
}
