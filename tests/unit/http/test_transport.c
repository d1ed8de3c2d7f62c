#include "http/transport.h"

#include "unit/http/fixture.h"

#include <linux/tcp.h>
#include <poll.h>

enum {
	SMALL = 4096,
	LARGE = 4 << 20
};

static char bytes[LARGE];

static void make_pair(int fds[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0, fds),
		0);
}

/* The same over TCP: ours does not block, the client's does. */
static void make_tcp_pair(int fds[2])
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	fds[1] = client_socket();
	assert_int_equal(connect(fds[1], (struct sockaddr *)&at, n), 0);
	fds[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fds[0] >= 0);
	(void)close(listener);
}

static void close_pair(int fds[2])
{
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, CLIENT_TIMEOUT_S * 1000), 1);
}

static ssize_t get(int fd, size_t n)
{
	static char to[SMALL];

	assert_true(n <= sizeof(to));
	return transport_plain.read(fd, NULL, to, n);
}

static void test_read(void **state)
{
	int fds[2];

	(void)state;
	make_pair(fds);
	assert_int_equal(get(fds[0], 10), TRANSPORT_AGAIN);
	assert_int_equal(write(fds[1], "hello", 5), 5);
	assert_int_equal(get(fds[0], 3), 3);
	assert_int_equal(get(fds[0], 10), 2);
	assert_int_equal(get(fds[0], 10), TRANSPORT_AGAIN);
	assert_int_equal(write(fds[1], "x", 1), 1);
	(void)shutdown(fds[1], SHUT_WR);
	assert_int_equal(get(fds[0], 10), 1);
	assert_int_equal(get(fds[0], 10), 0);
	close_pair(fds);
}

static void test_read_after_reset(void **state)
{
	struct linger reset = {1, 0};
	int fds[2];

	(void)state;
	make_tcp_pair(fds);
	assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &reset,
				 sizeof(reset)),
		0);
	(void)close(fds[1]);
	wait_readable(fds[0]);
	assert_int_equal(get(fds[0], 10), TRANSPORT_LOST);
	(void)close(fds[0]);
}

typedef ssize_t write_fn(int fd, void *state, const void *from, size_t n);

/* Writes it all, reading at the other end when there is no room; what is read
 * meanwhile is never the end. The bytes that were read. */
static size_t write_all(write_fn *put, int fds[2], size_t n)
{
	size_t at = 0, seen = 0;
	unsigned full = 0;

	while (at < n) {
		ssize_t wrote = put(fds[0], NULL, bytes + at, n - at);

		if (wrote == TRANSPORT_AGAIN) {
			ssize_t got = get(fds[1], SMALL);

			full++;
			assert_true(got > 0);
			seen += (size_t)got;
			continue;
		}
		assert_true(wrote > 0);
		at += (size_t)wrote;
	}
	assert_true(full > 0 || n < LARGE);
	return seen;
}

static size_t read_rest(int fd)
{
	size_t seen = 0;
	ssize_t got;

	while ((got = get(fd, SMALL)) > 0)
		seen += (size_t)got;
	assert_int_equal(got, 0);
	return seen;
}

static void test_write(void **state)
{
	static const size_t sizes[] = {1, SMALL, LARGE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fds[2];
		size_t seen;

		make_pair(fds);
		seen = write_all(transport_plain.write, fds, sizes[i]);
		/* Our side is not ended by it. */
		for (ssize_t got; (got = get(fds[1], SMALL)) > 0;)
			seen += (size_t)got;
		assert_int_equal(get(fds[1], 1), TRANSPORT_AGAIN);
		assert_int_equal(seen, sizes[i]);
		close_pair(fds);
	}
}

/* The end comes behind the last byte, and not before. */
static void test_write_last(void **state)
{
	static const size_t sizes[] = {1, SMALL, LARGE};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fds[2];
		size_t seen;

		make_pair(fds);
		seen = write_all(transport_plain.write_last, fds, sizes[i]);
		assert_int_equal(seen + read_rest(fds[1]), sizes[i]);
		/* The other direction is still open. */
		assert_int_equal(get(fds[0], 1), TRANSPORT_AGAIN);
		assert_int_equal(write(fds[1], "x", 1), 1);
		assert_int_equal(get(fds[0], 1), 1);
		close_pair(fds);
	}
}

static uint32_t packets_in(int fd)
{
	struct tcp_info info = {0};
	socklen_t n = sizeof(info);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n), 0);
	return info.tcpi_segs_in;
}

/* Bytes and end are one packet: whoever has read the bytes is told the end
 * without waiting. */
static void test_one_packet(void **state)
{
	static const size_t sizes[] = {1, 100, SMALL};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fds[2];
		char to[SMALL];
		uint32_t before;

		make_tcp_pair(fds);
		before = packets_in(fds[1]);
		assert_int_equal(transport_plain.write_last(
					 fds[0], NULL, bytes, sizes[i]),
			sizes[i]);
		assert_int_equal(
			recv(fds[1], to, sizeof(to), MSG_WAITALL), sizes[i]);
		assert_int_equal(recv(fds[1], to, 1, MSG_DONTWAIT), 0);
		assert_int_equal(packets_in(fds[1]) - before, 1);
		close_pair(fds);
	}
}

/* Told by a value, never by a signal. */
static void test_writes_to_nobody(void **state)
{
	write_fn *const rows[] = {
		transport_plain.write, transport_plain.write_last};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fds[2];

		make_pair(fds);
		(void)close(fds[1]);
		assert_int_equal(
			rows[i](fds[0], NULL, bytes, 1), TRANSPORT_LOST);
		(void)close(fds[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_after_reset),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_last),
		cmocka_unit_test(test_one_packet),
		cmocka_unit_test(test_writes_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
