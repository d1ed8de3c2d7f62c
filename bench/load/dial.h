/* Opens connections to one address, without waiting. On loopback the sources
 * can be spread over 127.0.0.0/8: a closed connection keeps its port for a
 * minute, and one source address has but 28,000. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/ip.h"

struct dialer {
	struct sockaddr_storage to;
	socklen_t to_n;
	bool spreads;
	bool no_delay;
	uint32_t dialled;
};

/* spread has an effect only for an address in 127.0.0.0/8. no_delay: small
 * writes leave at once even while others are not acknowledged. */
void dialer_init(struct dialer *d, const struct ip_endpoint *to, bool spread,
	bool no_delay);
/* A non-blocking socket that is connected, or will be: the first write tells.
 * ERR_SYSTEM or ERR_NOMEM, with errno. */
CHECKED enum err dialer_open(struct dialer *d, int *fd);
