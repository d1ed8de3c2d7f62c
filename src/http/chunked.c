#include "http/chunked.h"

#include "base/assert.h"

enum state {
	SIZE_FIRST, /* a digit must come */
	SIZE,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	END_CR,
	END_LF,
	DONE,
};

static enum state after_size_line(const struct http_chunked *c)
{
	return c->left ? DATA : END_CR;
}

/* False: bad. */
static bool take_size(struct http_chunked *c, char byte)
{
	int digit = ascii_hex_value(byte);

	if (++c->line_n > HTTP_CHUNK_LINE_MAX)
		return false;
	if (digit >= 0) {
		/* No sane chunk needs the last four bits. */
		if (c->left >> 56)
			return false;
		c->left = c->left << 4 | (unsigned)digit;
		c->state = SIZE;
		return true;
	}
	if (byte != '\r' || c->state != SIZE)
		return false;
	c->state = SIZE_LF;
	return true;
}

static bool take_framing(struct http_chunked *c, char byte)
{
	switch ((enum state)c->state) {
	case SIZE_FIRST:
	case SIZE:
		return take_size(c, byte);
	case SIZE_LF:
		c->state = after_size_line(c);
		c->line_n = 0;
		return byte == '\n';
	case DATA_CR:
		c->state = DATA_LF;
		return byte == '\r';
	case DATA_LF:
		c->state = SIZE_FIRST;
		return byte == '\n';
	case END_CR:
		c->state = END_LF;
		return byte == '\r';
	case END_LF:
		c->state = DONE;
		return byte == '\n';
	case DATA:
	case DONE:
		break;
	}
	return false;
}

enum http_chunk http_chunked_next(
	struct http_chunked *chunked, struct str *bytes, struct str *data)
{
	while (chunked->state != DATA && chunked->state != DONE) {
		if (bytes->n == 0)
			return CHUNK_MORE;
		if (!take_framing(chunked, bytes->p[0]))
			return CHUNK_BAD;
		*bytes = str_skip(*bytes, 1);
	}
	if (chunked->state == DONE)
		return CHUNK_END;
	if (bytes->n == 0)
		return CHUNK_MORE;
	*data = *bytes;
	if (data->n > chunked->left)
		data->n = (size_t)chunked->left;
	return CHUNK_DATA;
}

void http_chunked_took(struct http_chunked *chunked, size_t n)
{
	ASSERT(chunked->state == DATA && n <= chunked->left);
	chunked->left -= n;
	if (chunked->left == 0)
		chunked->state = DATA_CR;
}
