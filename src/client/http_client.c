#include "client/http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	POLL_MS_MAX = 1000,
	UPLOAD_BUFFER = 256 << 10,
	RECEIVE_BUFFER = 256 << 10,
	PATH_BYTES_MAX = 4096
};

struct http_client {
	CURL *easy;
	CURLM *multi;
	char *socket_path;
	char *url;
	char *key;
	char *user_agent;
	int dir_fd; /* of a socket whose path is too long for connect() */
	uint64_t connect_timeout_ms;
	uint64_t silence_max_ms;
};

/* What the callbacks of one request share. */
struct exchange {
	struct http_client *c;
	const struct http_client_request *request;
	struct http_client_answer *answer;
	struct str unsent;
	uint64_t active_ms; /* when a byte last went or came */
	bool head_ended;    /* curl takes a head that breaks off for whole */
	enum err err;       /* a callback's own, which curl cannot carry */
	char error[CURL_ERROR_SIZE];
};

static uint64_t now_ms(void)
{
	return clock_mono_ms(&clock_system);
}

/* RFC 9110 section 5.5: nothing that could begin a line of its own. */
static bool is_field_text(const char *z)
{
	for (; *z; z++)
		if ((unsigned char)*z < 0x20 || *z == 0x7f)
			return false;
	return true;
}

static bool copy_text(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static bool is_http_url(const char *url)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	bool yes =
		u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		(strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

	curl_free(scheme);
	curl_url_cleanup(u);
	return yes;
}

/* A path that sockaddr_un cannot hold is reached through its folder. */
static enum err shorten_socket_path(struct http_client *c)
{
	const struct sockaddr_un *un = NULL;
	char *slash = strrchr(c->socket_path, '/');
	char path[PATH_BYTES_MAX];
	int n;

	if (strlen(c->socket_path) < sizeof(un->sun_path) || !slash)
		return OK;
	n = snprintf(path, sizeof(path), "%.*s", (int)(slash - c->socket_path),
		c->socket_path);
	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_TOO_LONG;
	c->dir_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Then the send says that nobody is there. */
	(void)snprintf(
		path, sizeof(path), "/proc/self/fd/%d%s", c->dir_fd, slash);
	free(c->socket_path);
	c->socket_path = strdup(path);
	return c->socket_path ? OK : ERR_NOMEM;
}

enum err http_client_new(
	const struct http_client_options *options, struct http_client **out)
{
	struct http_client *c;
	enum err e;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_NOMEM;
	if ((options->url && !is_http_url(options->url)) ||
		(options->key && !is_field_text(options->key)))
		return ERR_INVALID;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NOMEM;
	c->dir_fd = -1;
	c->connect_timeout_ms = options->connect_timeout_ms;
	c->silence_max_ms = options->silence_max_ms;
	c->easy = curl_easy_init();
	c->multi = curl_multi_init();
	e = ERR_NOMEM;
	if (!c->easy || !c->multi ||
		!copy_text(options->socket_path, &c->socket_path) ||
		!copy_text(options->url, &c->url) ||
		!copy_text(options->key, &c->key) ||
		!copy_text(options->user_agent, &c->user_agent))
		goto failed;
	e = c->socket_path ? shorten_socket_path(c) : OK;
	if (e)
		goto failed;
	*out = c;
	return OK;
failed:
	http_client_free(c);
	return e;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->easy);
	(void)curl_multi_cleanup(c->multi); /* holds nothing any more */
	if (c->dir_fd >= 0)
		(void)close(c->dir_fd); /* nothing was written to it */
	free(c->socket_path);
	free(c->url);
	free(c->key);
	free(c->user_agent);
	free(c);
}

void http_client_answer_init(struct http_client_answer *a)
{
	*a = (struct http_client_answer){0};
	buf_init(&a->head, HTTP_CLIENT_HEAD_MAX);
	buf_init(&a->body, 0);
}

void http_client_answer_deinit(struct http_client_answer *a)
{
	buf_deinit(&a->head);
	buf_deinit(&a->body);
}

struct str http_client_answer_header(
	const struct http_client_answer *a, const char *name)
{
	struct str rest = buf_view(&a->head);

	while (rest.n) {
		struct str value = str_split(&rest, '\n');
		struct str found = str_split(&value, ':');

		if (value.p && str_eq_nocase(found, str_from(name)))
			return str_trim(value);
	}
	return str_make(NULL, 0);
}

