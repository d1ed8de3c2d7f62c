/* What a request's path on the public listener asks for. Chat programs add
 * things behind a token and senders put whole URLs into {{1}}: both are
 * understood. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum path_kind {
	PATH_TOKEN,      /* something shaped like a token: path.token */
	PATH_UNFILLED,   /* {{1}} or <<1>>: the template's variable itself */
	PATH_ROOT,       /* "/" and "/sample" */
	PATH_HEALTHZ,    /* "/healthz" */
	PATH_ROBOTS,     /* "/robots.txt" */
	PATH_FAVICON,    /* "/favicon.ico", "/apple-touch-icon*.png" */
	PATH_WELL_KNOWN, /* below "/.well-known/" */
	PATH_OTHER
};

struct path {
	enum path_kind kind;
	bool misfilled;   /* the token stood behind a URL or more slashes */
	struct str token; /* TOKEN_LEN letters and digits, a view; else empty */
};

/* target is the path as it was sent, percent-escapes and all, without the
 * query. Linear in its length. */
struct path path_classify(struct str target);
