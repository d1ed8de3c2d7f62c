#include "support/cmocka.h"

#include "unit/cli/mint_server.h"

static const char csv_in[] = "recipient,cart,note\n"
			     "u1,A,\"x, \"\"y\"\"\nz\"\n"
			     "u2,,\n"
			     "bad3,B,\n"
			     "only one field\n"
			     "u5,C,e\n"
			     "u6,D,\xff\n"
			     "u7,E,\n"
			     "u8,F,";

static const char csv_out[] =
	"recipient,cart,note,token,url,error\r\n"
	"u1,A,\"x, \"\"y\"\"\nz\",u1,https://x/u1,\r\n"
	"u2,,,u2,https://x/u2,\r\n"
	"bad3,B,,,,\"refused, \"\"so\"\"\"\r\n"
	"only one field,,,,,\"the row has 1 fields, the header 3\"\r\n"
	"u5,C,e,u3,https://x/u3,\r\n"
	"u6,D,\xff,,,field 3 is not UTF-8 text\r\n"
	"u7,E,,u4,https://x/u4,\r\n"
	"u8,F,,u5,https://x/u5,\r\n";

static const char ndjson_in[] = "{\"recipient\":\"u1\",\"cart\":\"A\"}\n"
				"\n"
				"not JSON\n"
				"{\"recipient\":\"bad3\"}\r\n"
				"{\"recipient\":\"u4\",\"x\":[1,\"\\n\"]}\n"
				"{\"recipient\":\"u5\"}";

static const char ndjson_out[] =
	"{\"recipient\":\"u1\",\"cart\":\"A\",\"token\":\"u1\",\"url\":"
	"\"https://x/u1\",\"error\":null}\n"
	"{\"line\":3,\"token\":null,\"url\":null,\"error\":\"no JSON object: "
	"line 1, column 1: 'n' is no JSON value\"}\n"
	"{\"recipient\":\"bad3\",\"token\":null,\"url\":null,\"error\":"
	"\"refused, \\\"so\\\"\"}\n"
	"{\"recipient\":\"u4\",\"x\":[1,\"\\n\"],\"token\":\"u2\",\"url\":"
	"\"https://x/u2\",\"error\":null}\n"
	"{\"recipient\":\"u5\",\"token\":\"u3\",\"url\":\"https://x/u3\","
	"\"error\":null}\n";

/* Bytes of a text that hold no words of the JSON reader's own. */
static void assert_out(const char *expected)
{
	struct buf out;

	get_file("out", &out);
	assert_string_equal(buf_cstr(&out), expected);
	buf_deinit(&out);
}

/* The words of a JSON error are core's; here only their place counts. */
static void learn(const char *input, struct buf *whole)
{
	struct ended ended;

	fake_reset();
	forget_files();
	mint(input, &ended);
	assert_int_equal(ended.err, OK);
	assert_false(exists("out.ctio-mint"));
	get_file("out", whole);
}

static void test_whole_runs(void **state)
{
	struct buf out;

	(void)state;
	learn(csv_in, &out);
	assert_string_equal(buf_cstr(&out), csv_out);
	assert_int_equal(fake.minted, 5);
	assert_int_equal(fake.posts, 3);
	buf_deinit(&out);
	learn(ndjson_in, &out);
	assert_int_equal(fake.minted, 3);
	assert_non_null(strstr(buf_cstr(&out), "{\"line\":3,\"token\":null"));
	assert_non_null(
		strstr(buf_cstr(&out), strstr(ndjson_out, "{\"recipient\":"
							  "\"bad3\"")));
	buf_deinit(&out);
}

/* Interrupted when `kept` bytes of the output were written, the request that
 * they belong to having been minted whole. */
static void interrupt(const char *input, const struct buf *whole, size_t kept)
{
	static struct fake before;
	struct ended ended;
	unsigned minted;

	fake_reset();
	forget_files();
	/* The first run ends in the middle of what it should have done. */
	fake.busy_posts = 0;
	mint(input, &ended);
	minted = fake.minted;
	before = fake;
	put_file("out", str_make(whole->p, kept));
	/* As it lay there while that run went on. */
	assert_int_equal(mint_side_write(temp_file(&temp, "out.ctio-mint"),
				 &(struct mint_side){.id = "0",
					 .chunk_rows = 3,
					 .chunk_bytes = 1 << 20,
					 .format = input[0] == '{' ? MINT_NDJSON
								   : MINT_CSV}),
		OK);
	mint(input, &ended);
	assert_int_equal(ended.err, OK);
	assert_out(whole->p ? whole->p : "");
	assert_false(exists("out.ctio-mint"));
	/* Not one more than the first run minted. */
	assert_int_equal(fake.minted, minted);
	assert_int_equal(fake.keys_n, before.keys_n);
}