static size_t on_send(char *to, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	size_t room = size * n;

	if (room > x->unsent.n)
		room = x->unsent.n;
	if (room)
		memcpy(to, x->unsent.p, room);
	x->unsent = str_skip(x->unsent, room);
	x->active_ms = now_ms();
	return room;
}

/* curl sends again on a new connection when a kept one turned out closed. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct exchange *x = arg;

	if (origin != SEEK_SET || offset < 0)
		return CURL_SEEKFUNC_CANTSEEK;
	x->unsent = str_skip(x->request->body, (size_t)offset);
	return CURL_SEEKFUNC_OK;
}

static size_t on_head(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	struct str line = str_make(p, size * n);

	x->active_ms = now_ms();
	/* A new head: an informational one (100) came before it. */
	if (str_starts(line, STR("HTTP/"))) {
		buf_reset(&x->answer->head);
		x->head_ended = false;
	}
	while (line.n &&
		(line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	x->head_ended = x->head_ended || line.n == 0;
	buf_str(&x->answer->head, line);
	buf_byte(&x->answer->head, '\n');
	x->err = buf_err(&x->answer->head);
	return x->err ? CURL_WRITEFUNC_ERROR : size * n;
}

static unsigned status_of(CURL *easy)
{
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return (unsigned)status;
}

static size_t on_receive(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	struct str bytes = str_make(p, size * n);

	x->active_ms = now_ms();
	if (x->request->push && status_of(x->c->easy) < 300) {
		x->err = x->request->push(x->request->arg, bytes);
	} else {
		buf_str(&x->answer->body, bytes);
		x->err = buf_err(&x->answer->body);
	}
	/* Work that the push did is no silence of the server's. */
	x->active_ms = now_ms();
	return x->err ? CURL_WRITEFUNC_ERROR : bytes.n;
}

static bool add_header(
	struct curl_slist **list, const char *name, const char *value)
{
	char line[HTTP_CLIENT_HEADER_MAX];
	struct curl_slist *longer;
	int n = snprintf(line, sizeof(line), "%s:%s%s", name,
		value[0] ? " " : "", value);

	if (n < 0 || (size_t)n >= sizeof(line) || !is_field_text(line))
		return false;
	longer = curl_slist_append(*list, line);
	if (!longer)
		return false;
	*list = longer;
	return true;
}

static bool add_headers(const struct exchange *x, struct curl_slist **list)
{
	char bearer[HTTP_CLIENT_HEADER_MAX];
	int n;

	/* An empty value takes out what curl would send by itself. */
	if (!add_header(list, "Expect", ""))
		return false;
	for (size_t i = 0; i < x->request->headers_n; i++)
		if (!add_header(list, x->request->headers[i].name,
			    x->request->headers[i].value))
			return false;
	if (!x->c->key)
		return true;
	n = snprintf(bearer, sizeof(bearer), "Bearer %s", x->c->key);
	return n > 0 && (size_t)n < sizeof(bearer) &&
	       add_header(list, "Authorization", bearer);
}

#define SET(option, value)                                                     \
	do {                                                                   \
		if (curl_easy_setopt(easy, (option), (value)) != CURLE_OK)     \
			return false;                                          \
	} while (0)

static bool set_where(CURL *easy, const struct exchange *x)
{
	const struct http_client *c = x->c;
	const char *base = c->socket_path ? "http://localhost" : c->url;
	size_t n = strlen(base);
	struct buf url;
	bool set;

	if (n && base[n - 1] == '/')
		n--;
	buf_init(&url, 64 << 10);
	buf_add(&url, base, n);
	buf_text(&url, x->request->target);
	set = !buf_err(&url) &&
	      curl_easy_setopt(easy, CURLOPT_URL, buf_cstr(&url)) == CURLE_OK;
	buf_deinit(&url);
	if (!set)
		return false;
	if (c->socket_path) {
		SET(CURLOPT_UNIX_SOCKET_PATH, c->socket_path);
		SET(CURLOPT_PROXY, "");
	}
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_timeout_ms);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, c->user_agent);
	return true;
}

