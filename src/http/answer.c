#include "http/answer.h"

#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/num.h"
#include "http/exchange.h"

enum {
	STATUS_MIN = 100,
	STATUS_END = 600
};

static const char *const texts[STATUS_END] = {
	[100] = "Continue",
	[200] = "OK",
	[201] = "Created",
	[202] = "Accepted",
	[204] = "No Content",
	[301] = "Moved Permanently",
	[302] = "Found",
	[303] = "See Other",
	[304] = "Not Modified",
	[307] = "Temporary Redirect",
	[308] = "Permanent Redirect",
	[400] = "Bad Request",
	[401] = "Unauthorized",
	[403] = "Forbidden",
	[404] = "Not Found",
	[405] = "Method Not Allowed",
	[406] = "Not Acceptable",
	[408] = "Request Timeout",
	[409] = "Conflict",
	[410] = "Gone",
	[411] = "Length Required",
	[412] = "Precondition Failed",
	[413] = "Content Too Large",
	[414] = "URI Too Long",
	[415] = "Unsupported Media Type",
	[417] = "Expectation Failed",
	[421] = "Misdirected Request",
	[422] = "Unprocessable Content",
	[428] = "Precondition Required",
	[429] = "Too Many Requests",
	[431] = "Request Header Fields Too Large",
	[500] = "Internal Server Error",
	[501] = "Not Implemented",
	[503] = "Service Unavailable",
	[505] = "HTTP Version Not Supported",
	[507] = "Insufficient Storage",
};

const char *http_status_text(int status)
{
	if (status < STATUS_MIN || status >= STATUS_END || !texts[status])
		return "";
	return texts[status];
}

bool http_status_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static char *put(char *to, struct str s)
{
	if (s.n)
		memcpy(to, s.p, s.n);
	return to + s.n;
}

static char *put_status_line(char *to, int status)
{
	ASSERT(status >= STATUS_MIN && status < STATUS_END);
	to = put(to, STR("HTTP/1.1 "));
	*to++ = (char)('0' + status / 100);
	*to++ = (char)('0' + status / 10 % 10);
	*to++ = (char)('0' + status % 10);
	*to++ = ' ';
	to = put(to, str_from(http_status_text(status)));
	return put(to, STR("\r\n"));
}

size_t http_put_answer_head(char *to, const struct http_answer_head *head)
{
	char *at = put_status_line(to, head->status);

	at = put(at, head->date_line);
	at = put(at, head->lines);
	if (head->length == ANSWER_LENGTH) {
		at = put(at, STR("Content-Length: "));
		at += num_put_u64(at, head->content_length);
		at = put(at, STR("\r\n"));
	} else if (head->length == ANSWER_CHUNKED) {
		at = put(at, STR("Transfer-Encoding: chunked\r\n"));
	}
	if (head->gzip)
		at = put(at, STR("Content-Encoding: gzip\r\n"));
	if (head->varies)
		at = put(at, STR("Vary: Accept-Encoding\r\n"));
	if (head->close)
		at = put(at, STR("Connection: close\r\n"));
	else if (head->keep_alive)
		at = put(at, STR("Connection: keep-alive\r\n"));
	at = put(at, STR("\r\n"));
	return (size_t)(at - to);
}

static char *put_two(char *to, int v)
{
	*to++ = (char)('0' + v / 10 % 10);
	*to++ = (char)('0' + v % 10);
	return to;
}

/* RFC 9110 5.6.7. */
size_t http_put_date_line(char *to, uint64_t wall_ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char *at = to;

	ASSERT(gmtime_r(&seconds, &tm) != NULL);
	at = put(at, STR("Date: "));
	at = put(at, str_make(days + 3 * (size_t)tm.tm_wday, 3));
	at = put(at, STR(", "));
	at = put_two(at, tm.tm_mday);
	*at++ = ' ';
	at = put(at, str_make(months + 3 * (size_t)tm.tm_mon, 3));
	*at++ = ' ';
	at = put_two(at, (tm.tm_year + 1900) / 100);
	at = put_two(at, (tm.tm_year + 1900) % 100);
	*at++ = ' ';
	at = put_two(at, tm.tm_hour);
	*at++ = ':';
	at = put_two(at, tm.tm_min);
	*at++ = ':';
	at = put_two(at, tm.tm_sec);
	at = put(at, STR(" GMT\r\n"));
	return (size_t)(at - to);
}
