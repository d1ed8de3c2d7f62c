"""Past clicks are judged again when the rules change, on the running
server."""
import json
import os
import random
import threading

import pytest

import harness
import load
from wire import local

OWN = "https://shop.example/"
SAFARI = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) "
          "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
          "Mobile/15E148 Safari/604.1")
AGENTS = [harness.PHONE, SAFARI, "WhatsApp/2.1", "curl/8.5.0"]


class Rules:
    """The operator's file, and a server that reads it."""

    def __init__(self, folder, make_server, *options):
        self.path = folder / "rules"
        self.write(1)
        self.server = make_server(f"click.verdict_rules={self.path}",
                                  *options)
        self.key = self.server.account()

    def write(self, version, *rules):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join([f"version {version}", *rules, ""]))

    def rejudge(self, *options):
        return json.loads(self.server.cli(
            "rejudge", "--json", *options).stdout)

    def tokens(self, n):
        return [row["token"] for row in self.server.mint_batch(
            self.key, [{"destination": OWN}] * n)]

    def export(self, **params):
        return self.server.export_all(self.key, **params)


@pytest.fixture(name="rules")
def fixture_rules(folder, make_server):
    return Rules(folder, make_server)


def check_uniques(clicks):
    """Unique is the first counted click of its token, and no other."""
    seen = set()
    for click in clicks:
        first = click["counted"] and click["token"] not in seen
        assert click["unique"] == first, click
        if click["counted"]:
            seen.add(click["token"])


def totals(server):
    load.tally_of(server)
    region, = [r for r in json.loads(
        server.cli("status", "--json").stdout)["regions"]
        if r["region"] == "us1"]
    return (region["tally_requests"], region["tally_clicks"],
            region["tally_unique_clicks"])


def check_totals(server, clicks):
    assert totals(server) == (
        len(clicks), sum(c["counted"] for c in clicks),
        sum(c["unique"] for c in clicks))


@pytest.mark.asan
@pytest.mark.tsan
def test_rejudge(rules):
    server = rules.server
    first, second = rules.tokens(2)
    for token, agent in ((first, SAFARI), (first, harness.PHONE),
                         (first, harness.PHONE), (second, SAFARI)):
        server.tap(token, {"User-Agent": agent})
    before = rules.export()
    assert [c["unique"] for c in before] == [True, False, False, True]
    rules.write(2, "bot agent contains iPhone")
    said = rules.rejudge("--dry-run")
    assert (said["state"], said["dry_run"], said["looked_at"],
            said["changed"]) == ("done", True, 4, 3)
    assert said["moved"] == [{"from": "human", "to": "human", "clicks": 1},
                             {"from": "human", "to": "bot", "clicks": 2}]
    assert rules.export() == before
    server.tap(second, {"User-Agent": SAFARI})  # still by the old ones
    said = rules.rejudge()
    assert (said["state"], said["looked_at"], said["changed"],
            said["rules"]) == ("done", 5, 4, 2002)
    after = rules.export()
    assert [(c["verdict"], c["counted"], c["unique"], c["revision"],
             c["rules"]) for c in after] == [
        ("bot", False, False, 2, 2002), ("human", True, True, 2, 2002),
        ("human", True, False, 1, 2001), ("bot", False, False, 2, 2002),
        ("bot", False, False, 2, 2002)]
    assert [c["id"] for c in after][:4] == [c["id"] for c in before]
    # They come again at the tail, as they are now.
    tail = rules.export(after=before[-1]["cursor"], revisions="yes")
    assert [c["id"] for c in tail[1:]] == [
        after[i]["id"] for i in (0, 1, 3, 4)]
    assert [c["revision"] for c in tail[1:]] == [2, 2, 2, 2]
    assert len({c["cursor"] for c in tail}) == len(tail)
    check_totals(server, after)
    # What comes now goes on from there.
    server.tap(second)
    server.tap(first)
    server.tap(second, {"User-Agent": SAFARI})
    after = rules.export()
    assert [(c["verdict"], c["unique"]) for c in after[5:]] == [
        ("human", True), ("human", False), ("bot", False)]
    check_totals(server, after)
    for again in (server.stop, server.kill9):
        again()
        server.start()
        assert rules.export() == after
        check_totals(server, after)
    # The same rules change nothing; the old ones bring everything back.
    assert rules.rejudge()["changed"] == 0
    rules.write(3)
    assert rules.rejudge()["changed"] == 6
    clicks = rules.export()
    check_uniques(clicks)
    check_totals(server, clicks)
    assert [c["verdict"] for c in clicks] == ["human"] * 8


