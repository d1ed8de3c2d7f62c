#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/version.h"

enum {
	WORDS_MAX = 3, /* of a command's name */
	NAME_COLUMN = 20
};

static const struct command commands[] = {
	{"serve", "[-c FILE] [--data DIR] [--set SECTION.KEY=VALUE]...",
		"Run the server.",
		"It prints a line per listener once it accepts, and ends "
		"cleanly at SIGTERM or SIGINT.",
		command_serve},
	{"check", "[-c FILE] [--set SECTION.KEY=VALUE]...",
		"Check a config file and exit.", NULL, command_check},
	{"account create", "NAME --region REGION",
		"Make an account and its first key.",
		"The key is printed once, alone on stdout, and cannot be "
		"shown again.",
		command_account_create},
	{"account list", "", "List the accounts.", NULL, command_account_list},
	{"account show", "NAME", "Show an account.", NULL,
		command_account_show},
	{"account set", "NAME [--fallback URL] [--allow-host HOST]...",
		"Change an account's settings.", NULL, command_account_set},
	{"account disable", "NAME", "Disable an account, its keys and tokens.",
		NULL, command_account_disable},
	{"account enable", "NAME", "Enable it again.", NULL,
		command_account_enable},
	{"account key list", "NAME", "List an account's keys.", NULL,
		command_account_key_list},
	{"account key add", "NAME [--scope LIST] [--expires DURATION]",
		"Make one more key.",
		"The key is printed once, alone on stdout, and cannot be "
		"shown again.",
		command_account_key_add},
	{"account key revoke", "NAME ID", "Revoke a key, at once.", NULL,
		command_account_key_revoke},
	{"link set", "NAME [--to URL]", "Make a link, or change it.",
		"With --to the link is made, or replaced as a whole: what is "
		"not given gets\nits default. Without --to only what is given "
		"changes. Tokens already sent\nfollow at once; a variable that "
		"they may have no value for needs a --default.",
		command_link_set},
	{"link show", "NAME", "Show a link.", NULL, command_link_show},
	{"link list", "", "List the links.", NULL, command_link_list},
	{"link disable", "NAME", "Stop a link's tokens.", NULL,
		command_link_disable},
	{"link enable", "NAME", "Let them work again.", NULL,
		command_link_enable},
	{"campaign show", "NAME", "Show a campaign.", NULL,
		command_campaign_show},
	{"campaign set", "NAME [--disable | --enable] [--override URL]",
		"Stop, start or re-point all of a campaign's tokens.", NULL,
		command_campaign_set},
	{"webhook set", "NAME [--url URL]",
		"Have clicks sent to a URL, or change that.",
		"A new one gets the clicks that follow, or those behind "
		"--after. Its secret, which\n"
		"signs what is sent, is shown this one time, unless --secret "
		"gave it.",
		command_webhook_set},
	{"webhook show", "NAME", "Show a webhook, and how far it has come.",
		NULL, command_webhook_show},
	{"webhook list", "", "List the webhooks.", NULL, command_webhook_list},
	{"webhook disable", "NAME", "Send it nothing for now.", NULL,
		command_webhook_disable},
	{"webhook enable", "NAME", "Go on where it was left.", NULL,
		command_webhook_enable},
	{"webhook delete", "NAME", "Remove a webhook.", NULL,
		command_webhook_delete},
	{"webhook replay", "NAME --after CURSOR | --all",
		"Send clicks again, from a cursor on.", NULL,
		command_webhook_replay},
	{"webhook test", "NAME", "Send something that is no click, and see.",
		"Exits with 0 if it was answered by a status of 2xx.",
		command_webhook_test},
	{"mint", "--link NAME [-o FILE] [FILE]",
		"Make a token for each recipient, from CSV or NDJSON.",
		"CSV has a header row: recipient, ref, and the link's "
		"variables; other columns pass\n"
		"through. NDJSON has one flat object a line, or its variables "
		"in \"params\". The same\n"
		"rows come out with token, url and error added. Rows are read "
		"from FILE or stdin.\n"
		"With -o FILE, an interrupted run goes on after the last "
		"complete row when it is\n"
		"run again: FILE.ctio-mint says how, until all is done.",
		command_mint},
	{"export", "[-o FILE] [--follow]", "Write the clicks.",
		"With -o FILE, a further run goes on after the file's last "
		"complete line. With\n"
		"--state FILE, rows go to stdout and FILE keeps the cursor: "
		"rows come at least once.",
		command_export},
	{"rejudge", "",
		"Judge past clicks again, by the rules as they are now: reads "
		"[click] verdict_rules anew, which new clicks are judged by as "
		"well, rewrites what comes out otherwise, and waits for it.",
		"Changed clicks come again in the feed with revisions=yes.",
		command_rejudge},
	{"backup", "DIR", "Copy all that the running server keeps.",
		"DIR is made, by the server; it has that name only when it is "
		"whole. `sha256sum -c\n"
		"SHA256SUMS` checks it, and `ctio restore DIR` puts it back. "
		"Whoever has token.keys\n"
		"can make tokens: keep them as safe as the store, or apart "
		"from it with --no-keys.",
		command_backup},
	{"restore", "DIR [--data DIR] [--erasures FILE]",
		"Put a backup back, where no server runs.",
		"A region whose folder is there already is not touched: move "
		"it away first. What is\n"
		"put back gives out no number again that was given out after "
		"the backup: cursors from\n"
		"that time are refused, and its tokens are unknown; webhooks "
		"go on when it is served.\n"
		"With "
		"--erasures FILE, what\n"
		"`ctio erasure export` wrote, whoever was erased since the "
		"backup is erased again.",
		command_restore},
	{"erasure create", "[RECIPIENT]", "Forget a person.",
		"What is held of the recipient goes from tokens, clicks and "
		"disk; counters stay.\nWithout RECIPIENT it is read from "
		"stdin. `ctio erasure show ID` tells when it is done.",
		command_erasure_create},
	{"erasure show", "ID", "Show the receipt of an erasure.", NULL,
		command_erasure_show},
	{"erasure list", "", "List the erasures.", NULL, command_erasure_list},
	{"erasure export", "", "Write what was erased, for older backups.",
		"A line of JSON for some tokens each, of all regions and "
		"accounts: their numbers,\nand nothing else of them.",
		command_erasure_export},
	{"stats", "[--by WHAT] [--from TIME] [--to TIME]",
		"Count tokens and clicks.",
		"RATE is the tokens that were clicked, of those minted. The "
		"last row is the sum of all.",
		command_stats},
	{"status", "", "What the server is doing.", NULL, command_status},
	{"token", "TOKEN", "Explain a token.", NULL, command_token},
	{"verify", "[-c FILE] [--data DIR]",
		"Check every record, and count the clicks again.",
		"For a data folder that no server has open. The exit status "
		"is 1 if anything is\nwrong. What was counted is compared with "
		"the click log; for that it needs about as\nmuch free space as "
		"DATA/REGION/tally takes.",
		command_verify},
};

