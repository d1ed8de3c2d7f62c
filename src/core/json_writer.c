#include "core/json_writer.h"

#include "base/assert.h"
#include "core/json_quote.h"

void json_writer_init(struct json_writer *w, struct buf *b)
{
	*w = (struct json_writer){.b = b};
}

/* Before a key, or a value outside an object. */
static void separate(struct json_writer *w)
{
	if (w->comma)
		buf_byte(w->b, ',');
	w->comma = true;
}

static void begin(struct json_writer *w, char bracket)
{
	separate(w);
	buf_byte(w->b, bracket);
	w->comma = false;
	w->depth++;
}

static void end(struct json_writer *w, char bracket)
{
	ASSERT(w->depth > 0);
	buf_byte(w->b, bracket);
	w->comma = true;
	w->depth--;
}

void json_object_begin(struct json_writer *w)
{
	begin(w, '{');
}

void json_object_end(struct json_writer *w)
{
	end(w, '}');
}

void json_array_begin(struct json_writer *w)
{
	begin(w, '[');
}

void json_array_end(struct json_writer *w)
{
	end(w, ']');
}

static void put_quoted(struct buf *b, struct str s)
{
	size_t n = json_quoted_size(s);
	char *to = buf_reserve(b, n);

	if (!to)
		return;
	(void)json_quote(to, s);
	buf_wrote(b, n);
}

static void colon(struct json_writer *w)
{
	buf_byte(w->b, ':');
	w->comma = false;
}

void json_key(struct json_writer *w, const char *name)
{
	separate(w);
	buf_byte(w->b, '"');
	buf_text(w->b, name);
	buf_byte(w->b, '"');
	colon(w);
}

void json_key_str(struct json_writer *w, struct str name)
{
	separate(w);
	put_quoted(w->b, name);
	colon(w);
}

void json_put_str(struct json_writer *w, struct str s)
{
	separate(w);
	put_quoted(w->b, s);
}

void json_put_str_or_null(struct json_writer *w, struct str s)
{
	if (s.p)
		json_put_str(w, s);
	else
		json_put_null(w);
}

void json_put_u64(struct json_writer *w, uint64_t v)
{
	separate(w);
	buf_u64(w->b, v);
}

void json_put_i64(struct json_writer *w, int64_t v)
{
	separate(w);
	buf_i64(w->b, v);
}

void json_put_bool(struct json_writer *w, bool v)
{
	json_put_raw(w, v ? STR("true") : STR("false"));
}

void json_put_null(struct json_writer *w)
{
	json_put_raw(w, STR("null"));
}

void json_put_raw(struct json_writer *w, struct str json)
{
	separate(w);
	buf_str(w->b, json);
}

void json_line_end(struct json_writer *w)
{
	ASSERT(w->depth == 0);
	buf_byte(w->b, '\n');
	w->comma = false;
}
