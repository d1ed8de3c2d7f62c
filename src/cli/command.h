/* The command line: a command is one file and one row of the table in
 * command.c; its options are a table whose rows hold their help. Results go to
 * stdout, everything else to stderr. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Exit statuses. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2
};

enum {
	COMMAND_VALUES_MAX = 64, /* of an option that may be given often */
	COMMAND_ARGS_MAX = 16,   /* words that are no options */
	COMMAND_OPTIONS_MAX = 32
};

enum option_kind {
	OPTION_FLAG,  /* to: bool, set to true */
	OPTION_TEXT,  /* to: const char *; twice is wrong usage */
	OPTION_TEXTS, /* to: struct option_texts */
};

struct option_texts {
	size_t n;
	const char *text[COMMAND_VALUES_MAX];
};

/* A row: `-o`, `--output FILE`. Long names are without dashes; letter 0:
 * none. */
struct option {
	const char *name;
	char letter;
	enum option_kind kind;
	const char *value; /* what it takes, for the help: "FILE"; NULL for
			      flags */
	const char *help;
	void *to;
};

/* What a command is given: the words after its name. */
struct command_context {
	const struct command *command;
	int argc;
	const char *const *argv;
};

struct command {
	const char *name;  /* one to three words: "mint", "link set" */
	const char *usage; /* what follows the name: "NAME --to URL" */
	const char *help;  /* one line */
	/* Further lines for `ctio NAME --help`, or NULL. */
	const char *more;
	int (*run)(struct command_context *context);
};

/* The commands' own words that are no options. */
struct command_args {
	size_t n;
	const char *arg[COMMAND_ARGS_MAX];
};

/* Runs `ctio`'s argv and returns its exit status. */
int command_main(int argc, char **argv);

/* Every command calls this first. Fills the options' targets (initialised by
 * the caller) and args; min and max bound the number of args. False: usage was
 * wrong, or help was asked for and has been given; then the command returns
 * *status at once. Texts are borrowed from argv. */
CHECKED bool command_parse(struct command_context *context,
	const struct option *options, size_t options_n, size_t args_min,
	size_t args_max, struct command_args *args, int *status);

/* One line on stderr that names the command; returns EXIT_USAGE. */
int command_usage_error(const struct command_context *context,
	const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line on stderr, "ctio: ..."; returns EXIT_FAILED. */
int command_failed(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* One file a command. */
int command_serve(struct command_context *context);
int command_check(struct command_context *context);
int command_account_create(struct command_context *context);
int command_account_list(struct command_context *context);
int command_account_show(struct command_context *context);
int command_account_set(struct command_context *context);
int command_account_disable(struct command_context *context);
int command_account_enable(struct command_context *context);
int command_account_key_list(struct command_context *context);
int command_account_key_add(struct command_context *context);
int command_account_key_revoke(struct command_context *context);
int command_link_set(struct command_context *context);
int command_link_show(struct command_context *context);
int command_link_list(struct command_context *context);
int command_link_disable(struct command_context *context);
int command_link_enable(struct command_context *context);
int command_campaign_show(struct command_context *context);
int command_campaign_set(struct command_context *context);
int command_webhook_set(struct command_context *context);
int command_webhook_show(struct command_context *context);
int command_webhook_list(struct command_context *context);
int command_webhook_enable(struct command_context *context);
int command_webhook_disable(struct command_context *context);
int command_webhook_delete(struct command_context *context);
int command_webhook_replay(struct command_context *context);
int command_webhook_test(struct command_context *context);
int command_mint(struct command_context *context);
int command_export(struct command_context *context);
int command_rejudge(struct command_context *context);
int command_backup(struct command_context *context);
int command_restore(struct command_context *context);
int command_erasure_create(struct command_context *context);
int command_erasure_show(struct command_context *context);
int command_erasure_list(struct command_context *context);
int command_erasure_export(struct command_context *context);
int command_stats(struct command_context *context);
int command_status(struct command_context *context);
int command_token(struct command_context *context);
int command_verify(struct command_context *context);
