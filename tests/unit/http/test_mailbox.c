#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>

#include "http/mailbox.h"

enum {
	THREADS = 4,
	LETTERS = 5000,
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

static void test_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(mailbox_init(&box), OK);
	for (unsigned t = 0; t < THREADS; t++) {
		for (unsigned i = 0; i < LETTERS; i++)
			letters[t][i] = (struct letter){{NULL, deliver}, t, i};
		assert_int_equal(
			pthread_create(&threads[t], NULL, post_all, letters[t]),
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_wakes_only_sleepers),
		cmocka_unit_test(test_posts_from_deliver_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
