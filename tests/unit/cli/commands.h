/* Runs a command of ctio within the test program, against a server that says
 * what the test wants. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/command.h"
#include "support/cmocka.h"
#include "support/http_peer.h"
#include "support/temp.h"

enum {
	TEXT_MAX = 1 << 20,
	WORDS_MAX = 24
};

#define ANSWER(status, more, length, body)                                     \
	"HTTP/1.1 " status "\r\nContent-Length: " length "\r\n" more "\r\n" body

static struct temp temp;

/* The server is no part of these tests. */
int command_serve(struct command_context *context)
{
	return command_usage_error(context, "is not tested here");
}

/* One stream into a file while a command runs. */
struct redirect {
	int fd;
	int saved;
};

static struct redirect redirect_to(int fd, const char *name, int flags)
{
	struct redirect r = {.fd = fd};
	int file = open(temp_file(&temp, name), flags | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	(void)fflush(NULL);
	r.saved = dup(fd);
	assert_true(dup2(file, fd) >= 0);
	(void)close(file);
	return r;
}

static void redirect_end(struct redirect r)
{
	(void)fflush(NULL);
	assert_true(dup2(r.saved, r.fd) >= 0);
	(void)close(r.saved);
}

static inline void get_file(const char *name, struct buf *to)
{
	buf_init(to, TEXT_MAX);
	assert_int_equal(file_read(temp_file(&temp, name), to), OK);
}

static inline void put_file(const char *name, const char *text)
{
	assert_int_equal(
		file_write(temp_file(&temp, name), str_from(text), 0600), OK);
}

static inline void assert_file(const char *name, const char *expected)
{
	struct buf got;

	get_file(name, &got);
	assert_string_equal(buf_cstr(&got), expected);
	buf_deinit(&got);
}

struct ran {
	int status;
	struct buf out;
	struct buf err;
	char *seen; /* by the server */
};

static inline void ran_free(struct ran *r)
{
	buf_deinit(&r->out);
	buf_deinit(&r->err);
	free(r->seen);
}

/* Words apart by blanks; `%` stands for the temporary folder. */
static char *split(const char *words, char *argv[WORDS_MAX], int *argc)
{
	struct buf text;
	char *copy;

	buf_init(&text, TEXT_MAX);
	buf_text(&text, "ctio ");
	for (; *words; words++) {
		if (*words == '%')
			buf_text(&text, temp.path);
		else
			buf_byte(&text, *words);
	}
	copy = strdup(buf_cstr(&text));
	buf_deinit(&text);
	*argc = 0;
	for (char *word = copy, *rest = copy; word && *word;) {
		assert_true(*argc < WORDS_MAX - 1);
		word = strsep(&rest, " ");
		argv[(*argc)++] = word;
		word = rest;
	}
	argv[*argc] = NULL;
	return copy;
}

/* Runs a command with input on stdin, against a server that answers so. */
static inline void run(const char *words, const char *input,
	const struct http_peer_step *steps, size_t steps_n, struct ran *r)
{
	struct redirect in, out, err;
	char *argv[WORDS_MAX];
	struct http_peer peer;
	char *copy;
	int argc;

	copy = split(words, argv, &argc);
	put_file("stdin", input);
	if (steps_n)
		http_peer_start(
			&peer, temp_file(&temp, "ctio.sock"), steps, steps_n);
	in = redirect_to(STDIN_FILENO, "stdin", O_RDONLY);
	out = redirect_to(
		STDOUT_FILENO, "stdout", O_WRONLY | O_CREAT | O_TRUNC);
	err = redirect_to(
		STDERR_FILENO, "stderr", O_WRONLY | O_CREAT | O_TRUNC);
	r->status = command_main(argc, argv);
	redirect_end(in);
	redirect_end(out);
	redirect_end(err);
	r->seen = NULL;
	if (steps_n) {
		http_peer_stop(&peer);
		r->seen = strdup(http_peer_seen(&peer));
		http_peer_free(&peer);
	}
	get_file("stdout", &r->out);
	get_file("stderr", &r->err);
	free(copy);
}

static inline int begin(void **state)
{
	(void)state;
	temp_init(&temp);
	(void)unsetenv("CTIO_URL");
	(void)unsetenv("CTIO_KEY");
	(void)unsetenv("CTIO_ACCOUNT");
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}
