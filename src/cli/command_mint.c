#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/mint_check.h"
#include "cli/mint_link.h"
#include "cli/mint_run.h"
#include "cli/session.h"
#include "core/uri_template.h"

enum {
	WHY_MAX = 4 << 10,
	RETRY_AFTER_MAX_S = 3600
};

/* The server keeps a key for 7 days; the last of an old run's may not end
 * while they are used. */
static const uint64_t key_lives_ms = (7 * 24 - 1) * 3600000ull;

struct mint_options {
	struct session_options session;
	const char *link;
	const char *campaign;
	const char *ttl;
	const char *output;
	const char *format;
	bool dry_run;
};

/* Everything a run holds; all of it is released at one place. */
struct mint {
	struct mint_options options;
	struct session session;
	struct mint_input input;
	int input_fd;
	struct out out;
	char *side_path;
	bool side_exists;
	struct mint_side side;
	struct mint_link link;
	struct mint_vars vars;
	struct mint_rows rows;
	struct mint_sender sender;
	struct mint_server server;
	struct progress progress;
	enum mint_format format;
	struct buf target;
};

static void on_post(void *arg, const char *key, struct str lines,
	enum err (*push)(void *arg, struct str bytes), void *push_arg,
	struct mint_reply *reply)
{
	struct mint *m = arg;
	const struct http_client_header headers[] = {
		{"Content-Type", "application/x-ndjson"},
		{"Idempotency-Key", key}};
	struct http_client_request request = {.method = "POST",
		.target = buf_cstr(&m->target),
		.headers = headers,
		.headers_n = sizeof(headers) / sizeof(headers[0]),
		.body = lines,
		.push = push,
		.arg = push_arg,
		.answer_max = SESSION_ANSWER_MAX,
		.stop_fd = -1};
	uint64_t seconds;

	reply->err = session_send(&m->session, &request);
	reply->status = m->session.answer.status;
	if (reply->err || reply->status >= 300)
		session_problem(&m->session, reply->err, &reply->problem);
	if (!num_parse_u64(http_client_answer_header(
				   &m->session.answer, "Retry-After"),
		    RETRY_AFTER_MAX_S, &seconds))
		reply->retry_after_ms = seconds * 1000;
}

static void on_pause(void *arg, uint64_t ms, const char *why)
{
	struct mint *m = arg;
	struct timespec rest = {.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000};

	progress_end(&m->progress);
	(void)fprintf(stderr, "ctio mint: %s; again in %.1f s\n", why,
		(double)ms / 1000);
	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		continue;
}

static int open_input(struct mint *m, const char *path)
{
	struct stat in, out;

	m->input_fd = STDIN_FILENO;
	if (path && strcmp(path, "-") != 0)
		m->input_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (m->input_fd < 0)
		return command_failed("%s: %s", path, strerror(errno));
	if (m->options.output && fstat(m->input_fd, &in) == 0 &&
		stat(m->options.output, &out) == 0 && in.st_dev == out.st_dev &&
		in.st_ino == out.st_ino)
		return command_failed(
			"%s is both input and output", m->options.output);
	if (mint_input_init(&m->input, m->input_fd))
		return command_failed("out of memory");
	return EXIT_DONE;
}

static int find_format(struct mint *m, struct command_context *context)
{
	const char *name = m->options.format;
	enum err e = OK;

	if (!name)
		e = mint_input_format(&m->input, &m->format);
	else if (strcmp(name, "csv") == 0)
		m->format = MINT_CSV;
	else if (strcmp(name, "ndjson") == 0)
		m->format = MINT_NDJSON;
	else
		return command_usage_error(context,
			"--format: expected csv or ndjson, got \"%s\"", name);
	if (e == ERR_NOT_FOUND)
		return command_failed("the input is empty");
	return e ? command_failed("the input: %s",
			   errno ? strerror(errno) : err_text(e))
		 : EXIT_DONE;
}

static bool put_text(char to[MINT_SIDE_TEXT_MAX], const char *from)
{
	int n = snprintf(to, MINT_SIDE_TEXT_MAX, "%s", from ? from : "");

	return n >= 0 && n < MINT_SIDE_TEXT_MAX;
}

