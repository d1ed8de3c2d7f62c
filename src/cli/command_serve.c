#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/server.h"
#include "cli/settings.h"

/* As many descriptors as the system lets us have. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn("the limit of open files stays at %llu",
			(unsigned long long)limit.rlim_cur);
}

/* Blocked before any thread starts, so that only sigwait() sees them. */
static void block_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void print_listener(const char *what, struct ip_endpoint at)
{
	char ip[IP_TEXT_MAX];

	ip_put(ip, &at.ip);
	(void)printf(at.ip.n == 16 ? "ctio: %s on http://[%s]:%u\n"
				   : "ctio: %s on http://%s:%u\n",
		what, at.ip.n ? ip : "*", (unsigned)at.port);
}

static int serve(const struct settings *settings)
{
	struct server_problem problem = {{0}};
	struct server *server;
	sigset_t signals;
	int number = 0;

	raise_descriptors();
	block_signals(&signals);
	if (server_new(settings, &server, &problem))
		return command_failed("%s", problem.text);
	if (server_start(server, &problem)) {
		server_stop(server);
		return command_failed("%s", problem.text);
	}
	print_listener("clicks", server_click_endpoint(server));
	print_listener("api", server_api_endpoint(server));
	(void)fflush(stdout); /* whoever waits for it may be gone */
	while (sigwait(&signals, &number) != 0)
		continue;
	log_info("stopping signal=%d", number);
	server_stop(server);
	log_info("stopped");
	return EXIT_DONE;
}

int command_serve(struct command_context *context)
{
	struct settings_source source = {0};
	struct option_texts sets = {0};
	struct settings *settings = NULL;
	struct command_args args;
	struct buf errors;
	int status;
	enum err e;
	const struct option options[] = {
		{"config", 'c', OPTION_TEXT, "FILE", "the config file",
			&source.file},
		{"data", 0, OPTION_TEXT, "DIR",
			"where everything is kept (./ctio-data)", &source.data},
		{"set", 0, OPTION_TEXTS, "SECTION.KEY=VALUE",
			"changes a setting; may be given often", &sets},
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 0, &args, &status))
		return status;
	source.overrides = sets.text;
	source.overrides_n = sets.n;
	buf_init(&errors, CONF_ERRORS_MAX);
	e = settings_load(&source, &settings, &errors);
	if (e == ERR_INVALID) {
		(void)fputs(buf_cstr(&errors), stderr);
		status = EXIT_FAILED;
	} else if (e) {
		status = command_failed("settings: %s", err_text(e));
	} else {
		status = serve(settings);
	}
	buf_deinit(&errors);
	settings_free(settings);
	return status;
}
