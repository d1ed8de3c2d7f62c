/* What a tap passes through before the store: request, path, token; and a
 * click's record. */
#include <string.h>

#include "base/assert.h"
#include "base/random.h"
#include "core/click_record.h"
#include "core/path.h"
#include "core/token.h"
#include "http/parse.h"
#include "micro.h"

enum {
	TOKENS = 4096,
	RECORD_MAX = 4096,
};

struct tokens {
	struct token_codec codec;
	size_t at;
	char text[TOKENS][TOKEN_LEN + 1];
	char forged[TOKENS][TOKEN_LEN + 1];
};

static void make(void *arg, size_t n)
{
	struct tokens *t = arg;

	for (size_t i = 0; i < n; i++) {
		struct token_id id = {
			.seq = i + 1, .nonce = (uint32_t)(i * 2654435761u)};

		token_write(&t->codec, &id, t->text[i % TOKENS]);
	}
}

static void check(void *arg, size_t n)
{
	struct tokens *t = arg;
	struct token_id id;

	for (size_t i = 0; i < n; i++)
		ASSERT(token_read(&t->codec,
			       str_make(t->text[i % TOKENS], TOKEN_LEN),
			       &id) == OK);
}

static void check_forged(void *arg, size_t n)
{
	struct tokens *t = arg;
	struct token_id id;

	for (size_t i = 0; i < n; i++)
		ASSERT(token_read(&t->codec,
			       str_make(t->forged[i % TOKENS], TOKEN_LEN),
			       &id) == ERR_DENIED);
}

static void run_tokens(struct micro *m)
{
	static struct tokens t;
	struct token_codec other;
	struct token_keys keys;
	uint8_t random[CIPHER_KEY];

	random_fill(random, sizeof(random));
	token_keys_generate(&keys, 'u', random, 0);
	ASSERT(token_codec_init(&t.codec, &keys) == OK);
	random_fill(random, sizeof(random));
	token_keys_generate(&keys, 'u', random, 0);
	ASSERT(token_codec_init(&other, &keys) == OK);
	for (size_t i = 0; i < TOKENS; i++) {
		struct token_id id = {.seq = i + 1};

		token_write(&other, &id, t.forged[i]);
	}
	micro_run(m, "token: make", make, &t);
	micro_run(m, "token: check", check, &t);
	micro_run(m, "token: refuse a forged one", check_forged, &t);
	token_codec_deinit(&t.codec);
	token_codec_deinit(&other);
}

static void classify(void *arg, size_t n)
{
	const struct str *target = arg;

	for (size_t i = 0; i < n; i++)
		ASSERT(path_classify(*target).kind == PATH_TOKEN);
}

/* As a phone's Chrome sends it. */
static const char request_text[] =
	"GET /u7S9lpW1NNNGD5XSqAdGSSl HTTP/1.1\r\n"
	"Host: ct5.io\r\n"
	"Connection: keep-alive\r\n"
	"sec-ch-ua: \"Chromium\";v=\"141\", \"Not?A_Brand\";v=\"8\"\r\n"
	"sec-ch-ua-mobile: ?1\r\n"
	"sec-ch-ua-platform: \"Android\"\r\n"
	"Upgrade-Insecure-Requests: 1\r\n"
	"User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 "
	"(KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36\r\n"
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,"
	"image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
	"Sec-Fetch-Site: none\r\n"
	"Sec-Fetch-Mode: navigate\r\n"
	"Sec-Fetch-User: ?1\r\n"
	"Sec-Fetch-Dest: document\r\n"
	"Accept-Encoding: gzip, deflate, br, zstd\r\n"
	"Accept-Language: en-IN,en;q=0.9,hi;q=0.8\r\n\r\n";

static const char short_request_text[] =
	"GET /u7S9lpW1NNNGD5XSqAdGSSl HTTP/1.1\r\n"
	"Host: ct5.io\r\n"
	"User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 "
	"(KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36\r\n\r\n";

static void parse(void *arg, size_t n)
{
	const struct str *text = arg;
	struct http_request request;
	struct http_refusal why;

	for (size_t i = 0; i < n; i++) {
		struct http_scan scan = {0};
		size_t head_n;

		ASSERT(http_find_head(&scan, *text, &head_n, &why) == OK);
		ASSERT(http_parse_head(str_make(text->p, head_n), &request,
			       &why) == OK);
	}
}

struct clicks {
	struct click click;
	struct buf record;
};

static void encode(void *arg, size_t n)
{
	struct clicks *c = arg;

	for (size_t i = 0; i < n; i++) {
		buf_reset(&c->record);
		ASSERT(click_check(&c->click) == OK);
		click_encode(&c->click, 7, &c->record);
	}
	ASSERT(buf_err(&c->record) == OK);
}

static void decode(void *arg, size_t n)
{
	struct clicks *c = arg;
	struct click click;

	for (size_t i = 0; i < n; i++)
		ASSERT(click_decode(buf_view(&c->record), 7, &click) == OK);
}

static void run_click(struct micro *m)
{
	struct clicks c = {.click = {
				   .at_ms = 1795412520000,
				   .token = 1234567,
				   .nonce = 2654435761u,
				   .account = 1,
				   .link = 2,
				   .link_revision = 1,
				   .target = CLICK_TARGET_OWN,
				   .target_revision = 1,
				   .agent_id = 12,
				   .counted = true,
				   .unique = true,
				   .ip = {4, {203, 0, 113, 0}},
				   .language = STR("en-IN,en;q=0.9"),
			   }};

	buf_init(&c.record, RECORD_MAX);
	micro_run(m, "click: encode", encode, &c);
	micro_run(m, "click: open", decode, &c);
	buf_deinit(&c.record);
}

void micro_core(struct micro *m)
{
	struct str plain = STR("/u7S9lpW1NNNGD5XSqAdGSSl");
	struct str url = STR("/https://ct5.io/u7S9lpW1NNNGD5XSqAdGSSl");
	struct str small = STR(short_request_text), phone = STR(request_text);

	micro_run(m, "request: parse, 3 fields", parse, &small);
	micro_run(m, "request: parse, a phone's 14 fields", parse, &phone);
	micro_run(m, "path: a token", classify, &plain);
	micro_run(m, "path: a whole URL in {{1}}", classify, &url);
	run_tokens(m);
	run_click(m);
}
