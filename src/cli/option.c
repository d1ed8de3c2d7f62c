#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"

enum {
	OPTION_COLUMN = 30
};

/* What parsing needs to know, in one place. */
struct parse {
	struct command_context *context;
	const struct option *options;
	size_t options_n;
	bool seen[COMMAND_OPTIONS_MAX];
	int next; /* of argv */
	int status;
};

static void print_option(const struct option *o)
{
	char left[128];

	(void)snprintf(left, sizeof(left), "%s%c%s--%s%s%s",
		o->letter ? "-" : "", o->letter ? o->letter : ' ',
		o->letter ? ", " : "   ", o->name, o->value ? " " : "",
		o->value ? o->value : "");
	(void)printf("  %-*s %s\n", OPTION_COLUMN, left, o->help);
}

static void print_help(const struct parse *p)
{
	const struct command *c = p->context->command;

	(void)printf("usage: ctio %s%s%s\n\n%s\n", c->name,
		c->usage[0] ? " " : "", c->usage, c->help);
	if (c->more)
		(void)printf("\n%s\n", c->more);
	(void)printf("\n");
	for (size_t i = 0; i < p->options_n; i++)
		print_option(&p->options[i]);
}

static size_t find_long(const struct parse *p, struct str name)
{
	size_t i = 0;

	while (i < p->options_n && !str_is(name, p->options[i].name))
		i++;
	return i;
}

static size_t find_letter(const struct parse *p, char letter)
{
	size_t i = 0;

	while (i < p->options_n && p->options[i].letter != letter)
		i++;
	return i;
}

static bool wrong(struct parse *p, const char *before, const char *word,
	const char *after)
{
	p->status =
		command_usage_error(p->context, "%s%s%s", before, word, after);
	return false;
}

/* The value behind `=`, or the next word. */
static bool take_value(
	struct parse *p, const struct option *o, const char **value)
{
	if (*value)
		return true;
	if (p->next < p->context->argc) {
		*value = p->context->argv[p->next];
		if (strncmp(*value, "--", 2) != 0) {
			p->next++;
			return true;
		}
	}
	p->status = command_usage_error(
		p->context, "--%s needs its %s", o->name, o->value);
	return false;
}

static bool put_text(struct parse *p, size_t i, const char *value)
{
	const struct option *o = &p->options[i];
	struct option_texts *texts = o->to;

	if (o->kind == OPTION_TEXTS) {
		if (texts->n == COMMAND_VALUES_MAX)
			return wrong(p, "--", o->name, " is given too often");
		texts->text[texts->n++] = value;
		return true;
	}
	if (p->seen[i])
		return wrong(p, "--", o->name, " is given twice");
	p->seen[i] = true;
	*(const char **)o->to = value;
	return true;
}

static bool put(struct parse *p, size_t i, const char *word, const char *value)
{
	const struct option *o;

	if (i == p->options_n)
		return wrong(p, "there is no option ", word, "");
	o = &p->options[i];
	if (o->kind == OPTION_FLAG) {
		if (value)
			return wrong(p, "--", o->name, " takes no value");
		*(bool *)o->to = true;
		return true;
	}
	return take_value(p, o, &value) && put_text(p, i, value);
}

static bool take_long(struct parse *p, const char *word)
{
	struct str name = str_from(word + 2);
	size_t equals = str_find(name, '=');
	const char *value = equals < name.n ? name.p + equals + 1 : NULL;

	name.n = equals;
	return put(p, find_long(p, name), word, value);
}

/* `-o FILE`, `-oFILE` or `-v`. */
static bool take_letter(struct parse *p, const char *word)
{
	return put(p, find_letter(p, word[1]), word, word[2] ? word + 2 : NULL);
}

static bool take_arg(struct parse *p, struct command_args *args, size_t max,
	const char *word)
{
	if (args->n == max)
		return wrong(p, "\"", word, "\" is one word too many");
	args->arg[args->n++] = word;
	return true;
}

static bool asks_for_help(const struct command_context *context)
{
	for (int i = 0; i < context->argc; i++) {
		if (strcmp(context->argv[i], "--") == 0)
			return false;
		if (strcmp(context->argv[i], "--help") == 0 ||
			strcmp(context->argv[i], "-h") == 0)
			return true;
	}
	return false;
}

bool command_parse(struct command_context *context,
	const struct option *options, size_t options_n, size_t args_min,
	size_t args_max, struct command_args *args, int *status)
{
	struct parse p = {.context = context,
		.options = options,
		.options_n = options_n,
		.status = EXIT_DONE};
	bool options_over = false;
	bool fine = true;

	args->n = 0;
	if (asks_for_help(context)) {
		print_help(&p);
		*status = EXIT_DONE;
		return false;
	}
	while (fine && p.next < context->argc) {
		const char *word = context->argv[p.next++];

		if (options_over || word[0] != '-' || !word[1])
			fine = take_arg(&p, args, args_max, word);
		else if (strcmp(word, "--") == 0)
			options_over = true;
		else if (word[1] == '-')
			fine = take_long(&p, word);
		else
			fine = take_letter(&p, word);
	}
	if (fine && args->n < args_min)
		fine = wrong(&p, "expected ", context->command->usage, "");
	*status = p.status;
	return fine;
}
