/* Everything that can be configured, checked, in one struct; and THE table of
 * settings that the parser, `ctio check`, deploy/ctio.conf and the tests share.
 * Only cli/ sees it: lower layers are given small option structs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"

enum {
	SETTINGS_REGIONS_MAX = 32,
	SETTINGS_DOMAINS_MAX = 256,
	SETTINGS_PATH_MAX = 1024,
	SETTINGS_URL_MAX = 2000,
	SETTINGS_HOST_MAX = 253,
	SETTINGS_REGION_NAME_MAX = 16,
	SETTINGS_ACCOUNT_MAX = 64,
	SETTINGS_LOOPS_MAX = 256,
	SETTINGS_CONNECTIONS_MAX = 1 << 20,
};

/* How much of a visitor's address is kept. */
enum settings_ip {
	SETTINGS_IP_TRUNCATED, /* IPv4 /24, IPv6 /48 */
	SETTINGS_IP_FULL,
	SETTINGS_IP_NONE
};

struct settings_server {
	char data[SETTINGS_PATH_MAX + 1];
	uint64_t loops; /* 0: one per core */
};

struct settings_click {
	struct ip_endpoint listen;
	bool keepalive;
	uint64_t commit_wait_max_ms; /* 0: reply at once */
	struct conf_prefixes trusted_proxies;
	uint64_t head_timeout_ms;
	uint64_t idle_timeout_ms;
	uint64_t write_timeout_ms;
	uint64_t connections_max;
	uint64_t connections_per_ip_max; /* 0: no limit */
	uint64_t repeat_window_ms;       /* 0: nothing repeats */
	/* Files; "": none. */
	char verdict_rules[SETTINGS_PATH_MAX + 1];
	char agents[SETTINGS_PATH_MAX + 1];
	char countries[SETTINGS_PATH_MAX + 1];
};

/* Where Debian's package uap-core puts its rules. */
#define SETTINGS_AGENTS "/usr/share/uap-core/regexes.yaml"

struct settings_api {
	struct ip_endpoint listen;
	uint64_t body_max;
	uint64_t head_timeout_ms;
	uint64_t idle_timeout_ms;
	uint64_t connections_max;
};

/* Where clicks are sent to. */
struct settings_webhook {
	bool allow_http;
	struct conf_prefixes allow_private;
	char ca_file[SETTINGS_PATH_MAX + 1]; /* "": the system's */
	uint64_t connect_timeout_ms;
	uint64_t timeout_ms;
	uint64_t retry_first_ms;
	uint64_t retry_max_ms;
};

struct settings_region {
	char name[SETTINGS_REGION_NAME_MAX + 1]; /* a-z 0-9 */
	char tag[1 + 1];                         /* one alphanumeric */
	char url[SETTINGS_URL_MAX + 1];          /* ends in {{1}} */
	struct conf_strings domains; /* lower case, no ports; url's host is
					always the first */
	bool serve;
	enum settings_ip ip;
	char homepage[SETTINGS_URL_MAX + 1]; /* "": none */
	char fallback[SETTINGS_URL_MAX + 1]; /* "": none */
	struct conf_strings schemes;         /* lower case */
	uint64_t retention_max_ms;           /* 0: for ever */
	uint64_t retention_min_ms;
	uint64_t forget_after_ms; /* 0: never */
};

/* A brand's own domain: only that account's tokens resolve there. */
struct settings_domain {
	char host[SETTINGS_HOST_MAX + 1]; /* lower case, no port */
	char region[SETTINGS_REGION_NAME_MAX + 1];
	char account[SETTINGS_ACCOUNT_MAX + 1]; /* "": any of the region */
	/* Files, and a folder; "": none. */
	char page_not_found[SETTINGS_PATH_MAX + 1];
	char page_gone[SETTINGS_PATH_MAX + 1];
	char assetlinks[SETTINGS_PATH_MAX + 1];
	char app_site_association[SETTINGS_PATH_MAX + 1];
	char acme_challenge[SETTINGS_PATH_MAX + 1];
	size_t region_i; /* in regions */
};

struct settings {
	struct settings_server server;
	struct settings_click click;
	struct settings_api api;
	struct settings_webhook webhook;
	struct settings_region regions[SETTINGS_REGIONS_MAX];
	size_t regions_n;
	struct settings_domain domains[SETTINGS_DOMAINS_MAX];
	size_t domains_n;
};

extern const struct conf_table settings_table;

/* What to read: a file (NULL: none), then --data (NULL: none), then --set
 * overrides in order. */
struct settings_source {
	const char *file;
	const char *data;
	const char *const *overrides;
	size_t overrides_n;
};

/* Reads, then checks across settings. On ERR_INVALID `errors` holds a line for
 * every error found and *out is untouched; ERR_NOMEM. The caller frees *out
 * with settings_free(). */
CHECKED enum err settings_load(const struct settings_source *source,
	struct settings **out, struct buf *errors);
void settings_free(struct settings *s);

/* The file whose every line is commented out: each key with its default. */
void settings_print_defaults(struct buf *to);
