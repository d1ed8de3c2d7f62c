/* The pages that people see instead of a redirect: small, self-contained HTML
 * in the reader's language where we have it. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum page {
	PAGE_NOT_FOUND, /* 404 */
	PAGE_GONE,      /* 410 */
	PAGE_UNFILLED,  /* 404: the sender's template was not filled */
	PAGE_SAMPLE,    /* 200: what stands at "/" without a homepage */
	PAGE_METHOD,    /* 405 */
	PAGE_ERROR,     /* 500 */
	PAGES_N,
};

int page_status(enum page page);
/* Appends the header lines that go with every page. */
void page_put_headers(struct buf *out);
/* Appends the page, in the first language of Accept-Language that we have. */
void page_put(struct buf *out, enum page page, struct str accept_language);
/* For http_handler.on_refuse: programs that do not speak HTTP get a line. */
void page_refuse(int status, const char *why, struct buf *header_lines,
	struct buf *body, void *arg);
