/* Makes listening sockets. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/ip.h"

/* Non-blocking, listening, SO_REUSEPORT; *endpoint gets the port that was
 * bound. shared: this process listens there already. ERR_BUSY, ERR_DENIED,
 * ERR_NOT_FOUND, ERR_SYSTEM as http_listen(), errno is set. */
CHECKED enum err socket_listen_tcp(
	struct ip_endpoint *endpoint, bool shared, int backlog, int *fd);
/* Mode 0600; replaces a socket that nobody listens on any more. path is short
 * enough for a sockaddr_un. */
CHECKED enum err socket_listen_unix(const char *path, int backlog, int *fd);
