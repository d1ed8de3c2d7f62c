#include "core/sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/assert.h"

enum {
	DIGEST_BYTES = SHA256_TEXT_LEN / 2
};

struct sha256 {
	EVP_MD_CTX *digest;
};

static void begin(struct sha256 *s)
{
	ASSERT(EVP_DigestInit_ex(s->digest, EVP_sha256(), NULL) == 1);
}

enum err sha256_new(struct sha256 **to)
{
	struct sha256 *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NOMEM;
	s->digest = EVP_MD_CTX_new();
	if (!s->digest) {
		free(s);
		return ERR_NOMEM;
	}
	begin(s);
	*to = s;
	return OK;
}

void sha256_add(struct sha256 *s, struct str bytes)
{
	ASSERT(EVP_DigestUpdate(s->digest, bytes.p, bytes.n) == 1);
}

void sha256_end(struct sha256 *s, char to[SHA256_TEXT_LEN])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[DIGEST_BYTES];
	unsigned n;

	ASSERT(EVP_DigestFinal_ex(s->digest, bytes, &n) == 1);
	ASSERT(n == DIGEST_BYTES);
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
	begin(s);
}

void sha256_free(struct sha256 *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->digest);
	free(s);
}
