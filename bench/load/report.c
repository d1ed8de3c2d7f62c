#include "load/report.h"

#include <errno.h>
#include <inttypes.h>

bool report_is_good(const struct report *r)
{
	return r->answered && !r->wrong && !r->unanswered && !r->unclean;
}

static double us(uint64_t ns)
{
	return (double)ns / 1e3;
}

enum err report_print(const struct report *r, FILE *to)
{
	double seconds = (double)r->window_ns / 1e9;

	(void)fprintf(to,
		"{\"requests\": %" PRIu64 ", \"answered\": %" PRIu64
		", \"wrong\": %" PRIu64 ", \"unanswered\": %" PRIu64
		", \"connect_errors\": %" PRIu64 ", \"unclean\": %" PRIu64
		", \"unsent\": %" PRIu64 ", ",
		r->requests, r->answered, r->wrong, r->unanswered,
		r->connect_errors, r->unclean, r->unsent);
	(void)fprintf(to,
		"\"seconds\": %.6f, \"rate\": %.1f, \"cpu_seconds\": %.6f, ",
		seconds, seconds > 0 ? (double)r->requests / seconds : 0,
		(double)r->cpu_ns / 1e9);
	(void)fprintf(to,
		"\"latency_us\": {\"p50\": %.1f, \"p90\": %.1f, "
		"\"p99\": %.1f, \"p99_9\": %.1f, \"max\": %.1f, "
		"\"mean\": %.1f}, ",
		us(latency_quantile(&r->latency, 500)),
		us(latency_quantile(&r->latency, 900)),
		us(latency_quantile(&r->latency, 990)),
		us(latency_quantile(&r->latency, 999)), us(r->latency.max),
		latency_mean(&r->latency) / 1e3);
	(void)fprintf(to, "\"window\": {\"from\": %.6f, \"to\": %.6f}}\n",
		(double)r->from_wall_us / 1e6, (double)r->to_wall_us / 1e6);
	if (fflush(to) != 0 || ferror(to))
		return err_from_errno(errno);
	return OK;
}
