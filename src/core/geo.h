/* The country of an address, from a MaxMind DB file such as GeoLite2-Country.
 *
 * The file is copied into memory when it is opened, so that nothing happens to
 * us when somebody writes over it; and it is checked before its library reads
 * it (core/mmdb_check.h). One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"

enum {
	GEO_FILE_MAX = 1 << 29, /* bytes */
	GEO_CHECK_MS = 10000,   /* between looks at the file */
	GEO_PROBLEM_MAX = 512   /* bytes of a problem's text */
};

struct geo;

/* What is wrong, as one line for people: `FILE: what`. */
struct geo_problem {
	char text[GEO_PROBLEM_MAX];
};

/* ERR_INVALID, ERR_AGAIN when the file is being written, or what opening it
 * said, with a problem; ERR_NOMEM. Borrows the path. */
CHECKED enum err geo_open(
	const char *path, struct geo **g, struct geo_problem *problem);
void geo_close(struct geo *g);

/* Writes the two upper-case letters of ISO 3166-1 of the country where the
 * address is, else of the one where it is registered; two NULs, and false, when
 * neither is known. Takes no memory. */
bool geo_country(struct geo *g, const struct ip *ip, char country[2]);

enum geo_news {
	GEO_SAME,     /* the file is as it was, or it is too early to look */
	GEO_REPLACED, /* another file is read from now on */
	GEO_REFUSED   /* another file is there, but cannot be read */
};

/* Looks at the file, at most every GEO_CHECK_MS by now_ms, and opens it if it
 * was replaced or written over; takes as long as reading it does. What cannot
 * be opened is refused once, with a problem, and the former file's countries
 * stay. */
enum geo_news geo_reload_if_replaced(
	struct geo *g, uint64_t now_ms, struct geo_problem *problem);
