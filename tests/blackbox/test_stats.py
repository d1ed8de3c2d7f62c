"""GET /v1/stats: whatever is asked for, it is what an export adds up to."""
import datetime
import json
import os
import random
import threading

import pytest

import harness
import recount

WHATSAPP = {"User-Agent": "WhatsApp/2.23.20.0 A"}
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130"}
ZONES = ("UTC", "+05:30", "-03:45", "Asia/Kolkata", "America/New_York")
LINKS = ("alpha", "beta", "gamma")


def people(server, tokens, n, seed):
    """n random taps, some by machines."""
    rng = random.Random(seed)
    for _ in range(n):
        token = rng.choice(tokens)
        kind = rng.randrange(6)
        if kind == 0:
            server.tap(token, WHATSAPP)
        elif kind == 1:
            server.tap(token, PHONE, method="HEAD")
        else:
            server.tap(token, PHONE)


def make_tokens(tenant, n=60):
    """Of links with and without campaigns, and of none."""
    for i, name in enumerate(LINKS):
        fields = {"campaign": "diwali"} if i else {}
        tenant.put_link(name, f"https://{name}.example/", **fields)
    rows = []
    for i in range(n):
        row = {"link": LINKS[i % 3]} if i % 4 else {
            "destination": "https://own.example/"}
        if i % 5 == 0:
            row["campaign"] = "holi"
        rows.append(row)
    return rows, [made["token"] for made in tenant.mint_batch(rows)]


def check_everything(server, key, clicks):
    for by in recount.DIMENSIONS:
        recount.check(server, key, clicks, by)
    for by in ("hour", "day"):
        for tz in ZONES:
            recount.check(server, key, clicks, by, tz)
    for by in recount.DIMENSIONS:
        for name in LINKS:
            recount.check(server, key,
                          [c for c in clicks if c["link"] == name], by,
                          link=name)
        recount.check(server, key,
                      [c for c in clicks if c["campaign"] == "holi"], by,
                      campaign="holi")
        recount.check(server, key, [], by, link="nobody")


@pytest.mark.asan
@pytest.mark.tsan
def test_equal_an_export(shared_server, tenant):
    _, tokens = make_tokens(tenant)
    people(shared_server, tokens, 300, 1)
    clicks = tenant.export_all()
    assert len(clicks) == 300
    recount.await_clicks(shared_server, tenant.key, 300)
    check_everything(shared_server, tenant.key, clicks)
    stats = recount.ask(shared_server, tenant.key)
    assert stats["tz"] == "UTC" and stats["complete_from"] is None
    assert stats["total"]["unconfirmed"] == 0
    # The cursor is one: nothing is behind it.
    assert tenant.export_all(after=stats["as_of"]) == []


def test_tokens_are_counted_once(shared_server, tenant):
    """A retry mints nothing, and tests are none of the campaign's tokens."""
    rows, tokens = make_tokens(tenant, 40)
    more = [{"link": "beta", "ref": str(i)} for i in range(50)]
    first = tenant.mint_batch(more, idempotency_key="k")
    assert tenant.mint_batch(more, idempotency_key="k") == first
    tenant.mint(link="beta", test=True)
    for row in rows + more:
        if "campaign" not in row and row.get("link") in ("beta", "gamma"):
            row["campaign"] = "diwali"
    rows += more
    for by in ("link", "campaign"):
        stats = recount.ask(shared_server, tenant.key, by=by)
        for row in stats["rows"]:
            assert row["minted"] == sum(r.get(by) == row[by] for r in rows)
        assert stats["total"]["minted"] == len(rows)
    assert recount.ask(shared_server, tenant.key,
                       link="beta")["total"]["minted"] == sum(
                           r.get("link") == "beta" for r in rows)
    for token in tokens[:10]:
        shared_server.tap(token, PHONE)
    recount.await_clicks(shared_server, tenant.key, 10)
    total = recount.ask(shared_server, tenant.key)["total"]
    assert total["ctr"] == pytest.approx(10 / len(rows), abs=1e-6)
    for row in recount.ask(shared_server, tenant.key, by="os")["rows"]:
        assert row["minted"] is None and row["ctr"] is None
        assert row["unconfirmed"] is None


def test_from_and_to(shared_server, tenant):
    _, tokens = make_tokens(tenant, 10)
    people(shared_server, tokens, 20, 2)
    recount.await_clicks(shared_server, tenant.key, 20)
    clicks = tenant.export_all()
    now = recount.time_of(clicks[0])
    quarter = now.replace(minute=now.minute // 15 * 15, second=0,
                          microsecond=0)
    hour = datetime.timedelta(hours=1)
    for begin, end, count in (
            (quarter, None, 20), (None, quarter, 0),
            (quarter - hour, quarter + hour, 20), (quarter, quarter, 0)):
        params = {}
        if begin:
            params["from"] = begin.isoformat().replace("+00:00", "Z")
        if end:
            params["to"] = end.isoformat()
        for by in recount.DIMENSIONS:
            stats = recount.ask(shared_server, tenant.key, by=by, **params)
            assert stats["total"]["requests"] == count, (by, params)
    # Days are days of the zone: the ones around now.
    for tz in ZONES:
        day = now.astimezone(recount.zone_of(tz)).date()
        days = [(day + datetime.timedelta(days=i)).isoformat()
                for i in range(-1, 3)]
        for begin, end, count in ((1, 2, 20), (0, 1, 0), (2, 3, 0)):
            stats = recount.ask(shared_server, tenant.key, tz=tz,
                                **{"from": days[begin], "to": days[end]})
            assert stats["total"]["requests"] == count, (tz, days)
    # An offset's plus may come as it is.
    answer = tenant.api("GET", "/v1/stats?tz=+05:30"
                               "&from=2026-01-01T00:00:00+05:30")
    assert answer.status == 200 and answer.json()["tz"] == "+05:30"


