/* Where webhooks may lead: the rules for their URLs, and for the addresses
 * that are connected to in the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "base/str.h"
#include "core/json.h"
#include "service/region.h"

struct webhook_rules {
	bool allow_http;
	/* Networks that are allowed though not all of the Internet reaches
	 * them; borrowed. */
	const struct ip_prefix *allowed;
	size_t allowed_n;
};

/* Whether a webhook may be sent to this address. */
bool webhook_may_connect(
	const struct webhook_rules *rules, const struct ip *ip);
/* Adds a finding at the member `url` and returns false for a URL that is
 * refused whatever its name resolves to. */
bool webhook_target_check(const struct webhook_rules *rules,
	const struct regions *regions, struct str url,
	struct json_findings *findings);
