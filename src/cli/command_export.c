#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "cli/command.h"
#include "cli/export_file.h"
#include "cli/export_query.h"
#include "cli/export_rows.h"
#include "cli/problem.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/stop.h"

enum {
	STATE_MODE = 0644,
	TRIES_MAX = 10,
	PAUSE_FIRST_MS = 250,
	PAUSE_MAX_MS = 30000,
	RETRY_AFTER_MAX_S = 3600,
	EMPTY_PAUSE_MS = 1000
};

struct export_options {
	struct session_options session;
	const char *output;
	const char *after;
	const char *format;
	const char *state;
	bool follow;
	struct export_filters filters;
};

struct export
{
	struct export_options options;
	struct session session;
	struct out out;
	struct export_file file;
	struct export_rows rows;
	struct progress progress;
	enum export_format format;
	bool header_written;
	struct buf cursor; /* where the next page begins; empty: the oldest */
	struct buf next;
	enum err err;   /* of the last request */
	bool was_there; /* the server, at least once */
	int stop_fd;
	bool stopped;
};

static enum err on_bytes(void *arg, struct str bytes)
{
	struct export *x = arg;
	uint64_t before = x->rows.rows;
	enum err e = export_rows_push(&x->rows, bytes);

	progress_add(&x->progress, x->rows.rows - before);
	return e;
}

static bool set_format(struct export *x, const char *name)
{
	x->format = EXPORT_NDJSON;
	if (name && strcmp(name, "csv") == 0)
		x->format = EXPORT_CSV;
	return !name || strcmp(name, "csv") == 0 || strcmp(name, "ndjson") == 0;
}

/* Goes on behind what FILE holds. */
static int open_output(struct export *x)
{
	const char *path = x->options.output;
	enum err e;

	if (!path) {
		out_init(&x->out);
		return EXIT_DONE;
	}
	e = out_open(&x->out, path);
	if (e == ERR_BUSY)
		return command_failed("%s: another run writes to it", path);
	if (!e)
		e = export_file_resume(&x->file, &x->out);
	if (e == ERR_INVALID)
		return command_failed(
			"%s does not hold clicks: not touched", path);
	if (e)
		return command_failed("%s: %s", path,
			e == ERR_NOMEM ? err_text(e) : strerror(errno));
	if (x->file.empty)
		return EXIT_DONE;
	if (x->options.format && x->file.format != x->format)
		return command_failed(
			"%s is not %s: not touched", path, x->options.format);
	x->format = x->file.format;
	x->header_written = x->file.has_header;
	if (x->file.cursor.n && x->options.after)
		return command_failed(
			"%s holds clicks: --after cannot be used with it",
			path);
	buf_str(&x->cursor, buf_view(&x->file.cursor));
	return EXIT_DONE;
}

