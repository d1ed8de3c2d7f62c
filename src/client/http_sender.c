#include "client/http_sender.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct http_sender {
	struct http_sender_options options; /* its texts are copies */
	char *user_agent;
	char *ca_file;
	CURLM *multi;
	struct http_post *posts;
	size_t n;
};

static bool copy_text(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

enum err http_sender_new(
	const struct http_sender_options *options, struct http_sender **to)
{
	struct http_sender *s;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_NOMEM;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NOMEM;
	s->options = *options;
	s->multi = curl_multi_init();
	if (!s->multi || !copy_text(options->user_agent, &s->user_agent) ||
		!copy_text(options->ca_file, &s->ca_file) ||
		curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS,
			(long)HTTP_SENDER_KEPT_MAX) != CURLM_OK) {
		http_sender_free(s);
		return ERR_NOMEM;
	}
	*to = s;
	return OK;
}

void http_sender_free(struct http_sender *s)
{
	if (!s)
		return;
	while (s->posts)
		http_sender_cancel(s->posts);
	(void)curl_multi_cleanup(s->multi); /* holds nothing any more */
	free(s->user_agent);
	free(s->ca_file);
	free(s);
}

size_t http_sender_busy(const struct http_sender *s)
{
	return s->n;
}

static void link_post(struct http_sender *s, struct http_post *p)
{
	p->sender = s;
	p->prev = NULL;
	p->next = s->posts;
	if (p->next)
		p->next->prev = p;
	s->posts = p;
	s->n++;
}

/* Gives back all that the request holds. */
static void unlink_post(struct http_post *p)
{
	struct http_sender *s = p->sender;

	if (p->next)
		p->next->prev = p->prev;
	if (p->prev)
		p->prev->next = p->next;
	else
		s->posts = p->next;
	s->n--;
	(void)curl_multi_remove_handle(s->multi, p->easy); /* it is there */
	curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->header_list);
	p->easy = NULL;
	p->header_list = NULL;
	p->sender = NULL;
}

void http_sender_cancel(struct http_post *p)
{
	if (p->sender)
		unlink_post(p);
}

/* Every socket is made here, so no address goes unasked. */
static curl_socket_t on_open(
	void *arg, curlsocktype purpose, struct curl_sockaddr *at)
{
	struct http_post *p = arg;
	const struct http_sender_options *o = &p->sender->options;
	struct ip ip;

	ip_from_sockaddr(&at->addr, &ip);
	if (purpose != CURLSOCKTYPE_IPCXN || !ip.n ||
		!o->may_connect(o->arg, &ip)) {
		p->was_refused = true;
		return CURL_SOCKET_BAD;
	}
	p->has_tried = true;
	return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

static size_t on_head(char *line, size_t size, size_t n, void *arg)
{
	struct http_post *p = arg;
	bool is_empty = n * size > 0 && (line[0] == '\r' || line[0] == '\n');
	long status = 0;

	(void)curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	/* An informational one (100) is not the answer. */
	if (is_empty && status >= 200)
		p->has_answered = true;
	return n * size;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_post *p = arg;

	(void)bytes;
	p->received += size * n;
	return p->received > HTTP_SENDER_ANSWER_MAX ? CURL_WRITEFUNC_ERROR
						    : size * n;
}

/* RFC 9110 section 5.5: nothing that could begin a line of its own. */
static bool is_field_text(const char *z)
{
	for (; *z; z++)
		if ((unsigned char)*z < 0x20 || *z == 0x7f)
			return false;
	return true;
}

static enum err add_header(
	struct http_post *p, const char *name, const char *value)
{
	char line[HTTP_CLIENT_HEADER_MAX];
	struct curl_slist *longer;
	/* An empty value takes out what curl would send by itself. */
	int n = snprintf(line, sizeof(line), "%s:%s%s", name,
		value[0] ? " " : "", value);

	if (n < 0 || (size_t)n >= sizeof(line) || !is_field_text(line))
		return ERR_INVALID;
	longer = curl_slist_append(p->header_list, line);
	if (!longer)
		return ERR_NOMEM;
	p->header_list = longer;
	return OK;
}

static enum err add_headers(struct http_post *p)
{
	enum err e = add_header(p, "Expect", "");

	for (size_t i = 0; !e && i < p->headers_n; i++)
		e = add_header(p, p->headers[i].name, p->headers[i].value);
	return e;
}

#define SET(option, value)                                                     \
	do {                                                                   \
		if (curl_easy_setopt(easy, (option), (value)) != CURLE_OK)     \
			return false;                                          \
	} while (0)

/* What it may do, and how long it may take. */
static bool set_bounds(CURL *easy, const struct http_sender *s)
{
	const struct http_sender_options *o = &s->options;

	SET(CURLOPT_PROTOCOLS_STR, o->allow_http ? "http,https" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_PROXY, ""); /* not the environment's either */
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that is silent keeps its own thread waiting, not us. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	if (s->ca_file)
		SET(CURLOPT_CAINFO, s->ca_file);
	return true;
}

static bool set_request(CURL *easy, struct http_post *p)
{
	SET(CURLOPT_URL, p->url);
	SET(CURLOPT_USERAGENT, p->sender->user_agent);
	SET(CURLOPT_HTTPHEADER, p->header_list);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
	SET(CURLOPT_POSTFIELDS, p->body.n ? p->body.p : "");
	SET(CURLOPT_HEADERFUNCTION, on_head);
	SET(CURLOPT_HEADERDATA, p);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, p);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, p);
	SET(CURLOPT_PRIVATE, p);
	return true;
}

