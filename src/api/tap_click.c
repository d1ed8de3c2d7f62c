#include "api/tap_click.h"

#include <stdlib.h>
#include <string.h>

#include "core/verdict.h"

struct tap_slab {
	struct tap_slab *next;
	struct tap taps[TAP_SLAB];
};

void tap_pool_init(struct tap_pool *pool, size_t max)
{
	*pool = (struct tap_pool){.max = max};
}

void tap_pool_deinit(struct tap_pool *pool)
{
	while (pool->slabs) {
		struct tap_slab *slab = pool->slabs;

		for (size_t i = 0; i < TAP_SLAB; i++)
			free(slab->taps[i].extra);
		pool->slabs = slab->next;
		free(slab);
	}
	pool->free = NULL;
	pool->n = 0;
}

static bool grow(struct tap_pool *pool)
{
	struct tap_slab *slab;

	if (pool->n + TAP_SLAB > pool->max)
		return false;
	slab = calloc(1, sizeof(*slab));
	if (!slab)
		return false;
	slab->next = pool->slabs;
	pool->slabs = slab;
	pool->n += TAP_SLAB;
	for (size_t i = 0; i < TAP_SLAB; i++) {
		slab->taps[i].next = pool->free;
		pool->free = &slab->taps[i];
	}
	return true;
}

static struct str copy(char **to, struct str s)
{
	struct str copied = str_make(*to, s.n);

	if (s.n)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return copied;
}

struct tap *tap_take(struct tap_pool *pool, const struct click *click,
	struct str lines, struct str body)
{
	size_t n = lines.n + body.n + click->agent.n + click->referer.n +
		   click->language.n + click->query.n;
	struct tap *tap;
	char *to;

	if (!pool->free && !grow(pool))
		return NULL;
	tap = pool->free;
	if (n > TAP_ROOM) {
		tap->extra = malloc(n);
		if (!tap->extra)
			return NULL;
	}
	pool->free = tap->next;
	tap->is_early = false;
	to = tap->extra ? tap->extra : tap->room;
	tap->lines = copy(&to, lines);
	tap->body = copy(&to, body);
	tap->entry.click = *click;
	tap->entry.click.agent = copy(&to, click->agent);
	tap->entry.click.referer = copy(&to, click->referer);
	tap->entry.click.language = copy(&to, click->language);
	tap->entry.click.query = copy(&to, click->query);
	return tap;
}

void tap_give(struct tap_pool *pool, struct tap *tap)
{
	free(tap->extra);
	tap->extra = NULL;
	tap->ex = NULL;
	tap->next = pool->free;
	pool->free = tap;
}

struct tap *tap_of_mail(struct mail *mail)
{
	return (struct tap *)(void *)((char *)mail -
				      offsetof(struct tap, mail));
}

struct tap *tap_of_entry(struct click_entry *entry)
{
	return (struct tap *)(void *)((char *)entry -
				      offsetof(struct tap, entry));
}

static struct str cut(struct str s, size_t max)
{
	return str_make(s.p, s.n < max ? s.n : max);
}

void tap_click_fill(struct click *click, const struct resolution *r,
	const struct http_request *request, bool misfilled, uint64_t now_ms)
{
	const struct str *known = request->known;

	*click = (struct click){
		.at_ms = now_ms,
		.token = r->token,
		.account = r->account,
		.link = r->link,
		.campaign = r->campaign,
		.nonce = r->nonce,
		.link_revision = r->link_revision,
		.target_revision = r->target_revision,
		.outcome = (uint8_t)r->outcome,
		.target = (uint8_t)r->target,
		.signals = verdict_signals(known[HTTP_SEC_PURPOSE],
			known[HTTP_PURPOSE], known[HTTP_X_PURPOSE],
			known[HTTP_X_MOZ]),
		.test = r->test,
		.head = request->method == HTTP_HEAD,
		.misfilled = misfilled,
		.forwarded_query = r->forward_query,
		.agent = cut(known[HTTP_USER_AGENT], CLICK_AGENT_MAX),
		.referer = cut(known[HTTP_REFERER], CLICK_REFERER_MAX),
		.language =
			cut(known[HTTP_ACCEPT_LANGUAGE], CLICK_LANGUAGE_MAX),
		.query = cut(request->query, CLICK_QUERY_MAX),
	};
}

enum verdict tap_verdict(const struct regions *regions, const struct click *c)
{
	struct judging *judging = regions->judging;

	return judging ? judging_verdict(judging, c) : VERDICT_HUMAN;
}

/* What people's phones send may not stand in a header as it is. */
static void put_escaped(struct buf *out, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c)) {
			buf_byte(out, (char)c);
			continue;
		}
		buf_byte(out, '%');
		buf_byte(out, digits[c >> 4]);
		buf_byte(out, digits[c & 15]);
	}
}

void tap_elsewhere_put(struct buf *out, const struct region *region,
	const struct http_request *request)
{
	struct str url = region->settings.url, variable = STR("/{{1}}");

	if (str_ends(url, variable))
		url.n -= variable.n;
	buf_str(out, url);
	put_escaped(out, request->path);
	if (request->has_query) {
		buf_byte(out, '?');
		put_escaped(out, request->query);
	}
}
