#include "service/webhook_letter.h"

#include <stdio.h>
#include <string.h>

static const struct str prefix = {"msg_", 4};

void webhook_letter_name(struct webhook_letter *l, const struct cipher *c,
	const uint8_t about[HASH128_BYTES])
{
	memcpy(l->id, prefix.p, prefix.n);
	opaque_write(c, about, l->id + prefix.n);
	l->id[WEBHOOK_ID_LEN] = '\0';
}

/* By the secret, and by the one before it while that still counts. */
static void sign(struct webhook_letter *l, const struct webhook *w,
	uint64_t now_ms, struct str body)
{
	struct str id = str_make(l->id, WEBHOOK_ID_LEN);
	uint64_t seconds = now_ms / 1000;
	char *to = l->signatures;

	webhook_sign(&w->secret, id, seconds, body, to);
	to += WEBHOOK_SIGNATURE_LEN;
	if (w->old_secret.n && now_ms < w->old_until_ms) {
		*to++ = ' ';
		webhook_sign(&w->old_secret, id, seconds, body, to);
		to += WEBHOOK_SIGNATURE_LEN;
	}
	*to = '\0';
	(void)snprintf(l->seconds, sizeof(l->seconds), "%llu",
		(unsigned long long)seconds);
}

void webhook_letter_sign(struct webhook_letter *l, const struct webhook *w,
	uint64_t now_ms, struct str body, struct http_post *p)
{
	const struct http_client_header headers[WEBHOOK_HEADERS] = {
		{"Content-Type", "application/json"},
		{"webhook-id", l->id},
		{"webhook-timestamp", l->seconds},
		{"webhook-signature", l->signatures},
	};

	sign(l, w, now_ms, body);
	memcpy(l->headers, headers, sizeof(headers));
	*p = (struct http_post){
		.headers = l->headers,
		.headers_n = WEBHOOK_HEADERS,
		.body = body,
	};
}

enum webhook_result webhook_letter_result(const struct http_post *p)
{
	switch (p->err) {
	case OK:
		if (p->status >= 200 && p->status < 300)
			return WEBHOOK_OK;
		return p->status == 410 ? WEBHOOK_GONE : WEBHOOK_STATUS;
	case ERR_DENIED:
		return WEBHOOK_REFUSED;
	case ERR_NOT_FOUND:
		return WEBHOOK_UNKNOWN;
	case ERR_TIMEOUT:
		return WEBHOOK_TIMEOUT;
	case ERR_INVALID:
		return WEBHOOK_TLS;
	default:
		return WEBHOOK_UNREACHABLE;
	}
}