#undef SET

enum err http_sender_start(struct http_sender *s, struct http_post *p)
{
	enum err e;

	p->err = OK;
	p->status = 0;
	p->retry_after_s = 0;
	p->received = 0;
	p->has_answered = p->was_refused = p->has_tried = false;
	p->header_list = NULL;
	p->easy = curl_easy_init();
	if (!p->easy)
		return ERR_NOMEM;
	link_post(s, p);
	e = add_headers(p);
	if (!e && (!set_bounds(p->easy, s) || !set_request(p->easy, p) ||
			  curl_multi_add_handle(s->multi, p->easy) != CURLM_OK))
		e = ERR_NOMEM;
	if (e)
		unlink_post(p);
	return e;
}

static bool has_spoken(const struct http_post *p)
{
	long n = 0;

	(void)curl_easy_getinfo(p->easy, CURLINFO_REQUEST_SIZE, &n);
	return n > 0;
}

static enum err judge(const struct http_post *p, CURLcode code)
{
	/* Whatever became of its body. */
	if (p->has_answered)
		return OK;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return ERR_NOT_FOUND;
	case CURLE_COULDNT_CONNECT:
		return p->was_refused && !p->has_tried ? ERR_DENIED
						       : ERR_CLOSED;
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* Also of what was answered, where that is no HTTP. */
		return has_spoken(p) ? ERR_CLOSED : ERR_DENIED;
	case CURLE_URL_MALFORMAT:
	case CURLE_LOGIN_DENIED:
		return ERR_DENIED;
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_OUT_OF_MEMORY:
		return ERR_NOMEM;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
		return ERR_INVALID;
	default:
		return ERR_CLOSED;
	}
}

static void finish(struct http_post *p, CURLcode code)
{
	curl_off_t retry_after = 0;
	long status = 0;

	(void)curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(p->easy, CURLINFO_RETRY_AFTER, &retry_after);
	p->err = judge(p, code);
	p->status = p->err ? 0 : (unsigned)status;
	p->retry_after_s = retry_after > 0 ? (uint64_t)retry_after : 0;
	unlink_post(p);
	p->done(p);
}

/* True if any was. */
static bool finish_all(struct http_sender *s)
{
	bool any = false;

	for (;;) {
		int left;
		CURLMsg *message = curl_multi_info_read(s->multi, &left);
		struct http_post *p = NULL;

		if (!message)
			return any;
		if (message->msg != CURLMSG_DONE ||
			curl_easy_getinfo(message->easy_handle,
				CURLINFO_PRIVATE, &p) != CURLE_OK)
			continue;
		finish(p, message->data.result);
		any = true;
	}
}

enum err http_sender_run(struct http_sender *s, uint64_t wait_ms)
{
	int ms = wait_ms < INT_MAX ? (int)wait_ms : INT_MAX;
	int running;

	if (curl_multi_perform(s->multi, &running) != CURLM_OK)
		return ERR_NOMEM;
	if (finish_all(s))
		return OK;
	if (curl_multi_poll(s->multi, NULL, 0, ms, NULL) != CURLM_OK ||
		curl_multi_perform(s->multi, &running) != CURLM_OK)
		return ERR_NOMEM;
	(void)finish_all(s);
	return OK;
}

void http_sender_wake(struct http_sender *s)
{
	/* It fails only for a handle that is none. */
	(void)curl_multi_wakeup(s->multi);
}