static void test_interrupted_at_every_byte(void **state)
{
	static const char *const inputs[] = {csv_in, ndjson_in};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		struct buf whole;

		learn(inputs[i], &whole);
		(void)buf_cstr(&whole);
		for (size_t kept = 0; kept <= whole.n; kept++)
			interrupt(inputs[i], &whole, kept);
		buf_deinit(&whole);
	}
}

/* The server breaks off after every number of answers; the run goes on by
 * itself, and nothing is minted twice. */
static void test_broken_streams(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 400; piece = piece * 3 + 1) {
		struct ended ended;

		fake_reset();
		forget_files();
		fake.break_after = 1;
		fake.piece = piece;
		mint(csv_in, &ended);
		/* One answer a try is heard, then none is any more. */
		assert_int_equal(ended.err, ERR_CLOSED);
		assert_string_equal(ended.problem, "broken");
		assert_true(exists("out.ctio-mint"));
		assert_int_equal(fake.pauses, MINT_TRIES_MAX);
		fake.break_after = 0;
		mint(csv_in, &ended);
		assert_int_equal(ended.err, OK);
		assert_out(csv_out);
		assert_int_equal(fake.minted, 5);
	}
}

static void test_transient_failures(void **state)
{
	static const unsigned statuses[] = {408, 409, 429, 500, 503};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		struct ended ended;

		fake_reset();
		forget_files();
		fake.busy_posts = MINT_TRIES_MAX;
		fake.busy_status = statuses[i];
		mint(csv_in, &ended);
		assert_int_equal(ended.err, OK);
		assert_int_equal(fake.pauses, MINT_TRIES_MAX);
		assert_out(csv_out);
		assert_int_equal(ended.counts.minted, 5);
		assert_int_equal(ended.counts.bad, 3);
		assert_int_equal(ended.counts.shown_row[1], 4);
	}
}

static void test_final_failures(void **state)
{
	static const unsigned statuses[] = {400, 401, 403, 404, 413, 422};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		struct ended ended;

		fake_reset();
		forget_files();
		fake.busy_posts = 1000;
		fake.busy_status = statuses[i];
		mint(csv_in, &ended);
		assert_int_equal(ended.err, ERR_CLOSED);
		assert_string_equal(ended.problem, "busy");
		assert_int_equal(fake.posts, 1);
		assert_true(exists("out.ctio-mint"));
		fake.busy_posts = 0;
		mint(csv_in, &ended);
		assert_out(csv_out);
	}
}

/* Rows added to the input after a whole run are minted, and no others. */
static void test_a_longer_input(void **state)
{
	static const char longer[] = "recipient\nu1\nu2\nu3\nu4\nu5\n";
	struct ended ended;

	(void)state;
	fake_reset();
	forget_files();
	mint("recipient\nu1\nu2\n", &ended);
	assert_int_equal(ended.err, OK);
	assert_int_equal(ended.earlier, 0);
	mint("recipient\nu1\nu2\n", &ended);
	assert_int_equal(ended.err, OK);
	assert_int_equal(ended.earlier, 2);
	assert_int_equal(fake.posts, 1);
	fake.break_after = 1;
	mint(longer, &ended);
	assert_int_equal(ended.err, ERR_CLOSED);
	assert_int_equal(ended.earlier, 2);
	fake.break_after = 0;
	mint(longer, &ended);
	assert_int_equal(ended.err, OK);
	assert_int_equal(ended.earlier, 3);
	assert_int_equal(fake.minted, 5);
	assert_out("recipient,token,url,error\r\nu1,u1,https://x/u1,\r\n"
		   "u2,u2,https://x/u2,\r\nu3,u3,https://x/u3,\r\n"
		   "u4,u4,https://x/u4,\r\nu5,u5,https://x/u5,\r\n");
}

struct refused {
	const char *out; /* there before, from elsewhere or other input */
	const char *in;
	const char *problem;
};

