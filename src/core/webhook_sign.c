#include "core/webhook_sign.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "base/assert.h"
#include "base/num.h"
#include "base/random.h"

enum {
	MADE_BYTES = 32,
	MAC_BYTES = 32,
};

static const struct str prefix = {"whsec_", 6};
static const struct str version = {"v1,", 3};

void webhook_secret_make(struct webhook_secret *s)
{
	*s = (struct webhook_secret){.n = MADE_BYTES};
	random_fill(s->bytes, MADE_BYTES);
}

enum err webhook_secret_read(struct str text, struct webhook_secret *s)
{
	struct webhook_secret got = {0};
	size_t n;

	if (!str_starts(text, prefix) ||
		base64_read(str_skip(text, prefix.n), got.bytes,
			WEBHOOK_SECRET_MAX, &n) ||
		n < WEBHOOK_SECRET_MIN)
		return ERR_INVALID;
	got.n = (uint8_t)n;
	*s = got;
	return OK;
}

void webhook_secret_put(
	char to[WEBHOOK_SECRET_TEXT_MAX], const struct webhook_secret *s)
{
	memcpy(to, prefix.p, prefix.n);
	to += prefix.n;
	to[base64_put(to, s->bytes, s->n)] = '\0';
}

static void update(EVP_MAC_CTX *mac, struct str s)
{
	const void *p = s.p;

	ASSERT(EVP_MAC_update(mac, p, s.n) == 1);
}

/* OpenSSL without SHA-256 does not come up to here: keys are derived by it. */
static EVP_MAC_CTX *begin(const struct webhook_secret *s)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST,
				       digest, sizeof(digest) - 1),
		OSSL_PARAM_END};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);

	EVP_MAC_free(hmac);
	ASSERT(mac && EVP_MAC_init(mac, s->bytes, s->n, params) == 1);
	return mac;
}

void webhook_sign(const struct webhook_secret *s, struct str id,
	uint64_t seconds, struct str body, char to[WEBHOOK_SIGNATURE_LEN])
{
	EVP_MAC_CTX *mac = begin(s);
	uint8_t bytes[MAC_BYTES];
	char text[NUM_U64_MAX];
	size_t n;

	update(mac, id);
	update(mac, STR("."));
	update(mac, str_make(text, num_put_u64(text, seconds)));
	update(mac, STR("."));
	update(mac, body);
	ASSERT(EVP_MAC_final(mac, bytes, &n, sizeof(bytes)) == 1);
	ASSERT(n == MAC_BYTES);
	EVP_MAC_CTX_free(mac);
	memcpy(to, version.p, version.n);
	to += version.n;
	ASSERT(base64_put(to, bytes, n) == WEBHOOK_SIGNATURE_LEN - version.n);
}
