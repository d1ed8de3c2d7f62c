"""`kill -9` under load, at random moments, again and again: what was
acknowledged is there afterwards, once, and nothing else is."""
import random
import time

import pytest

import harness
import load

SEED_BITS = 32
ANSWERS = (1, 10, 100, 2000, 2000)  # at most before a kill
PAUSE_MAX = 0.02    # so that a kill does not always follow an answer


def check_fresh(server, book):
    """Every token acknowledged since the last time leads to its own
    destination; these taps go into the book too."""
    taps = [(book.ask(token), token) for token in book.fresh]
    answers = load.tap_all(server.click_port, [
        f"{token}?n={number}" for number, token in taps])
    for (number, _), answer in zip(taps, answers):
        book.tapped(number, *answer)
    assert not book.wrong, book.wrong[:5]
    assert {number for number, _ in taps} <= book.answered
    book.settle()


def one_round(server, key, book, rng, name):
    """Load, kill, restart; then what broke off is done again."""
    clients = load.Load(server, key, book, rng.getrandbits(SEED_BITS), name)
    goal = book.answers + rng.randrange(rng.choice(ANSWERS))
    clients.start()
    try:
        harness.wait_until("the load goes on",
                           lambda: book.answers >= goal or clients.errors)
        time.sleep(rng.random() * PAUSE_MAX)
    finally:
        server.kill9()
        clients.stop()
    server.start()
    for batch, (rows, tokens) in book.batches.items():
        if len(tokens) < len(rows):
            clients.send_batch(batch)
    assert all(len(rows) == len(tokens)
               for rows, tokens in book.batches.values())
    book.batches.clear()


@pytest.mark.slow
def test_kill(make_server):
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    print(f"seed {seed}")
    rng = random.Random(seed)
    # A hiccup of the disk must not be taken for a loss.
    server = make_server("click.commit_wait_max=60s")
    key = server.account()
    book = load.Book()
    audit = load.Audit(server, key, book)
    for i in range(harness.rounds(10, 100)):
        one_round(server, key, book, rng, f"round{i}")
        audit.check()
        check_fresh(server, book)
        audit.check()
        print(f"round {i}: {len(book.leads_to)} tokens, "
              f"{len(book.asked)} taps asked, {len(book.answered)} answered, "
              f"{len(audit.clicks)} clicks")
    assert server.metric("ctio_clicks_late_total") == 0
    assert server.metric("ctio_clicks_lost_total") == 0
    audit.check_whole()
    server.restart()
    audit.check()
    audit.check_whole()
