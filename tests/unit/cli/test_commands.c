#include "support/cmocka.h"

#include "unit/cli/commands.h"

/* A command, what the server is asked, what it answers, what is said. */
static const struct row {
	const char *words;
	const char *request; /* the first line, and the body's end */
	const char *body;
	const char *answer;
	int status;
	const char *out;
	const char *err;
} rows[] = {
	{"account create acme --region us1", "POST /v1/accounts HTTP/1.1",
		"{\"account\":\"acme\",\"region\":\"us1\"}",
		ANSWER("201 Created", "", "74",
			"{\"account\":\"acme\",\"region\":\"us1\",\"key\":"
			"\"ctio_us1_ID_SECRET\",\"key_id\":\"ID\"}"),
		0, "ctio_us1_ID_SECRET\n", ""},
	{"account create acme --region us1 --json --fallback https://f/ "
	 "--allow-host a.example --allow-host b.example",
		"POST /v1/accounts HTTP/1.1",
		"{\"account\":\"acme\",\"region\":\"us1\",\"fallback\":"
		"\"https://f/\",\"allowed_hosts\":[\"a.example\","
		"\"b.example\"]}",
		ANSWER("201 Created", "", "11", "{\"key\":\"k\"}"), 0,
		"{\"key\":\"k\"}\n", ""},
	{"account create acme --region nowhere", "POST /v1/accounts HTTP/1.1",
		"{\"account\":\"acme\",\"region\":\"nowhere\"}",
		ANSWER("422 No", "", "23", "{\"title\":\"no such one\"}"), 1,
		"", "ctio: acme in nowhere: no such one\n"},
	{"account show acme", "GET /v1/accounts/acme HTTP/1.1", "",
		ANSWER("200 OK", "", "91",
			"{\"account\":\"acme\",\"fallback\":null,\"on\":true,"
			"\"hosts\":[],\"deep\":{\"a\":[1,{\"b\":2.5}]},\"e\":"
			"{}}  "),
		0,
		"account: acme\nfallback: -\non: yes\nhosts: []\ndeep:\n"
		"  a:\n    - 1\n    -\n      b: 2.5\ne: {}\n",
		""},
	{"account show a/b --json", "GET /v1/accounts/a%2Fb HTTP/1.1", "",
		ANSWER("404 Not Found", "", "22",
			"{\"title\":\"Not found\"}\n"),
		1, "", "ctio: a/b: Not found\n"},
	{"account set acme --fallback https://f/ --allow-host=",
		"PATCH /v1/accounts/acme HTTP/1.1",
		"{\"fallback\":\"https://f/\",\"allowed_hosts\":[]}",
		ANSWER("200 OK", "", "2", "{}"), 0, "{}\n", ""},
	{"account set acme --fallback=", "PATCH /v1/accounts/acme HTTP/1.1",
		"{\"fallback\":null}", ANSWER("200 OK", "", "2", "{}"), 0,
		"{}\n", ""},
	{"account disable acme", "PATCH /v1/accounts/acme HTTP/1.1",
		"{\"state\":\"disabled\"}", ANSWER("200 OK", "", "2", "{}"), 0,
		"{}\n", ""},
	{"account enable acme", "PATCH /v1/accounts/acme HTTP/1.1",
		"{\"state\":\"active\"}", ANSWER("200 OK", "", "2", "{}"), 0,
		"{}\n", ""},
	{"account key add acme --scope mint,read --expires 90d",
		"POST /v1/accounts/acme/keys HTTP/1.1",
		"{\"scopes\":[\"mint\",\"read\"],\"ttl\":\"90d\"}",
		ANSWER("201 Created", "", "11", "{\"key\":\"k\"}"), 0, "k\n",
		""},
	{"account key add acme", "POST /v1/accounts/acme/keys HTTP/1.1", "{}",
		ANSWER("201 Created", "", "2", "{}"), 1, "",
		"ctio: the server's answer has no key\n"},
	{"account key list acme", "GET /v1/accounts/acme/keys HTTP/1.1", "",
		ANSWER("200 OK", "", "119",
			"{\"items\":[{\"key_id\":\"K1\",\"scopes\":[\"mint\","
			"\"read\"],\"created_at\":\"2026\",\"expires_at\":null,"
			"\"state\":\"active\"}],\"next\":null}"),
		0,
		"KEY  SCOPES     STATE   CREATED  EXPIRES\n"
		"K1   mint,read  active  2026     -\n",
		""},
	{"stats", "GET /v1/stats HTTP/1.1", "",
		ANSWER("200 OK", "", "262",
			"{\"as_of\":\"c\",\"tz\":\"UTC\",\"complete_from\":null,"
			"\"rows\":[{\"day\":\"2026-11-23\",\"minted\":1000,"
			"\"requests\":31,\"clicks\":20,\"unique_clicks\":16,"
			"\"unconfirmed\":0,\"ctr\":0.016}],\"total\":{\"minted\":"
			"3000,\"requests\":31,\"clicks\":20,\"unique_clicks\":"
			"16,\"unconfirmed\":0,\"ctr\":0.005333}}"),
		0,
		"DAY         MINTED  REQUESTS  CLICKS  UNIQUE  UNCONFIRMED  "
		"RATE\n"
		"2026-11-23    1000        31      20      16            0  "
		"1.6%\n"
		"total         3000        31      20      16            0  "
		"0.5%\n",
		""},
	{"stats --by os --from 2026-11-23 --to 2026-11-24T00:00:00+05:30 --tz "
	 "Asia/Kolkata --link a/b --campaign c",
		"GET /v1/stats?by=os&from=2026-11-23&to=2026-11-24T00%3A00%3A"
		"00%2B05%3A30&tz=Asia%2FKolkata&link=a%2Fb&campaign=c HTTP/1.1",
		"",
		ANSWER("200 OK", "", "237",
			"{\"complete_from\":\"2026-11-20T00:00:00.000Z\","
			"\"rows\":[{\"os\":\"A\\u001b[31m\",\"minted\":null,"
			"\"requests\":2,\"clicks\":1,\"unique_clicks\":1,"
			"\"unconfirmed\":null,\"ctr\":null},{\"os\":null,"
			"\"requests\":1}],\"total\":{\"minted\":0,\"requests\":3,"
			"\"unique_clicks\":1}}"),
		0,
		"OS      MINTED  REQUESTS  CLICKS  UNIQUE  UNCONFIRMED  RATE\n"
		"A?[31m       -         2       1       1            -     -\n"
		"-            -         1       -       -            -     -\n"
		"total        0         3       -       1            -     -\n",
		"Complete from 2026-11-20T00:00:00.000Z on.\n"},
	{"stats --json", "GET /v1/stats HTTP/1.1", "",
		ANSWER("200 OK", "", "11", "{\"rows\":[]}"), 0,
		"{\"rows\":[]}\n", ""},
	{"stats", "GET /v1/stats HTTP/1.1", "",
		ANSWER("200 OK", "", "11", "{\"rows\":[]}"), 1, "",
		"ctio: the server's answer has no rows\n"},
	{"stats --by nothing", "GET /v1/stats?by=nothing HTTP/1.1", "",
		ANSWER("400 Bad", "", "15", "{\"title\":\"bad\"}"), 1, "",
		"ctio: bad\n"},
	{"account key revoke acme K1",
		"DELETE /v1/accounts/acme/keys/K1 HTTP/1.1", "",
		"HTTP/1.1 204 No Content\r\n\r\n", 0, "", ""},
	{"link set l --to https://s/{cart} --campaign c --ttl 90d --fallback "
	 "https://f/ --default cart=A=7 --default x= --forward-query "
	 "--expires-at 2027-01-31T00:00:00Z",
		"PUT /v1/links/l HTTP/1.1",
		"{\"destination\":\"https://s/{cart}\",\"campaign\":\"c\","
		"\"ttl\":\"90d\",\"expires_at\":\"2027-01-31T00:00:00Z\","
		"\"fallback\":\"https://f/\",\"forward_query\":true,"
		"\"defaults\":{\"cart\":\"A=7\",\"x\":\"\"}}",
		ANSWER("201 Created", "", "12", "{\"name\":\"l\"}"), 0,
		"name: l\n", ""},
	{"link set l --ttl 90d", "PATCH /v1/links/l HTTP/1.1",
		"{\"ttl\":\"90d\"}",
		ANSWER("200 OK", "", "12", "{\"name\":\"l\"}"), 0, "name: l\n",
		""},
	{"link enable l", "PATCH /v1/links/l HTTP/1.1",
		"{\"state\":\"active\"}",
		ANSWER("200 OK", "", "12", "{\"name\":\"l\"}"), 0, "name: l\n",
		""},
	{"link show l --account acme", "GET /v1/links/l HTTP/1.1", "",
		ANSWER("200 OK", "", "12", "{\"name\":\"l\"}"), 0, "name: l\n",
		""},
	{"link disable l", "DELETE /v1/links/l HTTP/1.1", "",
		ANSWER("200 OK", "", "2", "{}"), 0, "", ""},
	{"campaign show c", "GET /v1/campaigns/c HTTP/1.1", "",
		ANSWER("200 OK", "", "12", "{\"name\":\"c\"}"), 0, "name: c\n",
		""},
	{"campaign set c --disable --override https://o/",
		"PATCH /v1/campaigns/c HTTP/1.1",
		"{\"state\":\"disabled\",\"override\":\"https://o/\"}",
		ANSWER("200 OK", "", "2", "{}"), 0, "{}\n", ""},
	{"campaign set c --override none --enable --json",
		"PATCH /v1/campaigns/c HTTP/1.1",
		"{\"state\":\"active\",\"override\":null}",
		ANSWER("200 OK", "", "2", "{}"), 0, "{}\n", ""},
	{"status", "GET /v1/status HTTP/1.1", "",
		ANSWER("200 OK", "", "16", "{\"esc\":\"\\u001b\"}"), 0,
		"esc: ?\n", ""},
	{"status", "GET /v1/status HTTP/1.1", "",
		ANSWER("200 OK", "", "4", "oops"), 1, "",
		"ctio: the server's answer is no JSON\n"},
	{"token uT", "GET /v1/explain/uT HTTP/1.1", "",
		ANSWER("200 OK", "", "14", "{\"valid\":true}"), 0,
		"valid: yes\n", ""},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		const struct http_peer_step step = {.answer = row->answer};
		char words[1024];
		struct ran r;

		(void)snprintf(
			words, sizeof(words), "%s --data %%", row->words);
		run(words, "", &step, 1, &r);
		assert_memory_equal(r.seen, row->request, strlen(row->request));
		assert_string_equal(strstr(r.seen, "\r\n\r\n") + 4, row->body);
		assert_string_equal(buf_cstr(&r.err), row->err);
		assert_string_equal(buf_cstr(&r.out), row->out);
		assert_int_equal(r.status, row->status);
		assert_int_equal(strstr(words, "--account ") != NULL,
			strstr(r.seen, "\r\nCtio-Account: acme\r\n") != NULL);
		ran_free(&r);
	}
}

