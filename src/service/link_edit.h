/* Changes to links, as jobs of the links writer: checked and written in one
 * transaction, so that every tap after the answer sees them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/json.h"
#include "core/link_record.h"
#include "service/problem.h"
#include "service/region.h"
#include "store/links_writer.h"

enum link_edit_kind {
	LINK_PUT,     /* make it, or replace all of it */
	LINK_PATCH,   /* RFC 7396 */
	LINK_DISABLE, /* DELETE */
};

/* The strings and values live in the caller's JSON until the job is done. */
struct link_edit {
	struct links_job job;
	void *owner; /* for done */
	enum link_edit_kind kind;
	const struct regions *regions;
	const struct region *region;
	uint64_t account;
	struct str name;
	struct str body_name, destination, campaign, ttl, expires_at, fallback,
		state;
	enum json_state has_name, has_destination, has_defaults, has_campaign,
		has_ttl, has_expires_at, has_fallback, has_forward_query,
		has_track, has_state;
	const struct json_t *defaults;
	bool forward_query, track;
	/* Out. */
	bool created;
	struct problem problem;
};

/* Reads the body of a PUT or PATCH; false with findings in edit->problem. */
bool link_edit_read(struct link_edit *edit, const struct json_t *body);
/* As links_writer_push(). A refused job has its problem. */
CHECKED enum err link_edit_submit(
	struct link_edit *edit, struct links_writer *w);
