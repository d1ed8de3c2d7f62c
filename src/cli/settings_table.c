#include "cli/settings_table.h"

#include <stddef.h>

#include "cli/settings.h"

#define SECTION(field)       offsetof(struct settings, field)
#define SERVER(field)        offsetof(struct settings_server, field)
#define CLICK(field)         offsetof(struct settings_click, field)
#define API(field)           offsetof(struct settings_api, field)
#define WEBHOOK(field)       offsetof(struct settings_webhook, field)
#define REGION(field)        offsetof(struct settings_region, field)
#define DOMAIN_OFFSET(field) offsetof(struct settings_domain, field)

/* The engine stores a choice as an int. */
_Static_assert(sizeof(enum settings_ip) == sizeof(int), "an enum is no int");
_Static_assert(offsetof(struct settings_region, name) == 0, "name is first");
_Static_assert(offsetof(struct settings_domain, host) == 0, "name is first");

enum {
	SCHEME_MAX = 32
};

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
/* A century. */
#define RETENTION_MS_MAX (24 * HOUR_MS * 36525)

static const char duration[] = "duration";

static const char *const ip_choices[] = {"truncated", "full", "none", NULL};

static const struct conf_section sections[] = {
	{"server", "The process and its data.", SECTION(server)},
	{"click", "The public listener, where people tap.", SECTION(click)},
	{"api", "The listener of senders, pipelines and operators.",
		SECTION(api)},
	{"webhook", "Clicks that are sent to where accounts want them.",
		SECTION(webhook)},
	{"region",
		"Regions: these four are built in. A section changes the keys "
		"it names; a new name adds a region.",
		SECTION(regions), sizeof(struct settings_region),
		SETTINGS_REGIONS_MAX, SECTION(regions_n),
		SETTINGS_REGION_NAME_MAX},
	{"domain",
		"A brand's own domains; none is built in, this is an example.",
		SECTION(domains), sizeof(struct settings_domain),
		SETTINGS_DOMAINS_MAX, SECTION(domains_n), SETTINGS_HOST_MAX},
};

