#include "cli/command.h"
#include "cli/request.h"

int command_status(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "GET", .collection = "/v1/status"},
		0);
}
