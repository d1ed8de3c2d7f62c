"""Erasures, end to end: a forgotten person is nowhere in the data folder."""
import json
import os
import subprocess
import threading
import urllib.parse

import pytest

from harness import wait_until


def held(server, *texts):
    """Which of the texts are anywhere in the data folder."""
    found = []
    for text in texts:
        done = subprocess.run(["grep", "-rqaF", text, server.data],
                              check=False)
        if done.returncode == 0:
            found.append(text)
    return found


def mint_and_tap(server, key, who, n=3):
    tokens = []
    for i in range(n):
        fields = ({"link": "shop", "params": {"cart": f"cart-of-{who}-{i}"}}
                  if i % 2 else
                  {"destination": f"https://a.example/?u={who}"})
        token = server.mint(key, recipient=who, ref=f"ref-of-{who}-{i}",
                            **fields)["token"]
        server.tap(f"/{token}?click_id=query-of-{who}",
                   headers={"User-Agent": f"agent-of-{who}",
                            "Referer": f"https://r.example/{who}",
                            "Accept-Language": f"x-{who[-4:]}"})
        tokens.append(token)
    return tokens


def done(server, key, location):
    def look():
        receipt = server.api("GET", location, key=key).json()
        return receipt if receipt["state"] == "done" else None
    return wait_until("the erasure is done", look, 60)


def order(server, key, who):
    answer = server.api("POST", "/v1/erasures", {"recipient": who}, key=key)
    assert answer.status == 202, answer
    assert answer.json()["state"] in ("waiting", "running", "done")
    return answer.headers["Location"]


def test_forgotten(server, key):
    server.put_link(key, "shop", "https://shop.example/{cart}")
    others = mint_and_tap(server, key, "user-4711")
    tokens = mint_and_tap(server, key, "user-0815")
    before = {c["id"]: c for c in server.export_all(key)}
    assert held(server, "user-0815", "ref-of-user-0815")
    location = order(server, key, "user-0815")
    receipt = done(server, key, location)
    assert receipt["tokens"] == 3 and receipt["clicks"] == 3
    assert "user-0815" not in json.dumps(receipt)
    assert receipt["running_at"] and receipt["done_at"]
    assert receipt["due_at"] is None
    assert held(server, "user-0815") == []
    assert held(server, "user-4711")

    for token in tokens:
        assert server.tap(f"/{token}").status == 410
        got = server.api("GET", f"/v1/tokens/{token}", key=key).json()
        assert got["state"] == "erased"
        assert got["recipient"] is got["ref"] is got["destination"] is None
        assert got["params"] == {}
    for token in others:
        assert server.tap(f"/{token}").status == 302
    items = server.api("GET", "/v1/tokens?recipient=user-0815",
                       key=key).json()["items"]
    assert items == []
    items = server.api("GET", "/v1/tokens?recipient=user-4711",
                       key=key).json()["items"]
    assert sorted(i["token"] for i in items) == sorted(others)

    clicks = {c["id"]: c for c in server.export_all(key)}
    for click in before.values():
        now = clicks[click["id"]]
        if click["recipient"] != "user-0815":
            assert now == click
            continue
        for field in ("recipient", "ref", "destination", "ip", "agent",
                      "referer", "query", "accept_language"):
            assert now[field] is None, field
        for field in ("token", "at", "outcome", "verdict", "counted",
                      "unique", "link", "campaign"):
            assert now[field] == click[field], field
        assert now["revision"] == click["revision"] + 1
    # They come again for who asks for revisions.
    again = [c for c in server.export_all(key, revisions="yes")
             if c["id"] in before and c["revision"] == 2]
    assert len(again) >= 6  # where they are, and where it is told
    # What was tapped since says nothing of who tapped, and keeps the verdict
    # that was given when that was known.
    server.tap(f"/{tokens[0]}", headers={"User-Agent": "agent-of-user-0815"})
    server.tap(f"/{tokens[0]}")
    assert held(server, "user-0815") == []
    said = json.loads(server.cli("rejudge", "--dry-run", "--json").stdout)
    assert said["changed"] == 0, said

    listed = server.api("GET", "/v1/erasures", key=key).json()
    assert [i["state"] for i in listed["items"]] == ["done"]
    assert listed["next"] is None


def test_bad_orders(server, key):
    for body, status in (({}, 422), ({"recipient": ""}, 422),
                         ({"recipient": 7}, 422),
                         ({"recipient": "x" * 129}, 422),
                         ({"recipient": "x", "scope": "all"}, 422)):
        answer = server.api("POST", "/v1/erasures", body, key=key)
        assert answer.status == status, (body, answer)
    assert server.api("GET", "/v1/erasures/1", key=key).status == 404
    assert server.api("GET", "/v1/erasures/x", key=key).status == 404
    assert server.api("GET", "/v1/erasures?after=x", key=key).status == 400


def test_nobody(server, key):
    """Who is not there is forgotten too, and orders are of their accounts."""
    receipt = done(server, key, order(server, key, "nobody-at-all"))
    assert receipt["tokens"] == receipt["clicks"] == 0
    assert held(server, "nobody-at-all") == []