static bool set_what(CURL *easy, struct exchange *x, struct curl_slist *headers)
{
	if (x->request->body.p) {
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->unsent.n);
		SET(CURLOPT_READFUNCTION, on_send);
		SET(CURLOPT_READDATA, x);
		SET(CURLOPT_SEEKFUNCTION, on_seek);
		SET(CURLOPT_SEEKDATA, x);
		SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	}
	if (x->request->compressed)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(CURLOPT_CUSTOMREQUEST, x->request->method);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_HEADERFUNCTION, on_head);
	SET(CURLOPT_HEADERDATA, x);
	SET(CURLOPT_WRITEFUNCTION, on_receive);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	SET(CURLOPT_ERRORBUFFER, x->error);
	return true;
}

#undef SET

static void say(struct http_client_answer *a, const char *text)
{
	(void)snprintf(a->problem, sizeof(a->problem), "%s", text);
}

static enum err connect_error(const struct exchange *x)
{
	long number = 0;

	(void)curl_easy_getinfo(x->c->easy, CURLINFO_OS_ERRNO, &number);
	if (number == EACCES || number == EPERM)
		return ERR_DENIED;
	return number == ETIMEDOUT ? ERR_TIMEOUT : ERR_NOT_FOUND;
}

/* What curl's result means for the caller. */
static enum err judge(struct exchange *x, CURLcode code)
{
	if (code == CURLE_OK && x->head_ended)
		return OK;
	if (code == CURLE_OK)
		code = CURLE_GOT_NOTHING;
	say(x->answer, x->error[0] ? x->error : curl_easy_strerror(code));
	if (x->err)
		return x->err;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return ERR_NOT_FOUND;
	case CURLE_COULDNT_CONNECT:
		return connect_error(x);
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_OUT_OF_MEMORY:
		return ERR_NOMEM;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
		return ERR_INVALID;
	default:
		return ERR_CLOSED;
	}
}

/* The transfer's result, once there is one. */
static bool is_finished(struct http_client *c, CURLcode *code)
{
	CURLMsg *message;
	int left;

	message = curl_multi_info_read(c->multi, &left);
	if (!message || message->msg != CURLMSG_DONE)
		return false;
	*code = message->data.result;
	return true;
}

static enum err wait_for_more(struct exchange *x)
{
	struct curl_waitfd stop = {
		.fd = x->request->stop_fd, .events = CURL_WAIT_POLLIN};
	bool stoppable = stop.fd >= 0;

	if (curl_multi_poll(x->c->multi, &stop, stoppable ? 1 : 0, POLL_MS_MAX,
		    NULL) != CURLM_OK)
		return ERR_NOMEM;
	if (stoppable && (stop.revents & CURL_WAIT_POLLIN)) {
		say(x->answer, "interrupted");
		return ERR_AGAIN;
	}
	if (now_ms() - x->active_ms >
		x->c->silence_max_ms + x->request->wait_ms) {
		say(x->answer, "the server was silent for too long");
		return ERR_TIMEOUT;
	}
	return OK;
}

static enum err run(struct exchange *x)
{
	for (;;) {
		CURLcode code = CURLE_OK;
		int running;
		enum err e;

		if (curl_multi_perform(x->c->multi, &running) != CURLM_OK)
			return ERR_NOMEM;
		if (is_finished(x->c, &code))
			return judge(x, code);
		e = wait_for_more(x);
		if (e)
			return e;
	}
}

enum err http_client_send(struct http_client *c,
	const struct http_client_request *request,
	struct http_client_answer *answer)
{
	struct exchange x = {.c = c,
		.request = request,
		.answer = answer,
		.unsent = request->body,
		.active_ms = now_ms()};
	struct curl_slist *headers = NULL;
	enum err e = ERR_NOMEM;

	buf_reset(&answer->head);
	buf_reset(&answer->body);
	answer->body.max = request->answer_max;
	answer->status = 0;
	say(answer, "out of memory, or a header that cannot be sent");
	curl_easy_reset(c->easy);
	if (!add_headers(&x, &headers) || !set_where(c->easy, &x) ||
		!set_what(c->easy, &x, headers) ||
		curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
		goto out;
	e = run(&x);
	answer->status = status_of(c->easy);
	(void)curl_multi_remove_handle(c->multi, c->easy); /* it is there */
	if (!e)
		answer->problem[0] = '\0';
out:
	curl_slist_free_all(headers);
	return e;
}
