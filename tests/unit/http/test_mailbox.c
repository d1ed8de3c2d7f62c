#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "http/mailbox.h"

enum {
	THREADS = 4,
	LETTERS = 5000,
	CHAIN_MAX = 7,
};

struct letter {
	struct mail mail; /* first: mail is cast back */
	unsigned thread, number;
};

static struct mailbox box;
static struct letter letters[THREADS][LETTERS];
static unsigned next_of[THREADS];
static unsigned delivered;

static void deliver(struct mail *mail)
{
	struct letter *letter = (struct letter *)mail;

	assert_int_equal(letter->number, next_of[letter->thread]);
	next_of[letter->thread]++;
	delivered++;
}

static void *post_all(void *arg)
{
	struct letter *mine = arg;

	for (unsigned i = 0; i < LETTERS; i++)
		mailbox_post(&box, &mine[i].mail);
	return NULL;
}

/* Chains of every length up to CHAIN_MAX, with single posts between them. */
static void *post_chains(void *arg)
{
	struct letter *mine = arg;
	unsigned length = 0;

	for (unsigned i = 0; i < LETTERS;) {
		struct mail_chain chain = {NULL, NULL};

		for (unsigned n = 0; n < length && i < LETTERS; n++)
			mail_chain_add(&chain, &mine[i++].mail);
		mailbox_post_chain(&box, chain);
		if (i < LETTERS)
			mailbox_post(&box, &mine[i++].mail);
		length = (length + 1) % (CHAIN_MAX + 1);
	}
	return NULL;
}

/* As a loop does it: sleeps only when the mailbox says so, for ever. */
static void receive_all(void)
{
	while (delivered < THREADS * LETTERS) {
		if (mailbox_sleep(&box)) {
			struct pollfd poll_fd = {
				.fd = box.fd, .events = POLLIN};

			assert_int_equal(poll(&poll_fd, 1, -1), 1);
			mailbox_clear(&box);
		}
		mailbox_woke(&box);
		mailbox_deliver(&box);
	}
}

/* Of every second thread the mail comes in chains. */
static void test_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	memset(next_of, 0, sizeof(next_of));
	delivered = 0;
	assert_int_equal(mailbox_init(&box), OK);
	for (unsigned t = 0; t < THREADS; t++) {
		for (unsigned i = 0; i < LETTERS; i++)
			letters[t][i] = (struct letter){{NULL, deliver}, t, i};
		assert_int_equal(
			pthread_create(&threads[t], NULL,
				t % 2 ? post_chains : post_all, letters[t]),
			0);
	}
	receive_all();
	for (unsigned t = 0; t < THREADS; t++)
		assert_int_equal(pthread_join(threads[t], NULL), 0);
	assert_int_equal(delivered, THREADS * LETTERS);
	mailbox_deinit(&box);
}

static bool is_readable(void)
{
	struct pollfd poll_fd = {.fd = box.fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static unsigned posts_left;

static void post_again(struct mail *mail)
{
	if (posts_left-- > 0)
		mailbox_post(&box, mail);
}

static void test_wakes_only_sleepers(void **state)
{
	struct letter a = {{NULL, deliver}, 0, 0};
	struct letter b = {{NULL, deliver}, 0, 1};

	(void)state;
	next_of[0] = 0;
	assert_int_equal(mailbox_init(&box), OK);
	mailbox_post(&box, &a.mail);
	assert_false(is_readable());
	assert_false(mailbox_sleep(&box)); /* mail is there */
	mailbox_deliver(&box);
	assert_int_equal(next_of[0], 1);
	assert_true(mailbox_sleep(&box));
	mailbox_post(&box, &b.mail);
	assert_true(is_readable());
	mailbox_clear(&box);
	assert_false(is_readable());
	mailbox_woke(&box);
	mailbox_deliver(&box);
	assert_int_equal(next_of[0], 2);
	mailbox_wake(&box);
	assert_true(is_readable());
	mailbox_deinit(&box);
}

static void test_posts_from_deliver_wait(void **state)
{
	struct mail mail = {NULL, post_again};

	(void)state;
	assert_int_equal(mailbox_init(&box), OK);
	posts_left = 2;
	mailbox_post(&box, &mail);
	mailbox_deliver(&box);
	assert_int_equal(posts_left, 1);
	mailbox_deliver(&box);
	assert_int_equal(posts_left, 0);
	mailbox_deliver(&box);
	assert_true(mailbox_sleep(&box));
	mailbox_deinit(&box);
}

/* What is posted at once: "3" is a chain of three, "1" a single post. */
static const char *const posts[] = {
	"1", "2", "7", "11", "22", "121", "212", "77171", "0", "010", "20302"};

/* The order of posting is the order of delivery, however it was posted. */
static void test_chains_keep_the_order(void **state)
{
	static struct letter mine[64];

	(void)state;
	assert_int_equal(mailbox_init(&box), OK);
	for (size_t row = 0; row < sizeof(posts) / sizeof(posts[0]); row++) {
		unsigned n = 0;

		next_of[0] = 0;
		for (const char *p = posts[row]; *p; p++) {
			struct mail_chain chain = {NULL, NULL};

			for (int i = 0; i < *p - '0'; i++) {
				mine[n] =
					(struct letter){{NULL, deliver}, 0, n};
				mail_chain_add(&chain, &mine[n++].mail);
			}
			if (*p == '1')
				mailbox_post(&box, &mine[n - 1].mail);
			else
				mailbox_post_chain(&box, chain);
		}
		mailbox_deliver(&box);
		assert_int_equal(next_of[0], n);
		/* All of it was taken. */
		mailbox_deliver(&box);
		assert_int_equal(next_of[0], n);
		assert_true(mailbox_sleep(&box));
		mailbox_woke(&box);
	}
	mailbox_deinit(&box);
}

/* A chain wakes a sleeper once; one of nothing does not. */
static void test_chains_wake(void **state)
{
	struct letter mine[] = {
		{{NULL, deliver}, 0, 0}, {{NULL, deliver}, 0, 1}};
	struct mail_chain chain = {NULL, NULL};

	(void)state;
	next_of[0] = 0;
	assert_int_equal(mailbox_init(&box), OK);
	assert_true(mailbox_sleep(&box));
	mailbox_post_chain(&box, chain);
	assert_false(is_readable());
	for (unsigned i = 0; i < 2; i++)
		mail_chain_add(&chain, &mine[i].mail);
	mailbox_post_chain(&box, chain);
	assert_true(is_readable());
	mailbox_clear(&box);
	assert_false(is_readable());
	mailbox_woke(&box);
	mailbox_deliver(&box);
	assert_int_equal(next_of[0], 2);
	mailbox_deinit(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_chains_keep_the_order),
		cmocka_unit_test(test_chains_wake),
		cmocka_unit_test(test_wakes_only_sleepers),
		cmocka_unit_test(test_posts_from_deliver_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
