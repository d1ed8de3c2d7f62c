#include "support/cmocka.h"

#include "unit/cli/commands.h"

#define LINK_ANSWER                                                            \
	ANSWER("200 OK", "", "74",                                             \
		"{\"destination\":\"https://s/{cart}?u={recipient}\","         \
		"\"defaults\":{\"cart\":\"A\"}}  ")

static void test_mint(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = LINK_ANSWER, .keep = true},
		{.answer = ANSWER("200 OK", "", "60",
			 "{\"token\":\"u1\",\"url\":\"https://x/u1\"}\n"
			 "{\"error\":{\"title\":\"no\"}}")},
		/* Broken off: again, with the same key. */
		{.answer = ANSWER("200 OK", "", "66",
			 "{\"token\":\"u1\",\"url\":\"https://x/u1\"}\n"
			 "{\"error\":{\"title\":\"no\"}}\n     ")},
	};
	const char *first, *second;
	struct ran r;

	(void)state;
	run("mint --link l --campaign c&d --ttl 90d --data %",
		"recipient,cart\na,B\nb,\n", steps, 3, &r);
	assert_string_equal(buf_cstr(&r.out),
		"recipient,cart,token,url,error\r\na,B,u1,https://x/u1,\r\n"
		"b,,,,no\r\n");
	assert_non_null(strstr(buf_cstr(&r.err),
		"ctio mint: 1 minted, 1 with errors\n  row 2: no\n"));
	assert_int_equal(r.status, EXIT_DONE);
	assert_non_null(strstr(r.seen,
		"POST /v1/tokens?link=l&campaign=c%26d&ttl=90d HTTP/1.1\r\n"));
	assert_non_null(
		strstr(r.seen, "\r\nContent-Type: application/x-ndjson\r\n"));
	assert_non_null(strstr(r.seen,
		"\r\n\r\n{\"recipient\":\"a\",\"params\":{\"cart\":\"B\"}}\n"
		"{\"recipient\":\"b\"}\n"));
	first = strstr(r.seen, "\r\nIdempotency-Key: ctio-mint-");
	assert_non_null(first);
	second = strstr(first + 1, "\r\nIdempotency-Key: ctio-mint-");
	assert_non_null(second);
	assert_memory_equal(first, second, 64);
	ran_free(&r);
}

static void test_mint_to_a_file(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = LINK_ANSWER, .keep = true},
		{.answer = ANSWER("200 OK", "", "36",
			 "{\"token\":\"u1\",\"url\":\"https://x/u1\"}\n")},
	};
	struct ran r;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		/* The second run finds nothing to do. */
		run("mint --link l -o %/out.ndjson --data %",
			"{\"recipient\":\"a\"}\n", steps, i ? 1 : 2, &r);
		assert_string_equal(buf_cstr(&r.out), "");
		assert_string_equal(buf_cstr(&r.err),
			i ? "ctio mint: 0 minted, 0 with errors, 1 were there "
			    "already\n"
			  : "ctio mint: 1 minted, 0 with errors\n");
		assert_int_equal(r.status, EXIT_DONE);
		ran_free(&r);
		assert_file("out.ndjson",
			"{\"recipient\":\"a\",\"token\":\"u1\",\"url\":"
			"\"https://x/u1\",\"error\":null}\n");
	}
}

static void test_mint_refused(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = LINK_ANSWER, .keep = true},
		{.answer = ANSWER(
			 "403 No", "", "20", "{\"title\":\"no scope\"}")},
	};
	struct ran r;

	(void)state;
	run("mint --link l -o %/out2 --data %", "recipient\na\n", steps, 2, &r);
	assert_string_equal(buf_cstr(&r.err),
		"ctio: no scope\nctio mint: 0 minted, 0 with errors\n"
		"Run the same command again to go on: no row is minted "
		"twice.\n");
	assert_int_equal(r.status, EXIT_FAILED);
	ran_free(&r);
	/* With another link, it is not the same command. */
	run("mint --link m -o %/out2 --data %", "recipient\na\n", NULL, 0, &r);
	assert_non_null(strstr(buf_cstr(&r.err),
		"out2.ctio-mint is from a run that was interrupted, and --link "
		"was another there"));
	assert_int_equal(r.status, EXIT_FAILED);
	ran_free(&r);
}