def test_bad_rules_change_nothing(rules):
    rules.server.tap(rules.tokens(1)[0])
    before = rules.export()
    rules.write(2, "bot agent")
    done = rules.server.cli("rejudge", status=1)
    assert f"{rules.path}:2: " in done.stderr
    assert rules.export() == before


def test_needs_the_socket(rules):
    answer = rules.server.api("POST", "/v1/rejudge", {}, rules.key)
    assert answer.status == 404


def tap_for_a_while(rules, tokens, seed, stop, answered):
    rng = random.Random(seed)
    while not stop.is_set():
        answer = rules.server.tap(rng.choice(tokens) + f"?s={seed}",
                                  {"User-Agent": rng.choice(AGENTS)})
        assert answer.status == 302
        answered.append(answer)


@pytest.mark.tsan
def test_while_people_tap(rules):
    """Rules go to and fro while taps arrive: none is lost, and in the end all
    adds up as if the last rules had always been so."""
    tokens, stop = rules.tokens(50), threading.Event()
    answered = [[] for _ in range(3)]
    threads = [threading.Thread(target=tap_for_a_while,
                                args=(rules, tokens, i, stop, answered[i]))
               for i in range(3)]
    for thread in threads:
        thread.start()
    try:
        for version in range(2, 8):
            rules.write(version, *["bot agent contains iPhone"] *
                        (version % 2))
            assert rules.rejudge()["state"] == "done"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    clicks = rules.export()
    assert len(clicks) == sum(len(a) for a in answered)
    assert rules.server.metric("ctio_clicks_lost_total") == 0
    check_uniques(clicks)
    for click in clicks:
        want = {harness.PHONE: "human", SAFARI: "bot",
                "WhatsApp/2.1": "preview", "curl/8.5.0": "bot"}
        assert click["verdict"] == want[click["agent"]], click
    check_totals(rules.server, clicks)


ROUNDS = 20 if os.environ.get("CTIO_FULL") else 4


@pytest.mark.slow
def test_killed_in_the_middle(rules):
    """It begins again by itself, and every change is announced."""
    server, tokens = rules.server, rules.tokens(200)
    rng = random.Random(5)
    seen = {}

    def follow(cursor):
        after = {"after": cursor} if cursor else {}
        for click in rules.export(revisions="yes", **after):
            seen[click["id"]] = click
            cursor = click["cursor"]
        return cursor

    cursor = None
    for round_n in range(ROUNDS):
        for _ in range(300):
            server.tap(rng.choice(tokens), {"User-Agent": rng.choice(AGENTS)})
        rules.write(round_n + 2, *["bot agent contains iPhone"] *
                    (round_n % 2 == 0))
        run = threading.Thread(target=lambda: server.cli(
            "rejudge", status=None))
        run.start()
        threading.Event().wait(rng.uniform(0, 0.3))
        server.kill9()
        run.join()
        server.start()
        harness.wait_until("it has begun again, and ended", lambda: (
            local(server, "GET", "/v1/rejudge").json()["state"]
            in ("idle", "done")))
        assert rules.rejudge()["state"] == "done"
        cursor = follow(cursor)
        clicks = rules.export()
        check_uniques(clicks)
        check_totals(server, clicks)
        now = {c["id"]: c for c in clicks}
        assert seen.keys() == now.keys()
        for name, click in now.items():
            for field in ("verdict", "counted", "unique", "revision"):
                assert seen[name][field] == click[field], field
