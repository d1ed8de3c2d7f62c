/* uap-core's regexes.yaml, read: the rules that tell browser, system and device
 * from a user agent. Three lists of rules, each tried in order until one
 * matches; see "ua-parser Specification" (uap-core, docs/specification.md). Of
 * what the rules say the families are kept; versions, brands and models are
 * not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	AGENT_RULES_FILE_MAX = 4 << 20, /* bytes */
	AGENT_RULES_MAX = 4096,         /* of all lists */
	AGENT_REGEX_MAX = 8192,         /* bytes of an expression */
	AGENT_REPLACEMENT_MAX = 255,    /* bytes of a replacement */
	AGENT_PROBLEM_MAX = 512         /* bytes of a problem's text */
};

enum agent_list {
	AGENT_BROWSER, /* user_agent_parsers */
	AGENT_OS,      /* os_parsers */
	AGENT_DEVICE,  /* device_parsers */
	AGENT_LISTS
};

/* A place in agent_rules.text. */
struct agent_span {
	uint32_t at;
	uint32_t n;
};

struct agent_rule {
	struct agent_span regex;
	struct agent_span family; /* its replacement, if it has one */
	uint32_t line;            /* of the file */
	bool has_family;
	bool caseless;
	bool is_spider; /* a device rule whose family is Spider */
};

struct agent_rules {
	struct buf text;
	struct agent_span file;   /* its name */
	struct agent_rule *rules; /* list after list */
	size_t n;
	/* The rules of a list, the last one not among them. */
	struct {
		size_t begin;
		size_t end;
	} lists[AGENT_LISTS];
};

/* What is wrong, as one line for people: `FILE:LINE: what`. */
struct agent_problem {
	char text[AGENT_PROBLEM_MAX];
};

/* Reads a file's text; file is its name for problems. ERR_INVALID or
 * ERR_TOO_LONG with a problem, or ERR_NOMEM; r needs no deinit then. */
CHECKED enum err agent_rules_parse(struct agent_rules *r, const char *file,
	struct str yaml, struct agent_problem *problem);
void agent_rules_deinit(struct agent_rules *r);

/* "os_parsers" and so on. */
const char *agent_list_name(enum agent_list list);

static inline struct str agent_rules_text(
	const struct agent_rules *r, struct agent_span span)
{
	return str_make(r->text.p + span.at, span.n);
}
