/* What Standard Webhooks 1.0.0 says of secrets and signatures
 * (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/base64.h"

enum {
	WEBHOOK_SECRET_MIN = 24,
	WEBHOOK_SECRET_MAX = 64,
	/* `whsec_` and base64, with its NUL. */
	WEBHOOK_SECRET_TEXT_MAX = 6 + BASE64_SIZE(WEBHOOK_SECRET_MAX) + 1,
	/* `v1,` and base64 of 32 bytes, no NUL. */
	WEBHOOK_SIGNATURE_LEN = 3 + BASE64_SIZE(32),
};

struct webhook_secret {
	uint8_t n; /* 0: none */
	uint8_t bytes[WEBHOOK_SECRET_MAX];
};

/* A random one of 32 bytes. */
void webhook_secret_make(struct webhook_secret *s);
/* ERR_INVALID unless it is `whsec_` and the base64 of 24 to 64 bytes. */
CHECKED enum err webhook_secret_read(struct str text, struct webhook_secret *s);
/* NUL-terminated. */
void webhook_secret_put(
	char to[WEBHOOK_SECRET_TEXT_MAX], const struct webhook_secret *s);

/* Writes one signature, no NUL; seconds since 1970 are the attempt's. */
void webhook_sign(const struct webhook_secret *s, struct str id,
	uint64_t seconds, struct str body, char to[WEBHOOK_SIGNATURE_LEN]);