/* What this run would write beside its output. */
static int describe(struct mint *m)
{
	struct mint_side *side = &m->side;
	uint8_t id[MINT_ID_LEN / 2];
	char *real = m->session.local
			     ? realpath(buf_cstr(&m->session.where), NULL)
			     : NULL;
	bool fits;

	*side = (struct mint_side){.started_ms = clock_wall_ms(&clock_system),
		.chunk_rows = MINT_CHUNK_ROWS,
		.chunk_bytes = MINT_CHUNK_BYTES,
		.format = m->format};
	random_fill(id, sizeof(id));
	num_put_hex(side->id, id, sizeof(id));
	fits = put_text(side->link, m->options.link) &&
	       put_text(side->campaign, m->options.campaign) &&
	       put_text(side->ttl, m->options.ttl) &&
	       put_text(side->account, m->session.account) &&
	       put_text(
		       side->server, real ? real : buf_cstr(&m->session.where));
	free(real);
	return fits ? EXIT_DONE : command_failed("an option is too long");
}

/* Takes an earlier run's side file over, if there is one that fits. */
static int resume(struct mint *m)
{
	struct mint_side earlier;
	const char *differs;
	enum err e;

	e = mint_side_read(m->side_path, &earlier);
	if (e == ERR_NOT_FOUND)
		return EXIT_DONE;
	if (e)
		return command_failed("%s: %s", m->side_path, err_text(e));
	differs = mint_side_differs(&earlier, &m->side);
	if (differs)
		return command_failed(
			"%s is from a run that was interrupted, and %s was "
			"another there: run it again as it was, or remove "
			"both files",
			m->side_path, differs);
	if (m->side.started_ms - earlier.started_ms > key_lives_ms &&
		m->side.started_ms > earlier.started_ms)
		return command_failed(
			"%s is from a run that was interrupted more than 7 "
			"days ago: rows that it minted but did not write "
			"cannot be told any more. Remove it to mint every "
			"row that is not in %s anew",
			m->side_path, m->options.output);
	m->side = earlier;
	m->side_exists = true;
	return EXIT_DONE;
}

/* The link's variables: the server's word now, or an interrupted run's. */
static int find_vars(struct mint *m)
{
	int status;

	if (m->side_exists) {
		m->link.vars_n = m->side.vars_n;
		memcpy(m->link.vars, m->side.vars, sizeof(m->link.vars));
	} else {
		status = mint_link_get(&m->session, m->options.link, &m->link);
		if (status)
			return status;
		m->side.vars_n = m->link.vars_n;
		memcpy(m->side.vars, m->link.vars, sizeof(m->side.vars));
	}
	mint_link_vars(&m->link, &m->vars);
	return EXIT_DONE;
}

static int open_output(struct mint *m)
{
	enum err e;

	if (!m->options.output) {
		out_init(&m->out);
		return EXIT_DONE;
	}
	e = out_open(&m->out, m->options.output);
	if (e == ERR_BUSY)
		return command_failed(
			"%s: another run writes to it", m->options.output);
	if (e)
		return command_failed(
			"%s: %s", m->options.output, strerror(errno));
	m->side_path = mint_side_path(m->options.output);
	if (!m->side_path)
		return command_failed("out of memory");
	return resume(m);
}

static int build_target(struct mint *m)
{
	const char *const values[][2] = {{"?link=", m->options.link},
		{"&campaign=", m->options.campaign}, {"&ttl=", m->options.ttl}};

	buf_text(&m->target, "/v1/tokens");
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!values[i][1])
			continue;
		buf_text(&m->target, values[i][0]);
		uri_encode(&m->target, str_from(values[i][1]));
	}
	return buf_err(&m->target) ? command_failed("an option is too long")
				   : EXIT_DONE;
}

static void summarize(const struct mint_counts *c, uint64_t earlier)
{
	(void)fprintf(stderr, "ctio mint: %llu minted, %llu with errors",
		(unsigned long long)c->minted, (unsigned long long)c->bad);
	if (earlier)
		(void)fprintf(stderr, ", %llu were there already",
			(unsigned long long)earlier);
	(void)fputc('\n', stderr);
	mint_show_errors(c);
}

/* A system's reason, where the problem has one. */
static const char *reason(enum err e, int number)
{
	switch (e) {
	case ERR_SYSTEM:
		return strerror(number);
	case ERR_IO:
	case ERR_DISK_FULL:
	case ERR_NOMEM:
		return err_text(e);
	default:
		return NULL;
	}
}

static int explain(
	struct mint *m, const struct mint_run *run, enum err e, int number)
{
	const char *what = run->problem[0] ? run->problem
					   : buf_cstr(&m->sender.reply.problem);
	const char *why = reason(e, number);

