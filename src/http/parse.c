#include "http/parse.h"

#include <string.h>

#include "base/num.h"
#include "http/target.h"

enum {
	/* A request line that may still be good: the target and room for an
	 * overlong method, version and blanks. */
	LINE_MAX_BYTES = HTTP_TARGET_MAX + 256,
	LENGTH_DIGITS_MAX = 19,
	KNOWN_NAME_MAX = 17,
};

#define BIT(known) (UINT32_C(1) << (known))
_Static_assert(HTTP_KNOWN_N <= 32, "they are bits");

struct known_field {
	const char *name; /* lower case */
	bool once;
	bool last;
};

static const struct known_field known_fields[HTTP_KNOWN_N] = {
	[HTTP_ACCEPT] = {"accept"},
	[HTTP_ACCEPT_ENCODING] = {"accept-encoding"},
	[HTTP_ACCEPT_LANGUAGE] = {"accept-language"},
	[HTTP_AUTHORIZATION] = {"authorization", .once = true},
	[HTTP_CONNECTION] = {"connection"},
	[HTTP_CONTENT_LENGTH] = {"content-length", .once = true},
	[HTTP_CONTENT_TYPE] = {"content-type", .once = true},
	[HTTP_CTIO_ACCOUNT] = {"ctio-account", .once = true},
	[HTTP_EXPECT] = {"expect", .once = true},
	[HTTP_HOST] = {"host", .once = true},
	[HTTP_IDEMPOTENCY_KEY] = {"idempotency-key", .once = true},
	[HTTP_IF_NONE_MATCH] = {"if-none-match"},
	[HTTP_PURPOSE] = {"purpose"},
	[HTTP_REFERER] = {"referer"},
	[HTTP_SEC_PURPOSE] = {"sec-purpose"},
	[HTTP_TRANSFER_ENCODING] = {"transfer-encoding", .once = true},
	[HTTP_USER_AGENT] = {"user-agent"},
	[HTTP_X_FORWARDED_FOR] = {"x-forwarded-for", .last = true},
	[HTTP_X_MOZ] = {"x-moz"},
	[HTTP_X_PURPOSE] = {"x-purpose"},
	[HTTP_X_REQUEST_ID] = {"x-request-id"},
};

/* Which of them have that length. */
static const uint32_t known_of_length[KNOWN_NAME_MAX + 1] = {
	[4] = BIT(HTTP_HOST),
	[5] = BIT(HTTP_X_MOZ),
	[6] = BIT(HTTP_ACCEPT) | BIT(HTTP_EXPECT),
	[7] = BIT(HTTP_PURPOSE) | BIT(HTTP_REFERER),
	[9] = BIT(HTTP_X_PURPOSE),
	[10] = BIT(HTTP_CONNECTION) | BIT(HTTP_USER_AGENT),
	[11] = BIT(HTTP_SEC_PURPOSE),
	[12] = BIT(HTTP_CONTENT_TYPE) | BIT(HTTP_CTIO_ACCOUNT) |
	       BIT(HTTP_X_REQUEST_ID),
	[13] = BIT(HTTP_AUTHORIZATION) | BIT(HTTP_IF_NONE_MATCH),
	[14] = BIT(HTTP_CONTENT_LENGTH),
	[15] = BIT(HTTP_ACCEPT_ENCODING) | BIT(HTTP_ACCEPT_LANGUAGE) |
	       BIT(HTTP_IDEMPOTENCY_KEY) | BIT(HTTP_X_FORWARDED_FOR),
	[17] = BIT(HTTP_TRANSFER_ENCODING),
};

static const struct {
	const char *name;
	enum http_method method;
} methods[] = {
	{"GET", HTTP_GET},
	{"HEAD", HTTP_HEAD},
	{"POST", HTTP_POST},
	{"PUT", HTTP_PUT},
	{"PATCH", HTTP_PATCH},
	{"DELETE", HTTP_DELETE},
	{"OPTIONS", HTTP_OPTIONS},
};

