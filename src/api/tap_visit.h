/* A click loop's site, and a request while it is answered: for api/tap*.c
 * alone. */
#pragma once

#include "api/pages.h"
#include "api/tap.h"
#include "api/tap_click.h"
#include "api/tap_pace.h"
#include "base/buf.h"
#include "core/path.h"
#include "service/resolve_ahead.h"
#include "service/view.h"

/* The fields of every redirect. */
#define NO_STORE "Cache-Control: no-store\r\n"
#define NO_INDEX "X-Robots-Tag: noindex\r\n"

struct tap_site {
	struct tap_options options;
	struct views views;
	struct resolve_ahead ahead;
	struct tap_pool pool;
	struct buf location; /* of the tap being answered */
	struct buf lines;
	struct buf body;
	struct tap_pace pace;
	struct tap_counters counters;
};

/* One request, while on_request() runs. */
struct visit {
	struct tap_site *site;
	struct http_exchange *ex;
	const struct http_request *request;
	struct path path;
	struct str own_page; /* the domain's, which outlives the site */
};

/* Answers that need no token: a page, a few words, the lines of a redirect. */
void visit_page(struct visit *v, enum page page);
void visit_text(struct visit *v, int status, const char *text);
void visit_root(struct visit *v);
void visit_well_known(struct visit *v);
/* In the site's buffer. */
struct str visit_redirect_lines(struct visit *v, struct str location);
/* The page that the answer will have: put, then told. */
void visit_put_page(struct visit *v, enum page page);
struct str visit_body(const struct visit *v);