static const struct conf_setting settings[] = {
	{"server", "data", CONF_STRING, "./ctio-data", "path",
		"The folder of all data.", SERVER(data), 1, SETTINGS_PATH_MAX},
	{"server", "loops", CONF_COUNT, "0", "number",
		"Threads that serve taps; 0: one per core.", SERVER(loops), 0,
		SETTINGS_LOOPS_MAX},

	{"click", "listen", CONF_ENDPOINT, "127.0.0.1:8080", "address:port",
		"Where taps arrive; *:80 is every address.", CLICK(listen)},
	{"click", "keepalive", CONF_BOOL, "yes", "yes | no",
		"Keep a connection for further taps.", CLICK(keepalive)},
	{"click", "commit_wait_max", CONF_DURATION, "100ms", duration,
		"How long a redirect waits for its click to be on disk; 0: it "
		"does not, and clicks are written every 20 ms.",
		CLICK(commit_wait_max_ms), 0, 10 * MINUTE_MS},
	{"click", "trusted_proxies", CONF_PREFIXES, "", "list of prefixes",
		"Who may say in X-Forwarded-For whom a tap is from.",
		CLICK(trusted_proxies)},
	{"click", "head_timeout", CONF_DURATION, "5s", duration,
		"How long a request's head may take.", CLICK(head_timeout_ms),
		100, HOUR_MS},
	{"click", "idle_timeout", CONF_DURATION, "60s", duration,
		"How long a kept connection may be silent.",
		CLICK(idle_timeout_ms), 100, 24 * HOUR_MS},
	{"click", "write_timeout", CONF_DURATION, "10s", duration,
		"How long an answer may take to leave.",
		CLICK(write_timeout_ms), 100, HOUR_MS},
	{"click", "connections_max", CONF_COUNT, "65536", "number",
		"Connections at once.", CLICK(connections_max), 1,
		SETTINGS_CONNECTIONS_MAX},
	{"click", "connections_per_ip_max", CONF_COUNT, "4096", "number",
		"Connections at once of one address; 0: no limit.",
		CLICK(connections_per_ip_max), 0, SETTINGS_CONNECTIONS_MAX},
	{"click", "repeat_window", CONF_DURATION, "10s", duration,
		"A tap so soon after a counted one, of the same token, address "
		"and agent, is a repeat: shown, not counted; 0: none is.",
		CLICK(repeat_window_ms), 0, 10 * MINUTE_MS},
	{"click", "verdict_rules", CONF_STRING, "", "file",
		"Your own rules on who is a person, before the built-in ones: "
		"lines such as `bot agent contains \"AcmeMonitor/\"`, after "
		"`version 1`; empty: none.",
		CLICK(verdict_rules), 0, SETTINGS_PATH_MAX},
	{"click", "agents", CONF_STRING, SETTINGS_AGENTS, "file",
		"uap-core's regexes.yaml, by which agents are told apart; "
		"empty: systems, devices and browsers are not told.",
		CLICK(agents), 0, SETTINGS_PATH_MAX},
	{"click", "countries", CONF_STRING, "", "file",
		"A MaxMind DB file by which addresses are given a country, read "
		"again when it is replaced; empty: countries are not told.",
		CLICK(countries), 0, SETTINGS_PATH_MAX},

	{"api", "listen", CONF_ENDPOINT, "127.0.0.1:8081", "address:port",
		"Where the API answers.", API(listen)},
	{"api", "body_max", CONF_SIZE, "64K", "size",
		"The largest JSON body, or line of a stream.", API(body_max),
		4 << 10, 16 << 20},
	{"api", "head_timeout", CONF_DURATION, "10s", duration,
		"How long a request's head may take.", API(head_timeout_ms),
		100, HOUR_MS},
	{"api", "idle_timeout", CONF_DURATION, "60s", duration,
		"How long a connection, or a stream, may be silent.",
		API(idle_timeout_ms), 100, 24 * HOUR_MS},
	{"api", "connections_max", CONF_COUNT, "1024", "number",
		"Connections at once.", API(connections_max), 1,
		SETTINGS_CONNECTIONS_MAX},

	{"webhook", "allow_http", CONF_BOOL, "no", "yes | no",
		"Let them be http, not https alone.", WEBHOOK(allow_http)},
	{"webhook", "allow_private", CONF_PREFIXES, "", "list of prefixes",
		"Networks they may be sent to that not all of the Internet can "
		"reach; empty: none.",
		WEBHOOK(allow_private)},
	{"webhook", "ca_file", CONF_STRING, "", "file",
		"Certificates to trust, PEM; empty: the system's.",
		WEBHOOK(ca_file), 0, SETTINGS_PATH_MAX},
	{"webhook", "connect_timeout", CONF_DURATION, "5s", duration,
		"How long connecting may take.", WEBHOOK(connect_timeout_ms),
		10, HOUR_MS},
	{"webhook", "timeout", CONF_DURATION, "20s", duration,
		"How long a delivery may take, with its answer.",
		WEBHOOK(timeout_ms), 10, HOUR_MS},
	{"webhook", "retry_first", CONF_DURATION, "5s", duration,
		"The pause after a first failure; those that follow grow with "
		"it.",
		WEBHOOK(retry_first_ms), 1, HOUR_MS},
	{"webhook", "retry_max", CONF_DURATION, "24h", duration,
		"The longest pause; it is tried again for as long as it is "
		"there.",
		WEBHOOK(retry_max_ms), 1, 7 * (24 * HOUR_MS)},

	{"region", "tag", CONF_STRING, NULL, "one of A-Z a-z 0-9",
		"The first character of each of its tokens; never change it "
		"once tokens were made.",
		REGION(tag), 1, 1},
	{"region", "url", CONF_STRING, NULL, "URL",
		"What templates hold: http or https, a host, and /{{1}}.",
		REGION(url), 1, SETTINGS_URL_MAX},
	{"region", "domains", CONF_STRINGS, "", "list of hosts",
		"Further hosts where its taps arrive; the url's is always one.",
		REGION(domains), 1, SETTINGS_HOST_MAX},
	{"region", "serve", CONF_BOOL, "yes", "yes | no",
		"Serve it here; no: only know its domains.", REGION(serve)},
	{"region", "ip", CONF_CHOICE, "truncated", "truncated | full | none",
		"How much of a visitor's address is kept; truncated: IPv4 /24, "
		"IPv6 /48.",
		REGION(ip), .choices = ip_choices},
	{"region", "homepage", CONF_STRING, "", "URL",
		"Where / leads; empty: a plain page.", REGION(homepage), 0,
		SETTINGS_URL_MAX},
	{"region", "fallback", CONF_STRING, "", "URL",
		"Where tokens lead that no longer work; empty: a page says so.",
		REGION(fallback), 0, SETTINGS_URL_MAX},
	{"region", "schemes", CONF_STRINGS, "http, https", "list of schemes",
		"What a destination's URL may begin with.", REGION(schemes), 1,
		SCHEME_MAX},
	{"region", "retention_max", CONF_DURATION, "0", duration,
		"How long clicks are kept, at most two days of them dropped a "
		"day; their counts stay. 0: for ever.",
		REGION(retention_max_ms), 0, RETENTION_MS_MAX},
	{"region", "retention_min", CONF_DURATION, "0", duration,
		"How long clicks must be kept: an erasure of younger data "
		"waits.",
		REGION(retention_min_ms), 0, RETENTION_MS_MAX},
	{"region", "forget_after", CONF_DURATION, "0", duration,
		"How long after its end a token keeps recipient, ref and "
		"params; 0: always.",
		REGION(forget_after_ms), 0, RETENTION_MS_MAX},

	{"domain", "region", CONF_STRING, NULL, "region",
		"The region of the tokens that resolve there.",
		DOMAIN_OFFSET(region), 1, SETTINGS_REGION_NAME_MAX},
	{"domain", "account", CONF_STRING, "", "account",
		"The only account whose tokens resolve there; empty: any.",
		DOMAIN_OFFSET(account), 0, SETTINGS_ACCOUNT_MAX},
	{"domain", "page_not_found", CONF_STRING, "", "file",
		"HTML that people see for unknown links; empty: our own.",
		DOMAIN_OFFSET(page_not_found), 0, SETTINGS_PATH_MAX},
	{"domain", "page_gone", CONF_STRING, "", "file",
		"HTML that people see for links that no longer work; empty: "
		"our own.",
		DOMAIN_OFFSET(page_gone), 0, SETTINGS_PATH_MAX},
	{"domain", "assetlinks", CONF_STRING, "", "file",
		"What /.well-known/assetlinks.json answers; empty: 404.",
		DOMAIN_OFFSET(assetlinks), 0, SETTINGS_PATH_MAX},
	{"domain", "app_site_association", CONF_STRING, "", "file",
		"What /.well-known/apple-app-site-association answers; empty: "
		"404.",
		DOMAIN_OFFSET(app_site_association), 0, SETTINGS_PATH_MAX},
	{"domain", "acme_challenge", CONF_STRING, "", "folder",
		"Where the files of /.well-known/acme-challenge/ are; empty: "
		"404.",
		DOMAIN_OFFSET(acme_challenge), 0, SETTINGS_PATH_MAX},
};

const struct conf_table settings_table = {
	sections,
	sizeof(sections) / sizeof(sections[0]),
	settings,
	sizeof(settings) / sizeof(settings[0]),
};

const struct conf_example settings_regions[] = {
	{"region", "eu1", "tag", "e"},
	{"region", "eu1", "url", "https://ct1.io/{{1}}"},
	{"region", "in1", "tag", "i"},
	{"region", "in1", "url", "https://ct3.io/{{1}}"},
	{"region", "sg1", "tag", "s"},
	{"region", "sg1", "url", "https://ct4.io/{{1}}"},
	{"region", "us1", "tag", "u"},
	{"region", "us1", "url", "https://ct5.io/{{1}}"},
};
const size_t settings_regions_n =
	sizeof(settings_regions) / sizeof(settings_regions[0]);
