/* Part of the verdict rules: an operator's file of them, taken apart. Only
 * core/verdict*.c, its test and its fuzzer include it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"

enum verdict_file_how {
	VERDICT_AGENT_CONTAINS,
	VERDICT_AGENT_STARTS,
	VERDICT_AGENT_ENDS,
	VERDICT_AGENT_IS,
	VERDICT_REFERER_HOST,
	VERDICT_IP_IN,
	VERDICT_HOWS
};

struct verdict_file_rule {
	uint8_t verdict;
	uint8_t how;             /* enum verdict_file_how */
	struct str text;         /* view of the file's; none for an address */
	struct ip_prefix prefix; /* of VERDICT_IP_IN */
};

struct verdict_file {
	unsigned version;
	struct verdict_file_rule *rules;
	size_t n;
};

/* Takes apart a text of the form that core/verdict_rules.h tells; name is what
 * findings call it. ERR_INVALID after appending every finding, one a line, as
 * `NAME:LINE: text`; ERR_NOMEM. The rules are views of the text. */
CHECKED enum err verdict_file_parse(const char *name, struct str text,
	struct verdict_file *file, struct buf *findings);
/* Also one that is all zero, or after an error. */
void verdict_file_deinit(struct verdict_file *file);
