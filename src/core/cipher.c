#include "core/cipher.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/assert.h"
#include "base/str.h"

static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *aes128;

/* Once a process, and never freed: an implicit fetch for each context takes
 * locks and half a microsecond. */
static void fetch(void)
{
	aes128 = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
}

static EVP_CIPHER_CTX *make(const uint8_t key[CIPHER_KEY], int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!ctx)
		return NULL;
	if (EVP_CipherInit_ex2(ctx, aes128, key, NULL, encrypt, NULL) != 1 ||
		EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

enum err cipher_init(struct cipher *c, const uint8_t key[CIPHER_KEY])
{
	*c = (struct cipher){0};
	if (pthread_once(&fetch_once, fetch) != 0 || !aes128)
		return ERR_SYSTEM;
	c->encrypt = make(key, 1);
	c->decrypt = make(key, 0);
	if (c->encrypt && c->decrypt)
		return OK;
	cipher_deinit(c);
	return ERR_NOMEM;
}

void cipher_deinit(struct cipher *c)
{
	EVP_CIPHER_CTX_free(c->encrypt);
	EVP_CIPHER_CTX_free(c->decrypt);
	*c = (struct cipher){0};
}

void cipher_encrypt(const struct cipher *c, const uint8_t from[CIPHER_BLOCK],
	uint8_t to[CIPHER_BLOCK])
{
	int n = 0;
	int rc = EVP_EncryptUpdate(c->encrypt, to, &n, from, CIPHER_BLOCK);

	ASSERT(rc == 1 && n == CIPHER_BLOCK);
}

void cipher_decrypt(const struct cipher *c, const uint8_t from[CIPHER_BLOCK],
	uint8_t to[CIPHER_BLOCK])
{
	int n = 0;
	int rc = EVP_DecryptUpdate(c->decrypt, to, &n, from, CIPHER_BLOCK);

	ASSERT(rc == 1 && n == CIPHER_BLOCK);
}

void cipher_encrypt_all(
	const struct cipher *c, uint8_t (*blocks)[CIPHER_BLOCK], size_t n)
{
	int bytes = (int)(n * CIPHER_BLOCK), done = 0, rc;

	ASSERT(n > 0 && n <= CIPHER_BLOCKS_MAX);
	rc = EVP_EncryptUpdate(c->encrypt, blocks[0], &done, blocks[0], bytes);
	ASSERT(rc == 1 && done == bytes);
}

enum {
	PURPOSE_MAX = 64
};

enum err cipher_derive_key(const uint8_t secret[CIPHER_KEY],
	const char *purpose, uint8_t to[CIPHER_KEY])
{
	static const struct str prefix = {"ctio ", 5};
	struct str suffix = str_from(purpose);
	uint8_t message[sizeof("ctio ") + PURPOSE_MAX];
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned mac_n = 0;

	ASSERT(suffix.n <= PURPOSE_MAX);
	memcpy(message, prefix.p, prefix.n);
	memcpy(message + prefix.n, suffix.p, suffix.n);
	if (!HMAC(EVP_sha256(), secret, CIPHER_KEY, message,
		    prefix.n + suffix.n, mac, &mac_n) ||
		mac_n < CIPHER_KEY)
		return ERR_SYSTEM;
	memcpy(to, mac, CIPHER_KEY);
	OPENSSL_cleanse(mac, sizeof(mac));
	return OK;
}
