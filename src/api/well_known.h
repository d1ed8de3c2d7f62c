/* What stands below /.well-known/ on a brand's own domain, where configured. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "service/region.h"

enum {
	WELL_KNOWN_BYTES_MAX = 8192
}; /* of an ACME challenge's file */

struct well_known {
	const char *content_type;
	struct str bytes; /* the settings' own, or in the caller's buffer */
};

/* ERR_NOT_FOUND for anything that is not configured; domain may be NULL. An
 * ACME challenge (RFC 8555, section 8.3) is read from its folder into `room`,
 * since it is put there while the server runs. */
CHECKED enum err well_known_find(const struct domain_settings *domain,
	struct str path, struct buf *room, struct well_known *found);