static void test_mint_dry_run(void **state)
{
	static const struct http_peer_step steps[] = {{.answer = LINK_ANSWER}};
	struct ran r;

	(void)state;
	run("mint --link l --dry-run --data %",
		"recipient,cart\na,\n,B\nc,C,d\n", steps, 1, &r);
	assert_string_equal(buf_cstr(&r.out), "1 rows are fine, 2 are not\n");
	assert_string_equal(buf_cstr(&r.err),
		"  row 2: recipient: has neither value nor default\n"
		"  row 3: the row has 3 fields, the header 2\n");
	assert_int_equal(r.status, EXIT_FAILED);
	ran_free(&r);
	run("mint --link l --dry-run --data %", "recipient\na\n", steps, 1, &r);
	assert_string_equal(buf_cstr(&r.out), "1 rows are fine, 0 are not\n");
	assert_int_equal(r.status, EXIT_DONE);
	ran_free(&r);
	run("mint --link l --dry-run --data %", "cart\na\n", steps, 1, &r);
	assert_string_equal(buf_cstr(&r.err),
		"ctio: the link needs \"recipient\", which is no column and "
		"has no default\n");
	assert_int_equal(r.status, EXIT_FAILED);
	ran_free(&r);
}

#define NEXT(cursor) "Link: </v1/clicks?after=" cursor ">; rel=\"next\"\r\n"

static void test_export_to_a_file(void **state)
{
	static const struct http_peer_step first[] = {
		{.answer = ANSWER("200 OK", NEXT("c2"), "32",
			 "{\"cursor\":\"c1\"}\n{\"cursor\":\"c2\"}\n"),
			.keep = true},
		/* Cut within a row: asked for again behind the last whole. */
		{.answer = ANSWER("200 OK", NEXT("c4"), "99",
			 "{\"cursor\":\"c3\"}\n{\"curs")},
		{.answer = ANSWER("503 No", "", "0", ""), .keep = true},
		{.answer = ANSWER(
			 "200 OK", NEXT("c4"), "16", "{\"cursor\":\"c4\"}\n"),
			.keep = true},
		{.answer = ANSWER("200 OK", NEXT("c4"), "0", "")},
	};
	static const struct http_peer_step second[] = {
		{.answer = ANSWER("200 OK", NEXT("c4"), "0", "")}};
	struct ran r;

	(void)state;
	run("export -o %/clicks --data %", "", first, COUNT_OF(first), &r);
	assert_int_equal(r.status, EXIT_DONE);
	assert_file("clicks", "{\"cursor\":\"c1\"}\n{\"cursor\":\"c2\"}\n"
			      "{\"cursor\":\"c3\"}\n{\"cursor\":\"c4\"}\n");
	assert_non_null(strstr(buf_cstr(&r.err), "4 clicks added\n"));
	assert_non_null(strstr(r.seen, "&format=ndjson&after=c2 HTTP"));
	assert_non_null(strstr(r.seen, "&format=ndjson&after=c3 HTTP"));
	ran_free(&r);
	/* A row that was torn is cut, and asked for again. */
	put_file("clicks", "{\"cursor\":\"c1\"}\n{\"cursor\":\"c2");
	run("export -o %/clicks --data %", "", first + 2, 3, &r);
	assert_int_equal(r.status, EXIT_DONE);
	assert_non_null(strstr(r.seen, "&format=ndjson&after=c1 HTTP"));
	assert_file("clicks", "{\"cursor\":\"c1\"}\n{\"cursor\":\"c4\"}\n");
	ran_free(&r);
	run("export -o %/clicks --data % --after c0", "", NULL, 0, &r);
	assert_int_equal(r.status, EXIT_FAILED);
	ran_free(&r);
	run("export -o %/clicks --data %", "", second, 1, &r);
	assert_int_equal(r.status, EXIT_DONE);
	assert_string_equal(buf_cstr(&r.err), "ctio export: 0 clicks added\n");
	ran_free(&r);
}

