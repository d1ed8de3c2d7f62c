#include "load/answer.h"

#include <string.h>

#include "base/buf.h"
#include "support/cmocka.h"

#define OK_HEAD "HTTP/1.1 302 Found\r\nLocation: /a\r\n"

/* What a whole text is: `then` is what the end of the connection makes of it
 * where it is not enough by itself. */
static const struct {
	const char *text;
	enum err want;
	enum err then;
	const char *location; /* NULL: none */
	int status;
	bool closes;
} rows[] = {
	{OK_HEAD "Content-Length: 0\r\n\r\n", OK, OK, "/a", 302, false},
	{OK_HEAD "content-LENGTH:0\r\n\r\n", OK, OK, "/a", 302, false},
	{OK_HEAD "Content-Length: \t 3 \t\r\n\r\nabc", OK, OK, "/a", 302,
		false},
	{OK_HEAD "Content-Length: 5\r\n\r\n\r\n\r\nx", OK, OK, "/a", 302,
		false},
	{OK_HEAD "Content-Length: 0\r\nConnection: close\r\n\r\n", OK, OK, "/a",
		302, true},
	{OK_HEAD "Content-Length: 0\r\nConnection: x, CLOSE\r\n\r\n", OK, OK,
		"/a", 302, true},
	{OK_HEAD "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n", OK, OK,
		"/a", 302, false},
	{"HTTP/1.0 302 Found\r\nContent-Length: 0\r\n\r\n", OK, OK, NULL, 302,
		true},
	{"HTTP/1.0 302 Found\r\nContent-Length: 0\r\nConnection: keep-alive"
	 "\r\n\r\n",
		OK, OK, NULL, 302, false},
	{"HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno", OK, OK, NULL, 404,
		false},
	{"HTTP/1.1 404 \r\nContent-Length: 2\r\n\r\nno", OK, OK, NULL, 404,
		false},
	{"HTTP/1.1 204 No\r\n\r\n", OK, OK, NULL, 204, false},
	{"HTTP/1.1 304 No\r\nContent-Length: 7\r\n\r\n", OK, OK, NULL, 304,
		false},
	{OK_HEAD "X-Location: /b\r\nLocations: /c\r\nContent-Length: 0\r\n\r\n",
		OK, OK, "/a", 302, false},
	{OK_HEAD "Empty:\r\nContent-Length: 0\r\n\r\n", OK, OK, "/a", 302,
		false},
	{"HTTP/1.1 302 Found\r\nLocation:\r\nContent-Length: 0\r\n\r\n", OK, OK,
		"", 302, false},
	/* Ended by the connection. */
	{OK_HEAD "\r\n", ERR_AGAIN, OK, "/a", 302, true},
	{OK_HEAD "\r\nsome body", ERR_AGAIN, OK, "/a", 302, true},
	{"", ERR_AGAIN, ERR_CLOSED, NULL, 0, false},
	{OK_HEAD "Content-Length: 0\r\n", ERR_AGAIN, ERR_CLOSED, NULL, 0,
		false},
	{OK_HEAD "Content-Length: 3\r\n\r\nab", ERR_AGAIN, ERR_CLOSED, NULL, 0,
		false},
	/* Not answers. */
	{OK_HEAD "Content-Length: 0\r\n\r\nx", ERR_INVALID, OK, NULL, 0, false},
	{OK_HEAD "Content-Length: 3\r\n\r\nabcd", ERR_INVALID, OK, NULL, 0,
		false},
	{"HTTP/1.1 204 No\r\n\r\nx", ERR_INVALID, OK, NULL, 0, false},
	{OK_HEAD "Location: /a\r\nContent-Length: 0\r\n\r\n", ERR_INVALID, OK,
		NULL, 0, false},
	{OK_HEAD "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", ERR_INVALID,
		OK, NULL, 0, false},
	{OK_HEAD "Content-Length: -1\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{OK_HEAD "Content-Length:\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{OK_HEAD "Content-Length: 1048577\r\n\r\n", ERR_INVALID, OK, NULL, 0,
		false},
	{OK_HEAD "Transfer-Encoding: chunked\r\n\r\n", ERR_INVALID, OK, NULL, 0,
		false},
	{OK_HEAD "no name\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{OK_HEAD ": x\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{OK_HEAD " folded: x\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{OK_HEAD "A: b\nC: d\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"HTTP/1.1 302 Found\n\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"\n\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"HTTP/1.1 3x2 Found\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"HTTP/1.1 3022 Found\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"HTTP/1.1 30\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"HTTP/1.2 302 Found\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"HTTP/2 302 Found 12\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
	{"SSH-2.0-OpenSSH_9.2\r\n\r\n", ERR_INVALID, OK, NULL, 0, false},
};

static struct answer_reader reader;

static enum err feed(struct str piece)
{
	enum err err = ERR_AGAIN;

	while (piece.n && err == ERR_AGAIN) {
		size_t size;
		char *room = answer_reader_room(&reader, &size);

		assert_true(size > 0);
		if (size > piece.n)
			size = piece.n;
		memcpy(room, piece.p, size);
		piece = str_skip(piece, size);
		err = answer_reader_take(&reader, size);
	}
	return err;
}

static void check(size_t i)
{
	assert_int_equal(reader.answer.status, rows[i].status);
	assert_true(reader.answer.closes == rows[i].closes);
	if (rows[i].location)
		assert_true(str_is(reader.answer.location, rows[i].location));
	else
		assert_null(reader.answer.location.p);
}

/* In pieces of at most `most` bytes, the first of `first`. */
static void check_pieces(size_t i, size_t first, size_t most)
{
	struct str rest = str_from(rows[i].text);
	enum err err = ERR_AGAIN;
	size_t n = first;

	answer_reader_begin(&reader);
	while (rest.n && err == ERR_AGAIN) {
		n = n < rest.n ? n : rest.n;
		if (n)
			err = feed(str_make(rest.p, n));
		rest = str_skip(rest, n);
		n = most;
	}
	/* A surplus may come as a piece of its own, after the answer: then
	 * the connection is where it shows. */
	if (rows[i].want == ERR_INVALID && err == OK && rest.n)
		return;
	assert_int_equal(err, rows[i].want);
	if (err == ERR_INVALID)
		assert_non_null(reader.fault);
	if (err == ERR_AGAIN) {
		err = answer_reader_end(&reader);
		assert_int_equal(err, rows[i].then);
	}
	if (!err)
		check(i);
}

static void test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t n = strlen(rows[i].text);

		check_pieces(i, n, n);
	}
}

static void test_split_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t n = strlen(rows[i].text);

		for (size_t at = 1; at < n; at++)
			check_pieces(i, at, n);
		check_pieces(i, 1, 1);
		check_pieces(i, 1, 2);
		check_pieces(i, 1, 3);
	}
}

