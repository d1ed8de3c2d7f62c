#include "load/answer.h"

#include <string.h>

#include "base/assert.h"
#include "base/num.h"

enum {
	STATUS_LINE_MIN = 13 /* "HTTP/1.1 302 " */
};

/* A head while it is parsed. */
struct head {
	struct answer answer;
	bool says_close;
	bool says_keep;
	const char *fault;
};

static bool fail(struct head *h, const char *fault)
{
	h->fault = fault;
	return false;
}

static bool take_status_line(struct head *h, struct str line)
{
	uint64_t status;

	if (line.n < STATUS_LINE_MIN - 1 || !str_starts(line, STR("HTTP/1.")) ||
		(line.p[7] != '0' && line.p[7] != '1') || line.p[8] != ' ' ||
		num_parse_u64(str_make(line.p + 9, 3), 999, &status) ||
		(line.n >= STATUS_LINE_MIN && line.p[12] != ' '))
		return fail(h, "the status line is not one of HTTP/1.1");
	h->answer.status = (int)status;
	h->answer.closes = line.p[7] == '0';
	return true;
}

static bool take_location(struct head *h, struct str value)
{
	if (h->answer.location.p)
		return fail(h, "there is more than one Location");
	h->answer.location = value;
	return true;
}

static bool take_length(struct head *h, struct str value)
{
	if (h->answer.has_length)
		return fail(h, "there is more than one Content-Length");
	if (num_parse_u64(value, ANSWER_BODY_MAX, &h->answer.length))
		return fail(h, "Content-Length is no number, or too large");
	h->answer.has_length = true;
	return true;
}

static bool take_connection(struct head *h, struct str value)
{
	while (value.p) {
		struct str word = str_trim(str_split(&value, ','));

		if (str_eq_nocase(word, STR("close")))
			h->says_close = true;
		else if (str_eq_nocase(word, STR("keep-alive")))
			h->says_keep = true;
	}
	return true;
}

static bool take_coding(struct head *h, struct str value)
{
	(void)value;
	return fail(h, "it has a Transfer-Encoding");
}

static bool take_field(struct head *h, struct str line)
{
	static const struct {
		struct str name;
		bool (*take)(struct head *h, struct str value);
	} fields[] = {
		{STR("location"), take_location},
		{STR("content-length"), take_length},
		{STR("connection"), take_connection},
		{STR("transfer-encoding"), take_coding},
	};
	struct str name = str_make(line.p, str_find(line, ':'));

	if (name.n == line.n || name.n == 0 || line.p[0] == ' ' ||
		line.p[0] == '\t')
		return fail(h, "a line of the head has no name");
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		/* Most names differ in their length already. */
		if (name.n == fields[i].name.n &&
			str_eq_nocase(name, fields[i].name))
			return fields[i].take(
				h, str_trim(str_skip(line, name.n + 1)));
	}
	return true;
}

/* The line at the start of rest, without its end. */
static bool take_line(struct head *h, struct str *rest, struct str *line)
{
	size_t n = str_find(*rest, '\n');

	if (n == 0 || rest->p[n - 1] != '\r')
		return fail(h, "a line of the head does not end in CR LF");
	*line = str_make(rest->p, n - 1);
	*rest = str_skip(*rest, n + 1);
	return true;
}

/* head ends with its empty line. */
static bool take_head(struct head *h, struct str head)
{
	struct str line;

	if (!take_line(h, &head, &line) || !take_status_line(h, line))
		return false;
	for (;;) {
		if (!take_line(h, &head, &line))
			return false;
		if (line.n == 0)
			return true;
		if (!take_field(h, line))
			return false;
	}
}

static bool has_no_body(int status)
{
	return status < 200 || status == 204 || status == 304;
}

enum err answer_parse_head(struct str bytes, struct answer *answer,
	size_t *head_n, const char **fault)
{
	struct head h = {.fault = NULL};
	const char *end =
		bytes.n ? memmem(bytes.p, bytes.n, "\r\n\r\n", 4) : NULL;

	if (!end && bytes.n <= ANSWER_HEAD_MAX)
		return ERR_AGAIN;
	if (!end || end + 4 - bytes.p > ANSWER_HEAD_MAX) {
		*fault = "the head is too long";
		return ERR_TOO_LONG;
	}
	if (!take_head(&h, str_make(bytes.p, (size_t)(end + 4 - bytes.p)))) {
		*fault = h.fault;
		return ERR_INVALID;
	}
	h.answer.closes =
		h.says_close || (h.answer.closes && !h.says_keep) ||
		(!h.answer.has_length && !has_no_body(h.answer.status));
	*answer = h.answer;
	*head_n = (size_t)(end + 4 - bytes.p);
	return OK;
}

void answer_reader_begin(struct answer_reader *r)
{
	r->state = ANSWER_HEAD;
	r->n = 0;
	r->fault = NULL;
}

char *answer_reader_room(struct answer_reader *r, size_t *size)
{
	*size = sizeof(r->bytes) - r->n;
	return r->bytes + r->n;
}

static enum err take_body(struct answer_reader *r, size_t n)
{
	if (n > r->body_left) {
		r->fault = r->state == ANSWER_BODY
				   ? "there are bytes behind the answer"
				   : "the body is too long";
		return ERR_INVALID;
	}
	r->body_left -= n;
	if (r->body_left || r->state == ANSWER_BODY_TO_END)
		return ERR_AGAIN;
	r->state = ANSWER_DONE;
	return OK;
}

static void begin_body(struct answer_reader *r)
{
	if (has_no_body(r->answer.status)) {
		r->state = ANSWER_BODY;
		r->body_left = 0;
	} else if (r->answer.has_length) {
		r->state = ANSWER_BODY;
		r->body_left = r->answer.length;
	} else {
		r->state = ANSWER_BODY_TO_END;
		r->body_left = ANSWER_BODY_MAX;
	}
}

enum err answer_reader_take(struct answer_reader *r, size_t n)
{
	size_t head_n;
	size_t whole = r->n + n;
	enum err err;

	ASSERT(whole <= sizeof(r->bytes) && r->state != ANSWER_DONE);
	if (r->state != ANSWER_HEAD)
		return take_body(r, n);
	err = answer_parse_head(
		str_make(r->bytes, whole), &r->answer, &head_n, &r->fault);
	if (err) {
		r->n = whole;
		return err;
	}
	r->n = head_n;
	begin_body(r);
	return take_body(r, whole - head_n);
}

enum err answer_reader_end(struct answer_reader *r)
{
	if (r->state != ANSWER_BODY_TO_END)
		return ERR_CLOSED;
	r->state = ANSWER_DONE;
	return OK;
}
