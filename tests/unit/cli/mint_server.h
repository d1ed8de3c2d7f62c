/* A server for `ctio mint` that keeps its promise on Idempotency-Keys, and
 * runs against it that end where the test wants. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/mint_run.h"
#include "support/cmocka.h"
#include "support/temp.h"

enum {
	TEXT_MAX = 1 << 22,
	KEYS_MAX = 64,
	LINES_MAX = 64,
	LINE_MAX_BYTES = 256
};

static struct temp temp;

/* A server that keeps its promise on Idempotency-Keys, and breaks off where it
 * is told to. */
struct fake_line {
	char text[LINE_MAX_BYTES];
	unsigned token; /* 0: refused */
};

struct fake_key {
	char key[MINT_KEY_MAX];
	size_t n;
	struct fake_line lines[LINES_MAX];
};

struct fake {
	size_t keys_n;
	struct fake_key keys[KEYS_MAX];
	unsigned minted;
	unsigned posts;
	unsigned pauses;
	/* Answers that leave before it breaks off, each time; 0: it does
	 * not. */
	size_t break_after;
	/* The first posts are answered so. */
	unsigned busy_posts;
	unsigned busy_status;
	size_t piece; /* bytes pushed at once */
};

static struct fake fake;

static inline struct fake_key *find_key(const char *key)
{
	for (size_t i = 0; i < fake.keys_n; i++)
		if (strcmp(fake.keys[i].key, key) == 0)
			return &fake.keys[i];
	assert_true(fake.keys_n < KEYS_MAX);
	(void)snprintf(fake.keys[fake.keys_n].key, MINT_KEY_MAX, "%s", key);
	return &fake.keys[fake.keys_n++];
}

/* Mints the line, or finds it minted; false if it differs. */
static inline bool mint_line(struct fake_key *k, size_t i, struct str line)
{
	struct fake_line *l = &k->lines[i];

	assert_true(i < LINES_MAX && line.n < LINE_MAX_BYTES);
	if (i < k->n)
		return str_is(line, l->text);
	memcpy(l->text, line.p, line.n);
	l->text[line.n] = '\0';
	l->token = str_contains(line, STR("bad")) ? 0 : ++fake.minted;
	k->n++;
	return true;
}

CHECKED static inline enum err push_all(struct str text,
	enum err (*push)(void *arg, struct str bytes), void *arg)
{
	while (text.n) {
		size_t n = text.n < fake.piece ? text.n : fake.piece;
		enum err e = push(arg, str_make(text.p, n));

		if (e)
			return e;
		text = str_skip(text, n);
	}
	return OK;
}

static inline void answer_line(struct buf *to, const struct fake_line *l)
{
	if (l->token)
		buf_printf(to,
			"{\"token\":\"u%u\",\"url\":\"https://x/u%u\","
			"\"expires_at\":null}\n",
			l->token, l->token);
	else
		buf_text(to, "{\"error\":{\"title\":\"refused, \\\"so\\\"\","
			     "\"status\":422}}\n");
}

static inline void fake_post(void *arg, const char *key, struct str lines,
	enum err (*push)(void *arg, struct str bytes), void *push_arg,
	struct mint_reply *reply)
{
	struct fake_key *k = find_key(key);
	struct buf out;

	(void)arg;
	fake.posts++;
	reply->status = 200;
	if (fake.posts <= fake.busy_posts) {
		reply->status = fake.busy_status;
		buf_text(&reply->problem, "busy");
		return;
	}
	buf_init(&out, TEXT_MAX);
	for (size_t i = 0; lines.n; i++) {
		struct str line = str_split(&lines, '\n');

		if (!mint_line(k, i, line)) {
			buf_printf(&out,
				"{\"error\":{\"title\":\"differs\",\"status\":"
				"422},\"line\":%zu}\n",
				i + 1);
			reply->err = ERR_CLOSED;
			break;
		}
		/* All is minted, though not all of it is told. */
		if (!fake.break_after || i < fake.break_after)
			answer_line(&out, &k->lines[i]);
	}
	if (fake.break_after && k->n > fake.break_after) {
		reply->err = ERR_CLOSED;
		buf_text(&reply->problem, "broken");
		/* And half a line more. */
		buf_text(&out, "{\"token\":\"u");
	}
	if (push_all(buf_view(&out), push, push_arg))
		reply->err = ERR_CLOSED;
	buf_deinit(&out);
}

static inline void fake_pause(void *arg, uint64_t ms, const char *why)
{
	(void)arg;
	assert_true(ms > 0 && ms <= 30000);
	assert_true(why[0] != '\0');
	fake.pauses++;
}

static inline void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.piece = 7;
}

static inline void put_file(const char *name, struct str bytes)
{
	assert_int_equal(file_write(temp_file(&temp, name), bytes, 0600), OK);
}

static inline void get_file(const char *name, struct buf *to)
{
	buf_init(to, TEXT_MAX);
	assert_int_equal(file_read(temp_file(&temp, name), to), OK);
}

static inline bool exists(const char *name)
{
	return access(temp_file(&temp, name), F_OK) == 0;
}

/* What one run says at its end. */
struct ended {
	enum err err;
	char problem[1024];
	uint64_t earlier;
	struct mint_counts counts;
};

static inline void run_with(struct mint_run *r, struct ended *ended)
{
	ended->err = mint_run(r);
	(void)snprintf(ended->problem, sizeof(ended->problem), "%s",
		r->problem[0] ? r->problem
			      : buf_cstr(&r->sender->reply.problem));
	ended->earlier = r->earlier;
	ended->counts = r->sender->counts;
}

static const struct mint_vars vars = {.n = 1, .name = {{"cart", 4}}};

/* As `ctio mint -o out < in`, with chunks of three rows. */
static inline void mint(const char *input, struct ended *ended)
{
	struct mint_server server = {fake_post, fake_pause, NULL};
	struct mint_sender sender;
	struct mint_input in;
	struct mint_rows rows;
	struct mint_side side = {.id = "0123456789abcdef",
		.chunk_rows = 3,
		.chunk_bytes = 1 << 20};
	enum mint_format format = MINT_CSV;
	char side_path[4096];
	struct out out;
	struct mint_run run = {.in = &in,
		.rows = &rows,
		.sender = &sender,
		.out = &out,
		.side = &side,
		.side_path = side_path};
	int fd;

	put_file("in", str_from(input));
	(void)snprintf(side_path, sizeof(side_path), "%s",
		temp_file(&temp, "out.ctio-mint"));
	fd = open(temp_file(&temp, "in"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(mint_input_init(&in, fd), OK);
	assert_int_equal(mint_input_format(&in, &format), OK);
	side.format = format;
	run.side_exists = mint_side_read(side_path, &side) == OK;
	if (!run.side_exists) {
		side = (struct mint_side){.chunk_rows = 3,
			.chunk_bytes = 1 << 20,
			.format = format};
		/* Each run that begins anew has an id of its own. */
		(void)snprintf(side.id, sizeof(side.id), "%u", fake.posts);
	}
	assert_int_equal(out_open(&out, temp_file(&temp, "out")), OK);
	mint_rows_init(&rows, format, &vars);
	mint_sender_init(&sender, &server, &out, format, NULL);
	run_with(&run, ended);
	mint_sender_deinit(&sender);
	mint_rows_deinit(&rows);
	mint_input_deinit(&in);
	out_close(&out);
	(void)close(fd);
}

static inline void forget_files(void)
{
	(void)unlink(temp_file(&temp, "out"));
	(void)unlink(temp_file(&temp, "out.ctio-mint"));
}