static const struct refused refused[] = {
	{"my notes", "recipient\nu1\n",
		"the output's row at byte 0 is not what row 0 of the input "
		"gives: another input, or another file"},
	{"r", "ref\nu1\n", NULL},
	{"recipient,token,url,error\r\nu1,u9,https://x/u9,\r\n",
		"recipient\nu2\n",
		"the output's row at byte 27 is not what row 1 of the input "
		"gives: another input, or another file"},
	{"recipient,token,url,error\r\nu1,u9,https://x/u9,\r\n", "recipient\n",
		"the output has more rows than the input"},
	{"recipient,token,url,error\r\nu1,u9,https://x/u9,\r\nu",
		"recipient\n"
		"u1\n",
		"the output has more rows than the input"},
};

static void test_other_files_are_left_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct ended ended;

		fake_reset();
		forget_files();
		put_file("out", str_from(refused[i].out));
		mint(refused[i].in, &ended);
		if (!refused[i].problem) {
			assert_int_equal(ended.err, OK);
			continue;
		}
		assert_int_equal(ended.err, ERR_CONFLICT);
		assert_string_equal(ended.problem, refused[i].problem);
		assert_out(refused[i].out);
		assert_int_equal(fake.posts, 0);
	}
}

/* An input whose rows changed where nothing was written yet is the server's to
 * find. */
static void test_another_input(void **state)
{
	struct ended ended;

	(void)state;
	fake_reset();
	forget_files();
	fake.break_after = 1;
	mint("recipient\nu1\nu2\nu3\n", &ended);
	fake.break_after = 0;
	mint("recipient\nu1\nu2\nother\n", &ended);
	assert_int_equal(ended.err, ERR_CLOSED);
	assert_string_equal(ended.problem, "differs");
	assert_int_equal(fake.minted, 3);
}

static void test_lost_rows(void **state)
{
	struct ended ended;

	(void)state;
	fake_reset();
	forget_files();
	mint("recipient\nu1\nu2\n", &ended);
	fake.busy_posts = 1000;
	fake.busy_status = 400;
	mint("recipient\nu1\nu2\nu3\n", &ended);
	fake.busy_posts = 0;
	put_file("out", STR("recipient,token,url,error\r\nu1,u1,"));
	mint("recipient\nu1\nu2\nu3\n", &ended);
	assert_int_equal(ended.err, ERR_CONFLICT);
	assert_string_equal(
		ended.problem, "the output has lost rows that it had");
	assert_out("recipient,token,url,error\r\nu1,u1,");
}

static void test_side_files(void **state)
{
	static const char *const broken[] = {"", "{", "[]", "{}",
		"{\"version\":1}", "{\"version\":1,\"id\":\"x\",\"x\":1}"};
	struct mint_side a = {.id = "ff",
		.started_ms = 7,
		.chunk_rows = 3,
		.chunk_bytes = 4,
		.first_row = 5,
		.format = MINT_NDJSON,
		.link = "l\"1",
		.campaign = "c",
		.server = "/data/ctio.sock",
		.vars_n = 2,
		.vars = {"cart", "size"}};
	struct mint_side b;
	const char *path = temp_file(&temp, "side");

	(void)state;
	assert_int_equal(mint_side_read(path, &b), ERR_NOT_FOUND);
	assert_int_equal(mint_side_write(path, &a), OK);
	assert_int_equal(mint_side_read(path, &b), OK);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_null(mint_side_differs(&a, &b));
	(void)snprintf(b.link, sizeof(b.link), "other");
	assert_string_equal(mint_side_differs(&a, &b), "--link");
	b = a;
	b.format = MINT_CSV;
	assert_string_equal(mint_side_differs(&a, &b), "the input's format");
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		put_file("side", str_from(broken[i]));
		assert_int_equal(mint_side_read(temp_file(&temp, "side"), &b),
			ERR_CORRUPT);
	}
	put_file("side", STR("{\"version\":2,\"new\":true}"));
	assert_int_equal(
		mint_side_read(temp_file(&temp, "side"), &b), ERR_VERSION);
	assert_int_equal(mint_side_remove(temp_file(&temp, "side")), OK);
	assert_false(exists("side"));
}

static int begin(void **state)
{
	(void)state;
	temp_init(&temp);
	return 0;
}

static int end(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_runs),
		cmocka_unit_test(test_interrupted_at_every_byte),
		cmocka_unit_test(test_broken_streams),
		cmocka_unit_test(test_transient_failures),
		cmocka_unit_test(test_final_failures),
		cmocka_unit_test(test_a_longer_input),
		cmocka_unit_test(test_other_files_are_left_alone),
		cmocka_unit_test(test_another_input),
		cmocka_unit_test(test_lost_rows),
		cmocka_unit_test(test_side_files),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
