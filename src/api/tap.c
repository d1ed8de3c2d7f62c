#include "api/tap.h"

#include <stdlib.h>
#include <string.h>

#include "api/client_ip.h"
#include "api/tap_visit.h"
#include "base/assert.h"
#include "http/loop.h"
#include "service/resolve.h"

enum {
	TAP_LINES_MAX = 16384,
	TAP_BODY_MAX = 1 << 20,
	TAP_CHAINS = 16 /* loops whose mail is gathered at once */
};

/* Gives the tap its answer, once. */
static void reply(struct tap *tap)
{
	struct http_exchange *ex = tap->ex;

	ASSERT(ex);
	tap->ex = NULL;
	tap->site->pace.parked--;
	http_answer(ex, tap->status, tap->lines, tap->body);
}

/* Sent before its click is on disk: the click will be late, or lost. */
static void reply_early(void *arg)
{
	struct tap *tap = arg;

	tap->is_early = true;
	reply(tap);
}

/* The reply leaves, or has left, and no click will tell of it. */
static void count_lost(
	struct tap_site *s, size_t region, const struct click *click)
{
	counter_add(&s->counters.lost[region], 1);
	tally_note_lost(s->options.regions->items[region].tally, click->account,
		click->link, click->campaign, click->at_ms);
}

/* The click's fate is known. */
static void on_decided(struct mail *mail)
{
	struct tap *tap = tap_of_mail(mail);
	struct tap_site *s = tap->site;
	const struct click *c = &tap->entry.click;
	size_t region = tap->region;

	if (tap->entry.result)
		count_lost(s, region, c);
	else
		counter_add(
			&s->counters.taps[region][c->outcome][c->verdict], 1);
	if (!tap->entry.result && tap->is_early)
		counter_add(&s->counters.late[region], 1);
	if (tap->ex) {
		loop_timer_clear(s->options.loop, &tap->timer);
		reply(tap);
	}
	tap_give(&s->pool, tap);
}

void taps_done(void *arg, struct click_entry *const *entries, size_t n)
{
	struct mail_chain chains[TAP_CHAINS] = {{NULL, NULL}};
	struct loop *loops[TAP_CHAINS] = {NULL};

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		struct tap *tap = tap_of_entry(entries[i]);
		struct loop *loop = tap->site->options.loop;
		size_t at = tap->site->options.index % TAP_CHAINS;

		if (loops[at] != loop && loops[at]) {
			loop_post_chain(loops[at], chains[at]);
			chains[at] = (struct mail_chain){NULL, NULL};
		}
		loops[at] = loop;
		mail_chain_add(&chains[at], &tap->mail);
	}
	for (size_t at = 0; at < TAP_CHAINS; at++)
		if (loops[at])
			loop_post_chain(loops[at], chains[at]);
}

/* The click cannot be kept: the person goes on all the same. */
static void reply_untracked(
	struct visit *v, size_t region, const struct click *click, int status)
{
	struct tap_site *s = v->site;

	count_lost(s, region, click);
	http_answer(v->ex, status, buf_view(&s->lines), visit_body(v));
}

static void track(struct visit *v, const struct view *view,
	const struct click *click, bool forget, int status)
{
	struct tap_site *s = v->site;
	struct region *region = view->region;
	const struct str none = str_make(NULL, 0);
	bool waits = s->options.commit_wait_max_ms > 0 &&
		     !click_writer_is_stalled(region->click_writer);
	struct tap *tap =
		tap_take(&s->pool, click, waits ? buf_view(&s->lines) : none,
			waits ? buf_view(&s->body) : none);

	if (!tap) {
		reply_untracked(v, region->index, click, status);
		return;
	}
	if (v->own_page.p)
		tap->body = v->own_page;
	tap->site = s;
	tap->region = region->index;
	tap->ex = waits ? v->ex : NULL;
	tap->is_early = !waits;
	tap->entry.forget = forget;
	tap->entry.is_forgotten = false;
	tap->status = status;
	tap->mail.deliver = on_decided;
	if (click_writer_push(region->click_writer, &tap->entry)) {
		tap_give(&s->pool, tap);
		reply_untracked(v, region->index, click, status);
		return;
	}
	if (!waits) {
		http_answer(v->ex, status, buf_view(&s->lines), visit_body(v));
		return;
	}
	s->pace.parked++;
	tap->timer.run = reply_early;
	tap->timer.arg = tap;
	loop_timer_set(
		s->options.loop, &tap->timer, s->options.commit_wait_max_ms);
}