/* The reader is used again and again; nothing of the last one stays. */
static void test_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t before = 0; before < COUNT_OF(rows); before++) {
			check_pieces(before, 7, 11);
			check_pieces(i, 5, 13);
		}
	}
}

static void put_long(
	struct buf *b, const char *begin, size_t n, const char *end)
{
	buf_init(b, 4 << 20);
	buf_text(b, begin);
	memset(buf_reserve(b, n), 'x', n);
	buf_wrote(b, n);
	buf_text(b, end);
	assert_int_equal(buf_err(b), OK);
}

static void check_long(
	const char *begin, size_t n, const char *end, enum err want)
{
	struct buf b;

	put_long(&b, begin, n, end);
	answer_reader_begin(&reader);
	assert_int_equal(feed(buf_view(&b)), want);
	if (want)
		assert_true(want == ERR_AGAIN || reader.fault);
	buf_deinit(&b);
}

static void test_limits(void **state)
{
	static const char end[] = "\r\nContent-Length: 0\r\n\r\n";
	static const char begin[] = "HTTP/1.1 302 Found\r\nLocation: ";
	size_t rest = strlen(begin) + strlen(end);

	(void)state;
	check_long(begin, ANSWER_HEAD_MAX - rest, end, OK);
	check_long(begin, ANSWER_HEAD_MAX - rest + 1, end, ERR_TOO_LONG);
	check_long(begin, (size_t)2 * ANSWER_BYTES_MAX, "", ERR_TOO_LONG);
	check_long(OK_HEAD "Content-Length: 1048576\r\n\r\n", ANSWER_BODY_MAX,
		"", OK);
	check_long(OK_HEAD "\r\n", ANSWER_BODY_MAX, "", ERR_AGAIN);
	check_long(OK_HEAD "\r\n", ANSWER_BODY_MAX + 1, "", ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_split_at_every_byte),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