@pytest.mark.parametrize("query, word", [
    ("by=browser", "by"), ("by=", "by"), ("tz=Mars/Base", "tz"),
    ("tz=../../etc/passwd", "tz"), ("tz=%2Fetc%2Fpasswd", "tz"),
    ("tz=zone.tab", "tz"), ("tz=%2B05:10", "tz"), ("tz=", "tz"),
    ("tz=" + "A" * 200, "tz"), ("from=yesterday", "from"),
    ("from=2026-11-27T10:07:00Z", "from"), ("to=2026-13-01", "to"),
    ("to=2026-11-27T10:15:00.001Z", "to"),
    ("from=2026-11-28&to=2026-11-27", "from"), ("limit=5", "limit"),
    ("by=day&by=hour", "by")])
def test_wrong_questions(tenant, query, word):
    answer = tenant.api("GET", f"/v1/stats?{query}")
    assert answer.status == 400, answer
    assert answer.json()["type"] == "/problems/bad-parameter"
    assert word in answer.json()["detail"]


def test_who_may_ask(shared_server, tenant):
    assert shared_server.api("GET", "/v1/stats").status == 401
    reader, _ = tenant.add_key("--scope", "read")
    minter, _ = tenant.add_key("--scope", "mint")
    assert tenant.api("GET", "/v1/stats", key=reader).status == 200
    assert tenant.api("GET", "/v1/stats", key=minter).status == 403
    other = harness.Tenant(shared_server)
    assert recount.ask(shared_server, other.key)["rows"] == []
    assert tenant.api("POST", "/v1/stats").status == 405


def test_many_rows(shared_server, tenant):
    """More than one piece of an answer: all names, in order."""
    names = [f"link-{i:04}" for i in range(1500)]
    for name in names:
        tenant.put_link(name, "https://a.example/")
    tenant.mint_batch([{"link": name} for name in reversed(names)])
    rows = recount.ask(shared_server, tenant.key, by="link")["rows"]
    assert [row["link"] for row in rows] == names
    assert {row["minted"] for row in rows} == {1}


@pytest.mark.slow
@pytest.mark.asan
def test_killed(make_server):
    """`kill -9` while people tap and the tally counts: afterwards the
    statistics are those of the clicks that are there."""
    server = make_server()
    tenant = harness.Tenant(server)
    _, tokens = make_tokens(tenant)
    rng = random.Random(3)
    for i in range(harness.rounds(6, 60)):
        stop = threading.Event()

        def tap_on(seed):
            while not stop.is_set():
                try:
                    people(server, tokens, 5, seed)
                    seed += 4
                except OSError:
                    return

        taps = [threading.Thread(target=tap_on, args=(i * 100 + k,))
                for k in range(4)]
        for thread in taps:
            thread.start()
        stop.wait(rng.random() * 1.5)
        server.kill9()
        stop.set()
        for thread in taps:
            thread.join()
        server.start()
        clicks = tenant.export_all()
        recount.await_clicks(server, tenant.key, len(clicks))
        check_everything(server, tenant.key, clicks)


def test_lost_clicks_are_unconfirmed(make_server, make_shim, folder):
    """People go on though the click log cannot be written any more; how many
    did is counted, and stays counted."""
    data = folder / "data"
    shim = make_shim(os.path.join(data, "us1", "clicks"))
    server = make_server(data=data, env=shim.env())
    tenant = harness.Tenant(server)
    tenant.put_link("shop", "https://a.example/", campaign="diwali")
    token = tenant.mint(link="shop")["token"]
    server.tap(token, PHONE)
    recount.await_clicks(server, tenant.key, 1)
    shim.set("eio")
    for _ in range(7):
        assert server.tap(token, PHONE).status == 302
    lost = 7
    harness.wait_until("they are lost", lambda: (
        server.metric("ctio_clicks_lost_total") == lost))
    harness.wait_until("they are counted", lambda: (
        recount.ask(server, tenant.key)["total"]["unconfirmed"] == lost))
    for by, value in (("link", "shop"), ("campaign", "diwali")):
        for params in ({}, {by: value}):
            rows = recount.ask(server, tenant.key, by=by, **params)["rows"]
            assert [(row[by], row["unconfirmed"], row["requests"])
                    for row in rows] == [(value, lost, 1)]
    for by in ("hour", "day"):
        rows = recount.ask(server, tenant.key, by=by)["rows"]
        assert sum(row["unconfirmed"] for row in rows) == lost
    shim.clear("eio")
    server.restart()
    server.tap(token, PHONE)
    recount.await_clicks(server, tenant.key, 2)
    assert recount.ask(server, tenant.key)["total"]["unconfirmed"] == lost


def test_command(shared_server, tenant):
    _, tokens = make_tokens(tenant, 10)
    people(shared_server, tokens, 10, 5)
    recount.await_clicks(shared_server, tenant.key, 10)
    words = ("stats", "--account", tenant.name)
    text = shared_server.cli(*words, "--json", "--by", "link", "--tz",
                             "+05:30").stdout
    assert json.loads(text) == recount.ask(
        shared_server, tenant.key, by="link", tz="+05:30")
    lines = shared_server.cli(*words, "--by", "verdict").stdout.splitlines()
    assert lines[0].split() == ["VERDICT", "MINTED", "REQUESTS", "CLICKS",
                                "UNIQUE", "UNCONFIRMED", "RATE"]
    assert lines[-1].split()[:3] == ["total", "10", "10"]
    assert "tz must be" in shared_server.cli(*words, "--tz", "x",
                                             status=1).stderr
