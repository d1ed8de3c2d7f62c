"""Tokens that were never made: a sample over the wire of what the unit test of
core/token does a million times."""
import random
import string

import pytest

from wire import tap_many

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
FORGED = 20000


def altered(token, rng):
    at = rng.randrange(1, len(token))
    other = rng.choice(ALPHABET.replace(token[at], ""))
    return token[:at] + other + token[at + 1:]


def swapped(token, rng):
    i, j = rng.sample(range(1, len(token)), 2)
    letters = list(token)
    letters[i], letters[j] = letters[j], letters[i]
    changed = "".join(letters)
    return changed if changed != token else altered(token, rng)


def guessed(_, rng):
    return "u" + "".join(rng.choices(ALPHABET, k=22))


def another_tag(token, rng):
    return rng.choice("eisxZ7") + token[1:]


@pytest.mark.asan
@pytest.mark.tsan
def test_forged_tokens_touch_no_storage(make_server):
    server, other = make_server(), make_server()
    key = server.account()
    rows = [{"destination": "https://a.example/"}] * 500
    tokens = [row["token"] for row in server.mint_batch(key, rows)]
    foreign = [row["token"] for row in
               other.mint_batch(other.account(), rows)]
    rng = random.Random(5)
    ways = [altered, swapped, guessed, another_tag]
    forged = [ways[i % 4](rng.choice(tokens), rng)
              for i in range(FORGED - len(foreign))] + foreign
    assert not set(forged) & set(tokens)
    before = server.metrics()
    answers = tap_many(server.click_port, [f"/{t}" for t in forged])
    assert {a.status for a in answers} == {404}
    after = server.metrics()

    def moved(name):
        return after[name] - before[name]

    assert moved("ctio_tokens_forged_total") == FORGED
    assert moved("ctio_tap_snapshots_total") == 0
    assert moved("ctio_tokens_unknown_total") == 0
    # The counter counts: a real token needs a reading transaction.
    assert server.tap(tokens[0]).status == 302
    assert server.metric("ctio_tap_snapshots_total") == \
        after["ctio_tap_snapshots_total"] + 1
    assert len(server.export_all(key)) == 1


@pytest.mark.asan
def test_truncated_tokens_are_other_paths(tenant):
    token = tenant.mint(destination="https://a.example/")["token"]
    paths = [f"/{token[:n]}" for n in range(2, len(token))]
    paths += [f"/{token[n:]}" for n in range(1, len(token))]
    paths += [f"/{token}{c}" for c in ALPHABET]
    answers = tap_many(tenant.server.click_port, paths)
    assert {a.status for a in answers} == {404}
    assert tenant.export_all() == []
