"""`kill -9` under load, at random moments, again and again: what was
acknowledged is there afterwards, once, and nothing else is."""
import random
import subprocess
import time

import pytest

import harness
import load

SEED_BITS = 32
ANSWERS = (1, 10, 100, 2000, 2000)  # at most before a kill
PAUSE_MAX = 0.02    # so that a kill does not always follow an answer
START_TIME = 0.15   # about what a first start takes


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


def one_round(server, key, book, rng, end):
    """Load, the server's end, restart; then what broke off is done again."""
    clients = load.Load(server, key, book, rng.getrandbits(SEED_BITS),
                        f"round{len(book.leads_to)}")
    goal = book.answers + rng.randrange(rng.choice(ANSWERS))
    clients.start()
    try:
        harness.wait_until("the load goes on",
                           lambda: book.answers >= goal or clients.errors)
        time.sleep(rng.random() * PAUSE_MAX)
    finally:
        end()
        clients.stop()
    server.start()
    for batch, (rows, tokens) in book.batches.items():
        if len(tokens) < len(rows):
            clients.send_batch(batch)
    assert all(len(rows) == len(tokens)
               for rows, tokens in book.batches.values())
    book.batches.clear()


def run_rounds(server, rounds, rng, end):
    """The audit of so many rounds, each of which stood it."""
    key = server.account()
    book = load.Book()
    audit = load.Audit(server, key, book)
    for i in range(rounds):
        one_round(server, key, book, rng, end)
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


@pytest.fixture
def rng():
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def patient(make_server):
    """A hiccup of the disk must not be taken for a loss."""
    return make_server("click.commit_wait_max=60s")


@pytest.mark.slow
@pytest.mark.asan
def test_kill(patient, rng):
    run_rounds(patient, harness.rounds(10, 100), rng, patient.kill9)


@pytest.mark.slow
@pytest.mark.asan
@pytest.mark.tsan
def test_stop_under_load(patient, rng):
    """SIGTERM instead: a clean end, and the same promises."""
    run_rounds(patient, harness.rounds(3, 30), rng, patient.stop)


@pytest.mark.slow
def test_kill_at_first_start(make_server, rng):
    """A data folder that was half made is no obstacle."""
    for _ in range(harness.rounds(10, 100)):
        server = make_server(start=False)
        for _ in range(rng.randrange(1, 4)):
            process = subprocess.Popen(
                server.command(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=harness.environment())
            time.sleep(rng.random() * START_TIME)
            process.kill()
            process.wait()
        server.start()
        key = server.account()
        token = server.mint(key, destination="https://shop.example/")["token"]
        assert server.tap(token).status == 302
        assert len(server.export_all(key)) == 1
        server.stop()