/* RFC 9110 5.6.2: the characters of methods and field names. */
/* clang-format off */
static const bool token_chars[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
	['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
	['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
	['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
};
/* clang-format on */

static bool is_token(char c)
{
	return token_chars[(unsigned char)c];
}

static enum err refuse(struct http_refusal *why, int status, const char *text)
{
	*why = (struct http_refusal){status, text};
	return ERR_INVALID;
}

/* Judges the line that ends with the LF at lf. */
static enum err end_line(struct http_scan *scan, struct str bytes, size_t lf,
	size_t *head_n, struct http_refusal *why)
{
	if (scan->line == scan->start && lf - scan->line > LINE_MAX_BYTES)
		return refuse(why, 414, "the request line is too long");
	if (lf == scan->line || bytes.p[lf - 1] != '\r')
		return refuse(why, 400, "a line does not end with CR LF");
	if (lf - 1 > scan->line) {
		scan->line = lf + 1;
		return ERR_AGAIN;
	}
	if (scan->line > scan->start) {
		*head_n = lf + 1;
		return OK;
	}
	/* RFC 9112 2.2: one empty line before a request is forgiven. */
	if (scan->start > 0)
		return refuse(why, 400, "empty lines instead of a request");
	scan->start = lf + 1;
	scan->line = lf + 1;
	return ERR_AGAIN;
}

enum err http_find_head(struct http_scan *scan, struct str bytes,
	size_t *head_n, struct http_refusal *why)
{
	size_t n = bytes.n < HTTP_HEAD_MAX ? bytes.n : HTTP_HEAD_MAX;

	if (n > 0 && bytes.p[0] != '\r' && !is_token(bytes.p[0]))
		return refuse(why, 400, "not HTTP");
	while (scan->at < n) {
		const char *lf = memchr(bytes.p + scan->at, '\n', n - scan->at);
		enum err e;

		if (!lf)
			break;
		scan->at = (size_t)(lf - bytes.p) + 1;
		e = end_line(scan, bytes, scan->at - 1, head_n, why);
		if (e != ERR_AGAIN)
			return e;
	}
	scan->at = n;
	if (scan->line == scan->start && n - scan->line > LINE_MAX_BYTES)
		return refuse(why, 414, "the request line is too long");
	if (n == HTTP_HEAD_MAX)
		return refuse(why, 431, "the request head is too long");
	return ERR_AGAIN;
}

static enum http_method find_method(struct str text)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (str_is(text, methods[i].name))
			return methods[i].method;
	}
	return HTTP_OTHER;
}

/* Takes what stands before the next blank off *line; false if there is none.
 */
static bool take_word(struct str *line, struct str *word)
{
	size_t n = str_find(*line, ' ');

	if (n == line->n)
		return false;
	*word = str_make(line->p, n);
	*line = str_skip(*line, n + 1);
	return true;
}

static enum err parse_version(
	struct str s, struct http_request *to, struct http_refusal *why)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 ||
		!ascii_is_digit(s.p[5]) || s.p[6] != '.' ||
		!ascii_is_digit(s.p[7]))
		return refuse(why, 400, "malformed request line");
	if (s.p[5] != '1')
		return refuse(why, 505, "only HTTP/1.0 and HTTP/1.1");
	/* A later minor version is answered as the latest that we know. */
	to->version_minor = s.p[7] == '0' ? 0 : 1;
	return OK;
}

static enum err parse_request_line(
	struct str line, struct http_request *to, struct http_refusal *why)
{
	enum err e;

	if (!take_word(&line, &to->method_text) ||
		!take_word(&line, &to->target))
		return refuse(why, 400, "malformed request line");
	if (to->method_text.n == 0 || to->method_text.n > HTTP_METHOD_MAX)
		return refuse(why, 400, "malformed method");
	for (size_t i = 0; i < to->method_text.n; i++) {
		if (!is_token(to->method_text.p[i]))
			return refuse(why, 400, "malformed method");
	}
	to->method = find_method(to->method_text);
	if (to->target.n > HTTP_TARGET_MAX)
		return refuse(why, 414, "the request target is too long");
	e = parse_version(line, to, why);
	if (e)
		return e;
	if (http_parse_target(to))
		return refuse(why, 400, "malformed request target");
	return OK;
}

static int find_known(struct str name)
{
	uint32_t candidates;

	if (name.n > KNOWN_NAME_MAX)
		return -1;
	candidates = known_of_length[name.n];
	while (candidates) {
		int known = __builtin_ctz(candidates);
		const char *text = known_fields[known].name;
		size_t i = 0;

		/* Of a token's characters only letters and '-' become these. */
		while (i < name.n && (name.p[i] | 0x20) == text[i])
			i++;
		if (i == name.n)
			return known;
		candidates &= candidates - 1;
	}
	return -1;
}

static enum err note_known(struct str name, struct str value,
	struct http_request *to, struct http_refusal *why)
{
	int known = find_known(name);

	if (known < 0)
		return OK;
	if (!to->known[known].p || known_fields[known].last) {
		to->known[known] = value;
		return OK;
	}
	if (known_fields[known].once)
		return refuse(why, 400,
			"a field that must come once is there "
			"twice");
	return OK;
}

/* True if a byte of these eight is a control other than tab, or might be. */
static bool maybe_control(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t highs = UINT64_C(0x8080808080808080);
	uint64_t v, del;

	memcpy(&v, p, sizeof(v));
	del = v ^ (ones * 0x7f);
	return ((((v - ones * 0x20) & ~v) | ((del - ones) & ~del)) & highs) !=
	       0;
}

/* The length of the field value at p: up to the first control that is not a
 * tab, which the CR at the end is at the latest. */
static size_t value_length(const char *p, const char *end)
{
	const char *at = p;

	for (;;) {
		unsigned char c;

		while (end - at >= 8 && !maybe_control(at))
			at += 8;
		c = (unsigned char)*at;
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return (size_t)(at - p);
		at++;
	}
}

/* Parses the field line at *at and moves behind it. */
static enum err parse_field(const char **at, const char *end,
	struct http_request *to, struct http_refusal *why)
{
	const char *p = *at;
	struct http_field *field;

