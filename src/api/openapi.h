/* GET /openapi.yaml: the API's contract, deploy/openapi.yaml as it was built
 * in. */
#pragma once

#include "api/call.h"

void openapi_get(struct call *c);
