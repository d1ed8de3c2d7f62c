/* Changes to campaigns, as jobs of the links writer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/account_record.h"
#include "core/json.h"
#include "core/link_record.h"
#include "service/problem.h"
#include "service/region.h"
#include "store/links_writer.h"

/* Makes a campaign of this name, unless there is one. job.done is the owner's.
 */
struct campaign_make {
	struct links_job job;
	void *owner; /* for done */
	uint64_t account;
	size_t name_n;
	char name[LINK_NAME_MAX];
};

/* As links_writer_push(); the name is valid. */
CHECKED enum err campaign_make_submit(
	struct campaign_make *m, struct links_writer *w);
/* Within a job of the links writer: the id of the campaign of this name, made
 * if need be. Failures stick in the transaction. */
uint64_t campaign_ensure(
	struct links_batch *batch, uint64_t account, struct str name);

/* RFC 7396 on {state, override}. job.done is the owner's. After the job,
 * problem tells; the strings live in the caller's JSON until then. */
struct campaign_patch {
	struct links_job job;
	void *owner; /* for done */
	uint64_t account;
	struct str name;
	enum json_state state_given, override_given;
	bool active;
	struct str override; /* checked already */
	struct problem problem;
};

/* Reads the body; false with findings in patch->problem. */
bool campaign_patch_read(struct campaign_patch *p, const struct json_t *body,
	const struct regions *regions, const struct region *region,
	const struct account *account);
CHECKED enum err campaign_patch_submit(
	struct campaign_patch *p, struct links_writer *w);

/* "active" or "disabled"; a finding at #/state for anything else. */
bool state_read(struct str text, bool *active, struct json_findings *findings);