static void test_lists_of_pages(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("200 OK", "", "57",
			 "{\"items\":[{\"name\":\"a\",\"state\":\"active\"}],"
			 "\"next\":\"p 2\"}   "),
			.keep = true},
		{.answer = ANSWER("200 OK", "", "45",
			 "{\"items\":[{\"name\":\"\xc3\xa9\xc3\xa9\"}],"
			 "\"next\":null}      ")},
	};
	struct ran r;

	(void)state;
	run("link list --data %", "", steps, 2, &r);
	assert_string_equal(buf_cstr(&r.err), "");
	assert_string_equal(buf_cstr(&r.out),
		"LINK  STATE   CAMPAIGN  EXPIRES  DESTINATION\n"
		"a     active  -         -        -\n"
		"\xc3\xa9\xc3\xa9    -       -         -        -\n");
	assert_non_null(
		strstr(r.seen, "GET /v1/links?after=p%202 HTTP/1.1\r\n"));
	ran_free(&r);
	run("link list --data % --json", "", steps, 2, &r);
	assert_string_equal(buf_cstr(&r.out),
		"{\"name\":\"a\",\"state\":\"active\"}\n"
		"{\"name\":\"\xc3\xa9\xc3\xa9\"}\n");
	ran_free(&r);
}

static const struct {
	const char *words;
	int status;
	const char *out;
	const char *err;
} alone[] = {
	{"--version", 0, "ctio 0.1.0\n", ""},
	{"nonsense", 2, "",
		"ctio: there is no command \"nonsense\"; see `ctio help`\n"},
	{"campaign", 2, "",
		"ctio: campaign what? One of\n"
		"  ctio campaign show NAME\n"
		"  ctio campaign set NAME [--disable | --enable] "
		"[--override URL]\n"},
	{"campaign --help", 0,
		"  ctio campaign show NAME\n"
		"  ctio campaign set NAME [--disable | --enable] "
		"[--override URL]\n",
		""},
	{"account key", 2, "",
		"ctio: account what? One of\n"
		"  ctio account key list NAME\n"
		"  ctio account key add NAME [--scope LIST] [--expires "
		"DURATION]\n"
		"  ctio account key revoke NAME ID\n"},
	{"account set acme", 2, "",
		"ctio account set: nothing to set; see `ctio account set "
		"--help`\n"},
	{"campaign set c --enable --disable", 2, "",
		"ctio campaign set: --disable and --enable exclude each "
		"other; see `ctio campaign set --help`\n"},
	{"link set l --to https://x/ --default x", 2, "",
		"ctio link set: --default expects NAME=VALUE; see `ctio link "
		"set --help`\n"},
	{"link list --url http://127.0.0.1:1", 2, "",
		"ctio link list: --url needs a key: --key or CTIO_KEY; see "
		"`ctio link list --help`\n"},
	{"link list --url http://127.0.0.1:1 --data x", 2, "",
		"ctio link list: --url and a data folder exclude each other; "
		"see `ctio link list --help`\n"},
	{"link list --url ftp://x --key k", 2, "",
		"ctio link list: expected http://HOST:PORT or https://HOST "
		"and a key, got \"ftp://x\"; see `ctio link list --help`\n"},
	{"account list --url http://127.0.0.1:1 --key k", 2, "",
		"ctio account list: only the server's own machine may: "
		"--data, not --url; see `ctio account list --help`\n"},
	{"token uT --url http://127.0.0.1:1 --key k", 2, "",
		"ctio token: only the server's own machine may: --data, not "
		"--url; see `ctio token --help`\n"},
	{"status --key k", 2, "",
		"ctio status: --key needs --url; see `ctio status --help`\n"},
	{"check --set click.x=1", 1, "",
		"--set click.x=1: [click] x: there is no such key\n"},
	{"check", 0, "the defaults: fine\n", ""},
	{"mint", 2, "",
		"ctio mint: --link is missing; see `ctio mint "
		"--help`\n"},
	{"mint --link l", 1, "", "ctio: the input is empty\n"},
	{"mint --link l /none/in", 1, "",
		"ctio: /none/in: No such file or directory\n"},
	{"mint --link l --format xml", 2, "",
		"ctio mint: --format: expected csv or ndjson, got \"xml\"; "
		"see `ctio mint --help`\n"},
	{"export --format xml", 2, "",
		"ctio export: --format: expected ndjson or csv, got \"xml\"; "
		"see `ctio export --help`\n"},
	{"export -o a --state b", 2, "",
		"ctio export: -o keeps its own place: not with --state; see "
		"`ctio export --help`\n"},
};

