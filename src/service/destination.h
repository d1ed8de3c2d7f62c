/* Where an account may send people: a URL against the region's schemes, the
 * server's own domains and the account's allowed hosts. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "core/account_record.h"
#include "core/json.h"
#include "core/uri_template.h"
#include "service/region.h"

/* Adds a finding at the member `name` of the object at `at` ("#") and returns
 * false if the URL is refused. */
bool destination_check(const struct regions *regions,
	const struct region *region, const struct account *account,
	struct str url, const char *at, struct str name,
	struct json_findings *findings);
/* The same for a link's URI template, which is compiled into *t. */
bool destination_check_template(const struct regions *regions,
	const struct region *region, const struct account *account,
	struct str text, const char *at, struct str name,
	struct uri_template *t, struct json_findings *findings);