/* The lines and the page of a resolved token, in the site's buffers. */
static int prepare_answer(struct visit *v, const struct resolution *r)
{
	struct tap_site *s = v->site;

	buf_reset(&s->body);
	if (r->outcome != CLICK_GONE) {
		(void)visit_redirect_lines(v, buf_view(&s->location));
		return 302;
	}
	buf_reset(&s->lines);
	buf_text(&s->lines, NO_STORE NO_INDEX);
	page_put_headers(&s->lines);
	visit_put_page(v, PAGE_GONE);
	return page_status(PAGE_GONE);
}

static void answer_resolved(
	struct visit *v, struct view *view, const struct resolution *r)
{
	struct tap_site *s = v->site;
	size_t region = view->region->index;
	int status = prepare_answer(v, r);
	enum verdict verdict;
	struct click click;

	if (buf_err(&s->lines)) {
		visit_page(v, PAGE_ERROR);
		return;
	}
	tap_click_fill(&click, r, v->request, v->path.misfilled,
		loop_wall_ms(s->options.loop));
	client_ip(v->ex, v->request, s->options.trusted, s->options.trusted_n,
		&click.ip);
	if (r->track) {
		track(v, view, &click, r->erased, status);
		return;
	}
	counter_add(&s->counters.untracked[region], 1);
	verdict = tap_verdict(s->options.regions, &click);
	counter_add(&s->counters.taps[region][r->outcome][verdict], 1);
	http_answer(v->ex, status, buf_view(&s->lines), visit_body(v));
}

/* The store cannot say where the token leads: rather somewhere than nowhere. */
static void answer_trouble(struct visit *v, const struct region *region)
{
	counter_add(&v->site->counters.errors, 1);
	if (region->settings.fallback.n)
		http_answer(v->ex, 302,
			visit_redirect_lines(v, region->settings.fallback),
			str_make(NULL, 0));
	else
		visit_page(v, PAGE_ERROR);
}

static void answer_ours(
	struct visit *v, struct view *view, const struct token_id *id)
{
	struct tap_site *s = v->site;
	struct gate_place *place =
		&s->options.regions->taps.places[s->options.index];
	struct str account = str_make(NULL, 0);
	const struct domain_settings *domain;
	struct resolution r;
	enum err e;

	domain = domain_by_host(s->options.regions, v->request->host);
	if (domain)
		account = domain->account;
	buf_reset(&s->location);
	gate_enter(place);
	view_refresh_links(view);
	e = resolve_token(view, id, account, v->request->query,
		loop_wall_ms(s->options.loop), &s->location, &r);
	if (e == ERR_NOT_FOUND) {
		counter_add(&s->counters.unknown, 1);
		visit_page(v, PAGE_NOT_FOUND);
	} else if (e) {
		answer_trouble(v, view->region);
	} else {
		answer_resolved(v, view, &r);
	}
	gate_leave(place);
}

/* A token of a region that lives elsewhere: the same path on its domain. */
static void answer_elsewhere(struct visit *v, const struct region *region)
{
	struct tap_site *s = v->site;

	if (region_by_host(s->options.regions, v->request->host) == region) {
		counter_add(&s->counters.loops, 1);
		visit_page(v, PAGE_NOT_FOUND);
		return;
	}
	counter_add(&s->counters.wrong_region, 1);
	buf_reset(&s->location);
	tap_elsewhere_put(&s->location, region, v->request);
	http_answer(v->ex, 302, visit_redirect_lines(v, buf_view(&s->location)),
		str_make(NULL, 0));
}

