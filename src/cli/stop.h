/* SIGINT and SIGTERM as something to wait for. The first one asks the command
 * to end; a second ends the process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Once a process. *fd becomes readable. */
CHECKED enum err stop_init(int *fd);
/* Sleeps; true at once if a stop was asked for. */
bool stop_wait(int fd, uint64_t ms);
