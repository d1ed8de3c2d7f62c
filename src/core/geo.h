/* The country of an address, from a MaxMind DB file such as GeoLite2-Country.
 *
 * The file is copied into memory when it is opened, so that nothing happens to
 * us when somebody writes over it; and it is checked before its library reads
 * it (core/mmdb_check.h). What was opened never changes, so any thread may ask;
 * each with a memo of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"
#include "base/ip.h"

enum {
	GEO_FILE_MAX = 1 << 29, /* bytes */
	GEO_PROBLEM_MAX = 512,  /* bytes of a problem's text */
	GEO_MEMO = 1024         /* countries by records; a power of two */
};

/* An open file. */
struct geo;

/* Most addresses share some hundred records. Of one file; all zero at first. */
struct geo_memo {
	struct geo_known {
		bool is_used;
		uint32_t record;
		char country[2];
	} known[GEO_MEMO];
};

/* What is wrong, as one line for people: `FILE: what`. */
struct geo_problem {
	char text[GEO_PROBLEM_MAX];
};

/* ERR_INVALID, ERR_AGAIN when the file is being written, or what opening it
 * said, with a problem; ERR_NOMEM. */
CHECKED enum err geo_open(
	const char *path, struct geo **g, struct geo_problem *problem);
/* One more that is to be closed; g itself. */
struct geo *geo_share(struct geo *g);
/* NULL is fine. */
void geo_close(struct geo *g);

/* Writes the two upper-case letters of ISO 3166-1 of the country where the
 * address is, else of the one where it is registered; two NULs, and false, when
 * neither is known. Takes no memory. */
bool geo_country(const struct geo *g, struct geo_memo *memo,
	const struct ip *ip, char country[2]);

/* By which a file differs from the one that was there before. */
struct geo_identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	bool exists;
};

/* What a path was found to be; all zero at first. */
struct geo_refused {
	struct geo_identity file;
	bool is_any;
};

enum geo_news {
	GEO_SAME,     /* the file is as it was */
	GEO_REPLACED, /* another file is there, and was opened */
	GEO_REFUSED   /* another file is there, but cannot be read */
};

/* Looks at the path that g was opened from, and opens *to if the file was
 * replaced or written over; takes as long as reading it does. What cannot be
 * opened is refused once, with a problem. */
enum geo_news geo_look(const struct geo *g, const char *path,
	struct geo_refused *refused, struct geo **to,
	struct geo_problem *problem);
