/* The process's log: stderr, one line an event, `level message key=value ...`.
 * Only the top layers and threads' own loops call it; libraries return errors.
 * Safe from any thread; a line leaves in one write. */
#pragma once

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG
};

/* Lines above this level are dropped; LOG_INFO at first. */
void log_set_level(enum log_level max);

/* A line is cut at 1,024 bytes; control characters in it are shown as '?'. */
void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
