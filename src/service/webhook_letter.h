/* A request to a webhook: its headers and signatures, as Standard Webhooks
 * says, and what its answer means. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "client/http_sender.h"
#include "core/cipher.h"
#include "core/hash.h"
#include "core/opaque.h"
#include "core/webhook_record.h"

enum {
	WEBHOOK_ID_LEN = 4 + OPAQUE_LEN, /* msg_ and 22 characters */
	WEBHOOK_SECONDS_MAX = 24,
	WEBHOOK_SIGNATURES_MAX = 2 * (WEBHOOK_SIGNATURE_LEN + 1),
	WEBHOOK_HEADERS = 4,
};

struct webhook_letter {
	char id[WEBHOOK_ID_LEN + 1];
	char seconds[WEBHOOK_SECONDS_MAX];
	char signatures[WEBHOOK_SIGNATURES_MAX];
	struct http_client_header headers[WEBHOOK_HEADERS];
};

/* The id of what these bytes name, sealed so that it tells nothing of them. */
void webhook_letter_name(struct webhook_letter *l, const struct cipher *c,
	const uint8_t about[HASH128_BYTES]);
/* Signs the body, which stays where it is, and fills in all of *p but where it
 * goes and whom it tells. */
void webhook_letter_sign(struct webhook_letter *l, const struct webhook *w,
	uint64_t now_ms, struct str body, struct http_post *p);
/* Of one that is done. */
enum webhook_result webhook_letter_result(const struct http_post *p);
