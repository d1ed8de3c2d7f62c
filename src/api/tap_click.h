/* A tap's click: filled from its request, and kept in a slot until the click
 * writer has decided it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/click_record.h"
#include "http/exchange.h"
#include "http/loop.h"
#include "http/mailbox.h"
#include "service/region.h"
#include "service/resolve.h"

enum {
	TAP_ROOM = 1024, /* bytes for strings in a slot; more is allocated */
	TAP_SLAB = 64,   /* slots allocated at a time */
};

struct tap_site;

/* From a push until its mail is delivered. Embedded lists and the answer are
 * the loop's; the entry is the writer's until it is done. */
struct tap {
	struct click_entry entry;
	struct mail mail;
	struct loop_timer timer;
	struct tap_site *site;
	size_t region;
	struct http_exchange *ex; /* NULL once it was answered */
	bool is_early; /* answered although its click might be lost */
	int status;
	struct str lines, body; /* of the answer */
	char *extra;            /* strings that found no room, or NULL */
	struct tap *next;       /* free slots */
	char room[TAP_ROOM];
};

struct tap_slab;

struct tap_pool {
	struct tap *free;
	struct tap_slab *slabs;
	size_t n;
	size_t max;
};

void tap_pool_init(struct tap_pool *pool, size_t max);
void tap_pool_deinit(struct tap_pool *pool);
/* A slot with the click and the strings copied into it; NULL at the maximum
 * or without memory. */
struct tap *tap_take(struct tap_pool *pool, const struct click *click,
	struct str lines, struct str body);
void tap_give(struct tap_pool *pool, struct tap *tap);
struct tap *tap_of_mail(struct mail *mail);
struct tap *tap_of_entry(struct click_entry *entry);

/* All but the address, and what is judged when it is written. Strings are views
 * of the request, cut to what a click keeps. */
void tap_click_fill(struct click *click, const struct resolution *r,
	const struct http_request *request, bool misfilled, uint64_t now_ms);
/* The verdict on a click that is not written. */
enum verdict tap_verdict(const struct regions *regions, const struct click *c);
/* Appends the same path and query on a region's own domain. */
void tap_elsewhere_put(struct buf *out, const struct region *region,
	const struct http_request *request);