static void answer_token(struct visit *v)
{
	struct tap_site *s = v->site;
	struct region *region;
	struct token_id id;
	struct view *view;

	if (v->path.misfilled)
		counter_add(&s->counters.misfilled, 1);
	region = region_by_tag(s->options.regions, v->path.token.p[0]);
	view = region ? view_of(&s->views, region) : NULL;
	if (region && !view) {
		answer_elsewhere(v, region);
	} else if (!view || token_read(&view->codec, v->path.token, &id)) {
		counter_add(&s->counters.forged, 1);
		visit_page(v, PAGE_NOT_FOUND);
	} else {
		answer_ours(v, view, &id);
	}
}

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	struct visit v = {.site = arg, .ex = ex, .request = request};

	v.site->pace.taps++;
	resolve_ahead_bring(&v.site->ahead);
	if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
		visit_page(&v, PAGE_METHOD);
		return;
	}
	v.path = path_classify(request->path);
	switch (v.path.kind) {
	case PATH_TOKEN:
		answer_token(&v);
		break;
	case PATH_UNFILLED:
		counter_add(&v.site->counters.unfilled, 1);
		visit_page(&v, PAGE_UNFILLED);
		break;
	case PATH_ROOT:
		visit_root(&v);
		break;
	case PATH_HEALTHZ:
		visit_text(&v, 200, "ok\n");
		break;
	case PATH_ROBOTS:
		visit_text(&v, 200, "User-agent: *\nDisallow: /\n");
		break;
	case PATH_FAVICON:
		visit_text(&v, 404, "not found\n");
		break;
	case PATH_WELL_KNOWN:
		visit_well_known(&v);
		break;
	case PATH_OTHER:
		counter_add(&v.site->counters.not_found, 1);
		visit_page(&v, PAGE_NOT_FOUND);
		break;
	}
}

static void on_bytes(struct str bytes, void *arg)
{
	struct tap_site *s = arg;

	if (str_starts(bytes, STR("GET /")))
		resolve_ahead_note(&s->ahead, &s->views, str_skip(bytes, 5));
}

static void on_turn_end(void *arg)
{
	struct tap_site *s = arg;
	int32_t us = tap_pace_turn_end(&s->pace, loop_mono_ms(s->options.loop));

	views_reset(&s->views);
	if (us != TAP_PACE_WAIT)
		loop_linger(s->options.loop, (uint32_t)us);
}

enum err tap_site_new(const struct tap_options *options, struct tap_site **to)
{
	struct tap_site *s = calloc(1, sizeof(*s));
	enum err e;

	ASSERT(options->index < GATE_PLACES);
	if (!s)
		return ERR_NOMEM;
	s->options = *options;
	tap_pool_init(&s->pool, TAPS_IN_FLIGHT_MAX);
	buf_init(&s->location, TAP_LINES_MAX);
	buf_init(&s->lines, TAP_LINES_MAX);
	buf_init(&s->body, TAP_BODY_MAX);
	e = views_init(options->regions, &s->views);
	if (e) {
		tap_site_free(s);
		return e;
	}
	loop_on_turn_end(options->loop, on_turn_end, s);
	*to = s;
	return OK;
}

void tap_site_leave(struct tap_site *s)
{
	if (s)
		views_deinit(&s->views);
}

void tap_site_free(struct tap_site *s)
{
	if (!s)
		return;
	tap_pool_deinit(&s->pool);
	buf_deinit(&s->location);
	buf_deinit(&s->lines);
	buf_deinit(&s->body);
	free(s);
}

struct http_handler tap_site_handler(struct tap_site *s)
{
	return (struct http_handler){on_request, page_refuse, on_bytes, s};
}

const struct tap_counters *tap_site_counters(const struct tap_site *s)
{
	return &s->counters;
}

uint64_t tap_site_snapshots(const struct tap_site *s)
{
	return counter_get(&s->views.snapshots);
}