enum {
	COMMANDS_N = sizeof(commands) / sizeof(commands[0])
};

static void print_commands(FILE *to)
{
	(void)fprintf(to, "usage: ctio COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < COMMANDS_N; i++)
		(void)fprintf(to, "  %-*s %s\n", NAME_COLUMN, commands[i].name,
			commands[i].help);
	(void)fprintf(to,
		"\n`ctio COMMAND --help` says more; `ctio --version` names the "
		"version.\n");
}

/* The number of words that the name and argv share from their start, if they
 * are all of the name's (whole) or all of argv's up to its first option. */
static int match(
	const struct command *c, int argc, const char *const *argv, bool *whole)
{
	struct str rest = str_from(c->name);
	int n = 0;

	while (rest.n && n < argc && n < WORDS_MAX) {
		struct str before = rest;
		struct str word = str_split(&rest, ' ');

		if (!str_is(word, argv[n])) {
			rest = before;
			break;
		}
		n++;
	}
	*whole = rest.n == 0;
	return n;
}

/* Names that begin with these words, for `ctio account`. */
static bool print_group(FILE *to, int words, int argc, const char *const *argv)
{
	bool any = false, whole;

	for (size_t i = 0; words > 0 && i < COMMANDS_N; i++) {
		if (match(&commands[i], argc, argv, &whole) < words)
			continue;
		(void)fprintf(to, "  ctio %s %s\n", commands[i].name,
			commands[i].usage);
		any = true;
	}
	return any;
}

static const struct command *find(int argc, const char *const *argv, int *words)
{
	int longest = 0;

	for (size_t i = 0; i < COMMANDS_N; i++) {
		bool whole;
		int n = match(&commands[i], argc, argv, &whole);

		if (whole) {
			*words = n;
			return &commands[i];
		}
		if (n > longest)
			longest = n;
	}
	*words = longest;
	return NULL;
}

static bool is_help(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
	       strcmp(word, "-h") == 0;
}

/* argv without "ctio", for words that are no command. */
static int no_command(int words, int argc, const char *const *argv)
{
	if (words && words < argc && is_help(argv[words])) {
		(void)print_group(stdout, words, words, argv);
		return EXIT_DONE;
	}
	if (words) {
		(void)fprintf(stderr, "ctio: %s what? One of\n", argv[0]);
		(void)print_group(stderr, words, words, argv);
		return EXIT_USAGE;
	}
	(void)fprintf(stderr,
		"ctio: there is no command \"%s\"; see `ctio help`\n", argv[0]);
	return EXIT_USAGE;
}

static int run(int argc, const char *const *argv)
{
	struct command_context context;
	int words;

	context.command = find(argc, argv, &words);
	if (!context.command)
		return no_command(words, argc, argv);
	context.argc = argc - words;
	context.argv = argv + words;
	return context.command->run(&context);
}

/* `ctio help mint` is `ctio mint --help`. */
static int help(int argc, const char *const *argv)
{
	const char *with_help[WORDS_MAX + 1];
	int n = 0;

	for (; n < argc && n < WORDS_MAX; n++)
		with_help[n] = argv[n];
	if (n == 0) {
		print_commands(stdout);
		return EXIT_DONE;
	}
	with_help[n++] = "--help";
	return run(n, with_help);
}

int command_main(int argc, char **argv)
{
	const char *const *words = (const char *const *)argv + 1;
	int status;

	if (argc < 2) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	argc--;
	if (strcmp(words[0], "--version") == 0) {
		(void)printf("ctio %s\n", CTIO_VERSION);
		status = EXIT_DONE;
	} else if (is_help(words[0])) {
		status = help(argc - 1, words + 1);
	} else {
		status = run(argc, words);
	}
	/* A full disk or a closed pipe behind stdout is a failure like any. */
	if (fflush(stdout) != 0 && status == EXIT_DONE)
		return command_failed("stdout: cannot be written");
	return status;
}

int command_usage_error(
	const struct command_context *context, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "ctio %s: ", context->command->name);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fprintf(
		stderr, "; see `ctio %s --help`\n", context->command->name);
	return EXIT_USAGE;
}

int command_failed(const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "ctio: ");
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fprintf(stderr, "\n");
	return EXIT_FAILED;
}