def test_of_the_account_alone(server, key):
    other = server.account("other")
    server.put_link(key, "shop", "https://shop.example/{cart}")
    server.put_link(other, "shop", "https://shop.example/{cart}")
    mint_and_tap(server, key, "user-0815")
    theirs = mint_and_tap(server, other, "user-0815")
    location = order(server, key, "user-0815")
    done(server, key, location)
    assert server.api("GET", location, key=other).status == 404
    for token in theirs:
        assert server.tap(f"/{token}").status == 302


def test_a_retried_mint_gets_the_dead_token(server, key):
    rows = [{"destination": "https://a.example/", "recipient": f"user-{i}"}
            for i in range(300)]
    first = server.mint_batch(key, rows, idempotency_key="k")
    done(server, key, order(server, key, "user-7"))
    again = server.mint_batch(key, rows, idempotency_key="k")
    assert again == first
    assert server.tap("/" + first[7]["token"]).status == 410
    assert server.tap("/" + first[8]["token"]).status == 302


def test_beside_minting_and_tapping(server, key):
    server.put_link(key, "shop", "https://shop.example/{cart}")
    mint_and_tap(server, key, "user-0815", 5)
    stop = threading.Event()
    failed = []

    def work(who):
        try:
            n = 0
            while not stop.is_set():
                rows = [{"link": "shop", "recipient": f"{who}-{n}-{i}-end",
                         "params": {"cart": "c"}} for i in range(200)]
                tokens = server.mint_batch(key, rows)
                for t in tokens[:20]:
                    assert server.tap("/" + t["token"]).status == 302
                n += 1
        except AssertionError as e:
            failed.append(e)

    threads = [threading.Thread(target=work, args=(f"w{i}",))
               for i in range(3)]
    for t in threads:
        t.start()
    try:
        for who in ("user-0815", "w0-0-3-end", "w1-1-5-end"):
            wait_until("there is somebody to forget", lambda w=who: server.api(
                "GET", f"/v1/tokens?recipient={w}", key=key).json()["items"])
            receipt = done(server, key, order(server, key, who))
            assert receipt["tokens"] in (1, 5)
            assert held(server, "user-0815") == []
    finally:
        stop.set()
        for t in threads:
            t.join()
    assert not failed
    assert held(server, "user-0815", "w0-0-3-end", "w1-1-5-end") == []
    assert server.metric("ctio_clicks_lost_total") == 0


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.01, 0.03, 0.1])
def test_kill(server, key, delay):
    """Killed in the middle, it comes to its end after the next start."""
    server.put_link(key, "shop", "https://shop.example/{cart}")
    for i in range(20):
        mint_and_tap(server, key, f"user-{i:04}", 2)
    mint_and_tap(server, key, "user-0815")
    location = order(server, key, "user-0815")
    threading.Event().wait(delay)
    server.kill9()
    server.restart()
    receipt = done(server, key, location)
    assert receipt["tokens"] == 3 and receipt["clicks"] == 3
    assert held(server, "user-0815") == []


def test_command_line(server, key):
    server.put_link(key, "shop", "https://shop.example/{cart}")
    mint_and_tap(server, key, "user-0815")
    made = json.loads(server.cli("erasure", "create", "--json",
                                 input="user-0815\n").stdout)
    wait_until("it is done", lambda: json.loads(server.cli(
        "erasure", "show", made["id"], "--json").stdout)["state"] == "done")
    assert made["id"] in server.cli("erasure", "list").stdout
    server.cli("erasure", "create", "user-4711")
    lines = server.cli("erasure", "export").stdout.splitlines()
    assert len(lines) >= 1
    line = json.loads(lines[0])
    assert line["account"] == "acme" and line["region"] == "us1"
    assert sum(len(json.loads(x)["tokens"]) for x in lines) == 3
    assert "erasures_waiting" in server.cli("status").stdout


def test_retention_min(make_server):
    server = make_server("region us1.retention_min=30d")
    key = server.account()
    server.mint(key, destination="https://a.example/", recipient="user-0815")
    answer = server.api("POST", "/v1/erasures", {"recipient": "user-0815"},
                        key=key)
    location = answer.headers["Location"]
    receipt = wait_until("it is dated", lambda: (
        lambda r: r if r["due_at"] else None)(
            server.api("GET", location, key=key).json()))
    assert receipt["state"] == "waiting"
    assert receipt["due_at"] > receipt["requested_at"]
    again = server.api("POST", "/v1/erasures", {"recipient": "user-0815"},
                       key=key)
    assert again.headers["Location"] == location
    assert server.metric("ctio_erasures_pending") == 1


def test_scope(server, key):
    words = server.cli("account", "key", "add", "acme", "--scope", "mint,read")
    other = words.stdout.strip()
    answer = server.api("POST", "/v1/erasures", {"recipient": "x"}, key=other)
    assert answer.status == 403
    quoted = urllib.parse.quote("x")
    assert server.api("GET", f"/v1/tokens?recipient={quoted}",
                      key=other).status == 200


def test_config(server):
    from harness import cli
    bad = cli("check", "--set", "region us1.retention_max=1d",
              "--set", "region us1.retention_min=2d", status=1)
    assert "retention_min" in bad.stderr
    cli("check", "--set", "region us1.retention_min=2d")
    assert os.path.exists(server.data)