static void test_export_with_a_state(void **state)
{
	static const struct http_peer_step first[] = {
		{.answer = ANSWER("200 OK", NEXT("c%2F1"), "20",
			 "cursor,id\r\n\"c/1\",1\r\n"),
			.keep = true},
		/* Nothing here for the filter, but further on. */
		{.answer = ANSWER("200 OK", NEXT("c2"), "11", "cursor,id\r\n"),
			.keep = true},
		{.answer = ANSWER(
			 "200 OK", NEXT("c3"), "17", "cursor,id\r\nc3,3\r\n"),
			.keep = true},
		{.answer = ANSWER("200 OK", NEXT("c3"), "11", "cursor,id\r\n")},
	};
	struct ran r;

	(void)state;
	run("export --format csv --state %/st --link l --data %", "", first,
		COUNT_OF(first), &r);
	assert_int_equal(r.status, EXIT_DONE);
	assert_string_equal(
		buf_cstr(&r.out), "cursor,id\r\n\"c/1\",1\r\nc3,3\r\n");
	assert_string_equal(buf_cstr(&r.err), "");
	assert_file("st", "c3\n");
	assert_non_null(strstr(r.seen, "&link=l&after=c%2F1 HTTP"));
	ran_free(&r);
	run("export --format csv --state %/st --link l --data %", "", first + 3,
		1, &r);
	assert_string_equal(buf_cstr(&r.out), "");
	assert_non_null(strstr(r.seen, "&link=l&after=c3 HTTP"));
	ran_free(&r);
}

#define EXAMINED(n) "Ctio-Examined: " n "\r\n"

/* What the server looked at tells where the feed ends: neither that a page is
 * empty, nor that its cursor moves. */
static void test_export_ends_with_the_feed(void **state)
{
	static const struct http_peer_step steps[] = {
		/* None of these could be read. */
		{.answer = ANSWER(
			 "200 OK", NEXT("c2") EXAMINED("10000"), "0", ""),
			.keep = true},
		{.answer = ANSWER("200 OK", NEXT("c4") EXAMINED("10000"), "16",
			 "{\"cursor\":\"c4\"}\n"),
			.keep = true},
		/* Others' clicks move the cursor, as long as they come. */
		{.answer = ANSWER(
			 "200 OK", NEXT("c5") EXAMINED("9999"), "0", "")},
	};
	static const char *const commands[] = {
		"export --state %/end --data %",
		"export --state %/end --verdict human --data %",
	};
	struct ran r;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		run(commands[i], "", steps, COUNT_OF(steps), &r);
		assert_int_equal(r.status, EXIT_DONE);
		assert_string_equal(buf_cstr(&r.out), "{\"cursor\":\"c4\"}\n");
		assert_file("end", "c5\n");
		ran_free(&r);
	}
}

static void test_export_of_what_is_gone(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("410 Gone", "", "41",
			 "{\"title\":\"gone\",\"oldest_cursor\":\"c77\"}\n  ")}};
	struct ran r;

	(void)state;
	run("export --after c1 --data %", "", steps, 1, &r);
	assert_int_equal(r.status, EXIT_FAILED);
	assert_string_equal(buf_cstr(&r.err),
		"ctio: gone\nThe oldest click that is kept: --after c77, with "
		"another -o or --state file.\n");
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mint),
		cmocka_unit_test(test_mint_to_a_file),
		cmocka_unit_test(test_mint_refused),
		cmocka_unit_test(test_mint_dry_run),
		cmocka_unit_test(test_export_to_a_file),
		cmocka_unit_test(test_export_with_a_state),
		cmocka_unit_test(test_export_ends_with_the_feed),
		cmocka_unit_test(test_export_of_what_is_gone),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
