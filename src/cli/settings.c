#include "cli/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/conf_file.h"
#include "cli/settings_check.h"
#include "cli/settings_table.h"

/* The regions that are built in, as if a file had named them. */
static void seed(struct conf *c)
{
	const struct conf_place built_in = {0};

	for (size_t i = 0; i < settings_regions_n; i++) {
		const struct conf_example *e = &settings_regions[i];
		char section[sizeof("region ") + SETTINGS_REGION_NAME_MAX];
		struct buf text;

		buf_init(&text, sizeof(section));
		buf_printf(&text, "%s %s", e->section, e->name);
		conf_set(c, built_in, buf_view(&text), str_from(e->key),
			str_from(e->value));
		buf_deinit(&text);
	}
}

static const char set_label[] = "--set ";

/* `--set TEXT`, which errors name. */
static char *label_of(const char *text)
{
	size_t n = strlen(text) + sizeof(set_label);
	char *label = malloc(n);

	if (label)
		(void)snprintf(label, n, "%s%s", set_label, text);
	return label;
}

/* labels live as long as the conf. */
static enum err feed(
	struct conf *c, const struct settings_source *source, char **labels)
{
	const struct conf_place data = {.source = "--data"};

	seed(c);
	if (source->file)
		conf_read_file(c, source->file);
	if (source->data)
		conf_set(c, data, STR("server"), STR("data"),
			str_from(source->data));
	for (size_t i = 0; i < source->overrides_n; i++) {
		labels[i] = label_of(source->overrides[i]);
		if (!labels[i])
			return ERR_NOMEM;
		conf_override(c, labels[i], str_from(source->overrides[i]));
	}
	return OK;
}

static void free_labels(char **labels, size_t n)
{
	for (size_t i = 0; labels && i < n; i++)
		free(labels[i]);
	free(labels);
}

/* As settings_load(), into *s. */
static enum err load(const struct settings_source *source, char **labels,
	struct settings *s, struct buf *errors)
{
	struct conf c;
	enum err e;

	e = conf_init(&c, &settings_table, s);
	if (!e)
		e = feed(&c, source, labels);
	/* A value that was refused left its default, and checks of those
	 * would only tell of consequences. */
	if (!e && c.errors_n == 0)
		settings_check(&c, s);
	if (!e && c.errors_n) {
		buf_str(errors, buf_view(&c.errors));
		e = ERR_INVALID;
	}
	if (buf_err(&c.errors) || buf_err(errors))
		e = ERR_NOMEM;
	conf_deinit(&c);
	return e;
}

enum err settings_load(const struct settings_source *source,
	struct settings **out, struct buf *errors)
{
	struct settings *s = calloc(1, sizeof(*s));
	char **labels = calloc(source->overrides_n + 1, sizeof(*labels));
	enum err e = ERR_NOMEM;

	if (s && labels)
		e = load(source, labels, s, errors);
	free_labels(labels, source->overrides_n);
	if (e)
		settings_free(s);
	else
		*out = s;
	return e;
}

void settings_free(struct settings *s)
{
	free(s);
}

void settings_print_defaults(struct buf *to)
{
	struct conf_example examples[32];
	size_t n = 0;

	for (; n < settings_regions_n; n++)
		examples[n] = settings_regions[n];
	examples[n++] = (struct conf_example){
		"domain", "go.brand.example", "region", "us1"};
	buf_text(to,
		"# Every key of ctio, with its default. Made by `ctio check "
		"--print-defaults`.\n"
		"# To change a key, uncomment it and the [section] above it.\n"
		"# Lists are apart by commas or blanks. A comment is a line "
		"of its own.\n"
		"# durations: 100ms 90s 15m 24h 90d; sizes: 4096 64K 1M 1G\n");
	conf_print(&settings_table, examples, n, to);
}