static void test_without_a_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(alone); i++) {
		struct ran r;

		run(alone[i].words, "", NULL, 0, &r);
		assert_string_equal(buf_cstr(&r.err), alone[i].err);
		assert_string_equal(buf_cstr(&r.out), alone[i].out);
		assert_int_equal(r.status, alone[i].status);
		ran_free(&r);
	}
}

/* Meant for other commands: accounts are the socket's. */
static void test_environment(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("200 OK", "", "2", "{}")}};
	struct ran r;

	(void)state;
	assert_int_equal(setenv("CTIO_URL", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("CTIO_ACCOUNT", "acme", 1), 0);
	run("status --data %", "", steps, 1, &r);
	assert_int_equal(r.status, EXIT_DONE);
	ran_free(&r);
	run("link show l", "", NULL, 0, &r);
	assert_non_null(strstr(buf_cstr(&r.err), "--url needs a key"));
	ran_free(&r);
	run("link show l --data %", "", steps, 1, &r);
	assert_int_equal(r.status, EXIT_DONE);
	assert_non_null(strstr(r.seen, "\r\nCtio-Account: acme\r\n"));
	ran_free(&r);
	(void)unsetenv("CTIO_URL");
	(void)unsetenv("CTIO_ACCOUNT");
}

static void test_no_server(void **state)
{
	char expected[8192];
	struct ran r;

	(void)state;
	run("status --data %/nowhere", "", NULL, 0, &r);
	(void)snprintf(expected, sizeof(expected),
		"ctio: no server on %s/nowhere/ctio.sock: is `ctio serve` "
		"running?\n",
		temp.path);
	assert_string_equal(buf_cstr(&r.err), expected);
	assert_int_equal(r.status, EXIT_FAILED);
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lists_of_pages),
		cmocka_unit_test(test_without_a_server),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_no_server),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