	while (is_token(*p))
		p++;
	if (p == *at || *p != ':')
		return refuse(why, 400, "malformed field name");
	if (to->fields_n == HTTP_FIELDS_MAX)
		return refuse(why, 431, "too many fields");
	field = &to->fields[to->fields_n++];
	field->name = str_make(*at, (size_t)(p - *at));
	p++;
	while (*p == ' ' || *p == '\t')
		p++;
	field->value = str_make(p, value_length(p, end));
	p += field->value.n;
	if (p[0] != '\r' || p[1] != '\n')
		return refuse(why, 400, "a control character in a field");
	while (field->value.n && (p[-1] == ' ' || p[-1] == '\t')) {
		field->value.n--;
		p--;
	}
	*at = field->value.p + field->value.n;
	while (**at != '\n')
		(*at)++;
	(*at)++;
	return note_known(field->name, field->value, to, why);
}

static bool takes_body(enum http_method method)
{
	return method == HTTP_POST || method == HTTP_PUT ||
	       method == HTTP_PATCH || method == HTTP_DELETE;
}

/* RFC 9112 6: how long the body is, and no two opinions about it. */
static enum err parse_framing(struct http_request *to, struct http_refusal *why)
{
	struct str length = to->known[HTTP_CONTENT_LENGTH];
	struct str coding = to->known[HTTP_TRANSFER_ENCODING];

	if (coding.p && (length.p || to->version_minor == 0))
		return refuse(why, 400, "unclear where the body ends");
	if (coding.p && !str_eq_nocase(coding, STR("chunked")))
		return refuse(why, 501, "unknown transfer coding");
	if (coding.p)
		to->framing = HTTP_BODY_CHUNKED;
	if (length.p) {
		if (length.n > LENGTH_DIGITS_MAX ||
			num_parse_u64(length, INT64_MAX, &to->content_length))
			return refuse(why, 400, "malformed Content-Length");
		if (to->content_length > 0)
			to->framing = HTTP_BODY_LENGTH;
	}
	if (to->framing != HTTP_NO_BODY && !takes_body(to->method))
		return refuse(why, 400, "a body where none belongs");
	return OK;
}

static enum err parse_expect(struct http_request *to, struct http_refusal *why)
{
	struct str expect = to->known[HTTP_EXPECT];

	if (!expect.p || to->version_minor == 0)
		return OK;
	if (!str_eq_nocase(expect, STR("100-continue")))
		return refuse(why, 417, "unknown expectation");
	to->expect_continue = true;
	return OK;
}

static enum err parse_host(struct http_request *to, struct http_refusal *why)
{
	struct str host = to->known[HTTP_HOST];
	struct str name;

	if (!host.p && to->version_minor > 0)
		return refuse(why, 400, "no Host");
	if (!host.p)
		return OK;
	if (http_parse_authority(host, &name))
		return refuse(why, 400, "malformed Host");
	if (!to->host.p)
		to->host = name;
	return OK;
}

static void parse_connection(struct http_request *to)
{
	bool close = false, keep = to->version_minor > 0;
	size_t at = 0;
	struct str value;

	while (to->known[HTTP_CONNECTION].p &&
		(value = http_request_next(to, STR("connection"), &at)).p) {
		while (value.p) {
			struct str option = str_trim(str_split(&value, ','));

			close = close || str_eq_nocase(option, STR("close"));
			keep = keep || str_eq_nocase(option, STR("keep-alive"));
		}
	}
	to->keep_alive = keep && !close;
}

enum err http_parse_head(
	struct str head, struct http_request *to, struct http_refusal *why)
{
	const char *p = head.p, *end = head.p + head.n, *line_end;
	enum err e;

	memset(to, 0, offsetof(struct http_request, fields));
	memset(to->known, 0, sizeof(to->known));
	if (p[0] == '\r' && p[1] == '\n')
		p += 2;
	line_end = memchr(p, '\r', (size_t)(end - p));
	if (line_end[1] != '\n')
		return refuse(why, 400, "a CR without its LF");
	e = parse_request_line(str_make(p, (size_t)(line_end - p)), to, why);
	p = line_end + 2;
	while (!e && p[0] != '\r')
		e = parse_field(&p, end, to, why);
	if (!e && p + 2 != end)
		e = refuse(why, 400, "a CR without its LF");
	if (!e)
		e = parse_framing(to, why);
	if (!e)
		e = parse_expect(to, why);
	if (!e)
		e = parse_host(to, why);
	if (!e)
		parse_connection(to);
	return e;
}

struct str http_request_next(
	const struct http_request *request, struct str name, size_t *at)
{
	while (*at < request->fields_n) {
		const struct http_field *field = &request->fields[(*at)++];

		if (str_eq_nocase(field->name, name))
			return field->value;
	}
	return (struct str){0};
}

struct str http_request_field(
	const struct http_request *request, struct str name)
{
	size_t at = 0;

	return http_request_next(request, name, &at);
}