	(void)command_failed(
		"%s%s%s", what, what[0] && why ? ": " : "", why ? why : "");
	summarize(&m->sender.counts, run->earlier);
	if (e == ERR_CONFLICT)
		return EXIT_FAILED;
	(void)fprintf(stderr,
		m->options.output
			? "Run the same command again to go on: no row is "
			  "minted twice.\n"
			: "With -o FILE a run can be gone on with.\n");
	return EXIT_FAILED;
}

static int mint(struct mint *m)
{
	struct mint_run run = {.in = &m->input,
		.rows = &m->rows,
		.sender = &m->sender,
		.out = &m->out,
		.side = &m->side,
		.side_path = m->side_path,
		.side_exists = m->side_exists};
	int number;
	enum err e;

	m->server = (struct mint_server){on_post, on_pause, m};
	progress_begin(&m->progress, "rows");
	mint_sender_init(
		&m->sender, &m->server, &m->out, m->format, &m->progress);
	errno = 0;
	e = mint_run(&run);
	number = errno;
	progress_end(&m->progress);
	if (e)
		return explain(m, &run, e, number);
	summarize(&m->sender.counts, run.earlier);
	return EXIT_DONE;
}

static int dry_run(struct mint *m)
{
	struct mint_counts counts = {0};
	struct mint_row row;
	struct buf why;
	enum err e = OK;

	buf_init(&why, WHY_MAX);
	while (!e) {
		e = mint_rows_next(
			&m->rows, &m->input.rest, m->input.ended, &row);
		if (e == ERR_AGAIN)
			e = mint_input_fill(&m->input);
		else if (!e && row.number) {
			buf_reset(&why);
			buf_str(&why, row.error);
			if (row.line.n)
				mint_check_line(&m->vars, row.line, &why);
			mint_count(&counts, row.number, str_make(why.p, why.n));
		}
	}
	buf_deinit(&why);
	if (e != ERR_NOT_FOUND)
		return command_failed("%s",
			m->rows.problem[0] ? m->rows.problem : err_text(e));
	(void)printf("%llu rows are fine, %llu are not\n",
		(unsigned long long)counts.minted,
		(unsigned long long)counts.bad);
	mint_show_errors(&counts);
	return counts.bad ? EXIT_FAILED : EXIT_DONE;
}

static int prepare(
	struct mint *m, struct command_context *context, const char *path)
{
	int status = open_input(m, path);

	if (!status)
		status = find_format(m, context);
	if (!status)
		status =
			session_open(&m->session, context, &m->options.session);
	if (!status)
		status = describe(m);
	if (!status && !m->options.dry_run)
		status = open_output(m);
	if (!status)
		status = find_vars(m);
	if (!status)
		status = build_target(m);
	if (!status)
		mint_rows_init(&m->rows, m->format, &m->vars);
	return status;
}

static void release(struct mint *m)
{
	mint_rows_deinit(&m->rows);
	mint_sender_deinit(&m->sender);
	session_close(&m->session);
	mint_input_deinit(&m->input);
	if (m->input_fd > STDIN_FILENO)
		(void)close(m->input_fd); /* it was only read */
	out_close(&m->out);
	buf_deinit(&m->target);
	free(m->side_path);
	free(m);
}

static int run(struct command_context *context,
	const struct mint_options *options, const char *path)
{
	struct mint *m = calloc(1, sizeof(*m));
	int status;

	if (!m)
		return command_failed("out of memory");
	m->options = *options;
	m->input_fd = -1;
	m->out.fd = -1;
	buf_init(&m->target, SESSION_TARGET_MAX);
	status = prepare(m, context, path);
	if (!status)
		status = m->options.dry_run ? dry_run(m) : mint(m);
	release(m);
	return status;
}

int command_mint(struct command_context *context)
{
	struct mint_options o = {0};
	struct command_args args;
	int status;
	const struct option options[] = {
		{"link", 0, OPTION_TEXT, "NAME", "where the tokens lead",
			&o.link},
		{"campaign", 0, OPTION_TEXT, "NAME", "what they belong to",
			&o.campaign},
		{"ttl", 0, OPTION_TEXT, "DURATION",
			"how long they work, such as 90d", &o.ttl},
		{"output", 'o', OPTION_TEXT, "FILE",
			"where the rows go (stdout)", &o.output},
		{"format", 0, OPTION_TEXT, "csv|ndjson",
			"of the input, if its first byte does not tell",
			&o.format},
		{"dry-run", 0, OPTION_FLAG, NULL,
			"check the rows, mint nothing", &o.dry_run},
		SESSION_OPTIONS(&o.session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 1, &args, &status))
		return status;
	if (!o.link)
		return command_usage_error(context, "--link is missing");
	return run(context, &o, args.n ? args.arg[0] : NULL);
}