static int read_state(struct export *x)
{
	const char *path = x->options.state;
	struct str text;
	struct buf bytes;
	enum err e;

	if (!path)
		return EXIT_DONE;
	buf_init(&bytes, EXPORT_CURSOR_MAX);
	e = file_read(path, &bytes);
	text = buf_view(&bytes);
	while (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	if (!e && text.n) {
		buf_reset(&x->cursor);
		buf_str(&x->cursor, text);
		x->header_written = true;
	}
	buf_deinit(&bytes);
	if (e && e != ERR_NOT_FOUND)
		return command_failed("%s: %s", path,
			e == ERR_TOO_LONG ? "is no cursor" : strerror(errno));
	return EXIT_DONE;
}

/* The rows before are out: from here on they need not come again. */
static int save(struct export *x)
{
	enum err e = out_flush(&x->out);

	if (e)
		return command_failed("the output: %s",
			e == ERR_SYSTEM ? strerror(errno) : err_text(e));
	if (!x->options.state || !x->cursor.n)
		return EXIT_DONE;
	buf_byte(&x->cursor, '\n');
	e = buf_err(&x->cursor);
	if (!e)
		e = file_write(
			x->options.state, buf_view(&x->cursor), STATE_MODE);
	x->cursor.n--;
	return e ? command_failed("%s: %s", x->options.state,
			   e == ERR_SYSTEM ? strerror(errno) : err_text(e))
		 : EXIT_DONE;
}

/* After a page that broke off, go on behind its last whole row. */
static int keep_rows(struct export *x)
{
	if (!x->rows.page_rows)
		return EXIT_DONE;
	buf_reset(&x->cursor);
	if (export_cursor_of(x->format, buf_view(&x->rows.last), &x->cursor))
		return command_failed("a click without a cursor came");
	return save(x);
}

/* How a page ended. */
enum page {
	PAGE_DONE,   /* cursor is the next one's */
	PAGE_END,    /* there is nothing behind it, now */
	PAGE_BROKEN, /* it may work later */
	PAGE_FAILED  /* and was told */
};

static enum page gone(struct export *x)
{
	struct buf oldest;

	buf_init(&oldest, EXPORT_CURSOR_MAX);
	(void)session_failed(&x->session, OK);
	if (problem_member(buf_view(&x->session.answer.body), "oldest_cursor",
		    &oldest))
		(void)fprintf(stderr,
			"The oldest click that is kept: --after %s, with "
			"another -o or --state file.\n",
			buf_cstr(&oldest));
	buf_deinit(&oldest);
	return PAGE_FAILED;
}

static enum page broken(struct export *x, enum err e)
{
	unsigned status = x->session.answer.status;
	bool transient =
		e == ERR_CLOSED || e == ERR_TIMEOUT ||
		(e == ERR_NOT_FOUND && x->was_there) ||
		(!e && (status == 429 || status == 408 || status >= 500));

	if (!e && status == 410)
		return gone(x);
	if (keep_rows(x))
		return PAGE_FAILED;
	if (e == ERR_AGAIN) {
		x->stopped = true;
		return PAGE_DONE;
	}
	if (transient)
		return PAGE_BROKEN;
	(void)session_failed(&x->session, e);
	return PAGE_FAILED;
}

/* Whether the log ended within the page; same: the next one begins where it
 * did. That alone would not do: a page may be empty and lie before others, and
 * others' clicks move the cursor on. */
static bool is_last(const struct export *x, bool same)
{
	struct str examined =
		http_client_answer_header(&x->session.answer, "Ctio-Examined");
	uint64_t n;

	if (!num_parse_u64(examined, EXPORT_PAGE, &n))
		return n < EXPORT_PAGE;
	/* A proxy has left it out. */
	return !x->rows.page_rows &&
	       (same || !export_is_filtered(&x->options.filters));
}

static enum page take_next(struct export *x)
{
	struct str link = http_client_answer_header(&x->session.answer, "Link");
	bool same;

	buf_reset(&x->next);
	if (!export_rows_is_whole(&x->rows) || export_next_of(link, &x->next)) {
		(void)command_failed("the server's page is not whole");
		return PAGE_FAILED;
	}
	same = str_eq(buf_view(&x->next), buf_view(&x->cursor));
	buf_reset(&x->cursor);
	buf_str(&x->cursor, buf_view(&x->next));
	if (!same && save(x))
		return PAGE_FAILED;
	/* Where clicks come, more may follow at once. */
	if (x->rows.page_rows && x->options.follow)
		return PAGE_DONE;
	return is_last(x, same) ? PAGE_END : PAGE_DONE;
}

static enum page one_page(struct export *x)
{
	struct http_client_request request = {.method = "GET",
		.push = on_bytes,
		.arg = x,
		.compressed = !x->session.local,
		.answer_max = SESSION_ANSWER_MAX,
		.wait_ms = x->options.follow ? EXPORT_WAIT_S * 1000u : 0,
		.stop_fd = x->stop_fd};
	struct buf target;
	enum page page = PAGE_FAILED;
	enum err e;

	buf_init(&target, SESSION_TARGET_MAX);
	export_target(&x->options.filters, x->format, x->options.follow,
		buf_view(&x->cursor), &target);
	if (buf_err(&target)) {
		(void)command_failed("the filters are too long");
		goto out;
	}
	request.target = buf_cstr(&target);
	export_rows_begin(&x->rows);
	e = session_send(&x->session, &request);
	x->err = e;
	x->was_there = x->was_there || x->session.answer.status;
	if (e || x->session.answer.status >= 300)
		page = broken(x, e);
	else
		page = take_next(x);
out:
	buf_deinit(&target);
	return page;
}

static uint64_t pause_ms(const struct export *x, unsigned tries)
{
	uint64_t ms = (uint64_t)PAUSE_FIRST_MS << (tries < 8 ? tries : 8);
	uint64_t seconds;

	if (!num_parse_u64(http_client_answer_header(
				   &x->session.answer, "Retry-After"),
		    RETRY_AFTER_MAX_S, &seconds) &&
		seconds * 1000 > ms)
		ms = seconds * 1000;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

/* False if it is time to give up. */
static bool wait_to_retry(struct export *x, unsigned *tries)
{
	uint64_t ms = pause_ms(x, *tries);
	struct buf why;

	if (x->rows.page_rows)
		*tries = 0;
	progress_end(&x->progress);
	/* Whoever follows outlives the server's restarts. */
	if (*tries == TRIES_MAX && !x->options.follow)
		return false;
	buf_init(&why, PROBLEM_BODY_MAX);
	session_problem(&x->session, x->err, &why);
	(void)fprintf(stderr, "ctio export: %s; again in %.1f s\n",
		buf_cstr(&why), (double)ms / 1000);
	buf_deinit(&why);
	if (*tries < TRIES_MAX)
		++*tries;
	x->stopped = stop_wait(x->stop_fd, ms);
	return true;
}

static int export_all(struct export *x)
{
	unsigned tries = 0;

	while (!x->stopped) {
		uint64_t start = clock_mono_ms(&clock_system);
		enum page page = one_page(x);

		if (page == PAGE_FAILED)
			return EXIT_FAILED;
		if (page == PAGE_BROKEN) {
			if (!wait_to_retry(x, &tries))
				return session_failed(&x->session, x->err);
			continue;
		}
		tries = 0;
		if (page == PAGE_END && !x->options.follow)
			return EXIT_DONE;
		/* A server that does not wait must not be asked in a loop. */
		if (page == PAGE_END &&
			clock_mono_ms(&clock_system) - start < EMPTY_PAUSE_MS)
			x->stopped = stop_wait(x->stop_fd, EMPTY_PAUSE_MS);
	}
	if (x->options.follow)
		return EXIT_DONE;
	return command_failed("interrupted; run it again to go on");
}

static int run(struct export *x)
{
	int status;
	enum err e;

	export_rows_init(&x->rows, &x->out, x->format, x->header_written);
	progress_begin(&x->progress, "clicks");
	status = export_all(x);
	progress_end(&x->progress);
	e = out_sync(&x->out);
	if (e && !status)
		status = command_failed("the output: %s",
			e == ERR_SYSTEM ? strerror(errno) : err_text(e));
	if (x->options.output)
		(void)fprintf(stderr, "ctio export: %llu clicks added\n",
			(unsigned long long)x->rows.rows);
	export_rows_deinit(&x->rows);
	return status;
}

static int prepare(struct export *x, struct command_context *context)
{
	int status;

	if (!set_format(x, x->options.format))
		return command_usage_error(context,
			"--format: expected ndjson or csv, got \"%s\"",
			x->options.format);
	if (x->options.output && x->options.state)
		return command_usage_error(
			context, "-o keeps its own place: not with --state");
	if (x->options.after)
		buf_text(&x->cursor, x->options.after);
	status = session_open(&x->session, context, &x->options.session);
	if (!status)
		status = open_output(x);
	if (!status)
		status = read_state(x);
	if (!status && buf_err(&x->cursor))
		status = command_failed("the cursor is too long");
	if (!status && stop_init(&x->stop_fd))
		status = command_failed("%s", strerror(errno));
	return status;
}

static int prepare_and_run(
	struct command_context *context, const struct export_options *options)
{
	struct export *x = calloc(1, sizeof(*x));
	int status;

	if (!x)
		return command_failed("out of memory");
	x->options = *options;
	x->out.fd = -1;
	x->stop_fd = -1;
	export_file_init(&x->file);
	/* One more, for the line end in a state file. */
	buf_init(&x->cursor, EXPORT_CURSOR_MAX + 1);
	buf_init(&x->next, EXPORT_CURSOR_MAX);
	status = prepare(x, context);
	if (!status)
		status = run(x);
	session_close(&x->session);
	out_close(&x->out);
	export_file_deinit(&x->file);
	buf_deinit(&x->cursor);
	buf_deinit(&x->next);
	free(x);
	return status;
}

int command_export(struct command_context *context)
{
	struct export_options o = {0};
	struct command_args args;
	int status;
	const struct option options[] = {
		{"output", 'o', OPTION_TEXT, "FILE",
			"where the clicks go (stdout); goes on behind its "
			"last whole line",
			&o.output},
		{"state", 0, OPTION_TEXT, "FILE",
			"keeps the cursor, for stdout", &o.state},
		{"after", 0, OPTION_TEXT, "CURSOR",
			"begin behind this click (the oldest kept)", &o.after},
		{"follow", 0, OPTION_FLAG, NULL,
			"wait for further clicks, until interrupted",
			&o.follow},
		{"format", 0, OPTION_TEXT, "ndjson|csv", "(ndjson)", &o.format},
		{"from", 0, OPTION_TEXT, "TIME", "not before this time",
			&o.filters.text[EXPORT_FROM]},
		{"to", 0, OPTION_TEXT, "TIME", "before this time",
			&o.filters.text[EXPORT_TO]},
		{"link", 0, OPTION_TEXT, "NAME", "of this link alone",
			&o.filters.text[EXPORT_LINK]},
		{"campaign", 0, OPTION_TEXT, "NAME", "of this campaign alone",
			&o.filters.text[EXPORT_CAMPAIGN]},
		{"verdict", 0, OPTION_TEXT, "VERDICT",
			"of this verdict alone, such as human",
			&o.filters.text[EXPORT_VERDICT]},
		{"recipient", 0, OPTION_TEXT, "ID", "of this recipient alone",
			&o.filters.text[EXPORT_RECIPIENT]},
		SESSION_OPTIONS(&o.session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 0, &args, &status))
		return status;
	return prepare_and_run(context, &o);
}
