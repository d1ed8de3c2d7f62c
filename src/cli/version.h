/* The version that `ctio --version` and the User-Agent name; CMake's project()
 * gives it, and a test compares them. */
#pragma once

#ifndef CTIO_VERSION
#define CTIO_VERSION "0.1.0"
#endif
