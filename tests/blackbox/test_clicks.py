"""The feed of clicks: its columns, its pages, its cursors, its filters."""
import csv
import io
import random
import threading
import urllib.parse

import pytest

import harness
from harness import Tenant, wait_until
from wire import tap_many

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"
COLUMNS = [
    "cursor", "id", "revision", "at", "region", "account", "campaign", "link",
    "token", "recipient", "ref", "destination", "outcome", "verdict",
    "reason", "rules", "counted", "unique", "test", "method", "query", "ip",
    "country", "os", "device", "browser", "agent", "referer",
    "accept_language", "template", "template_language", "button", "card"]


def feed(tenant, **params):
    path = "/v1/clicks"
    if params:
        path += "?" + urllib.parse.urlencode(params)
    answer = tenant.api("GET", path)
    assert answer.status == 200, answer
    assert answer.next(), answer
    return answer


def make_clicks(tenant, n, **fields):
    """n clicks of a token each; returns the tokens in the feed's order."""
    rows = [{"destination": OWN, "recipient": f"r{i}", **fields}
            for i in range(n)]
    tokens = [row["token"] for row in tenant.mint_batch(rows)]
    answers = tap_many(tenant.server.click_port, [f"/{t}" for t in tokens])
    assert {a.status for a in answers} == {302}
    return tokens


def test_columns(tenant):
    make_clicks(tenant, 2)
    answer = feed(tenant)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    for line in answer.lines():
        assert list(line) == COLUMNS
        assert len(line["cursor"]) <= 256


def test_csv_says_the_same(tenant):
    """RFC 4180: a header, CRLF, quotes where they are needed, null as
    empty."""
    token, other = make_clicks(tenant, 2, ref='a "quoted", ref\r\nin lines')
    tenant.tap(token, {"User-Agent": "x,\"y\"", "Referer": "",
                       "Accept-Language": " a "})
    answer = feed(tenant, format="csv")
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    text = answer.text
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    lines = feed(tenant).lines()
    assert len(rows) == len(lines) == 3
    for row, line in zip(rows, lines):
        for name in COLUMNS:
            value = line[name]
            expected = ("" if value is None else str(value).lower()
                        if isinstance(value, bool) else str(value))
            assert row[name] == expected, name
    assert rows[1]["token"] == other
    # An empty page is the header alone.
    empty = tenant.api("GET", answer.next())
    assert empty.text == ",".join(COLUMNS) + "\r\n"


@pytest.mark.parametrize("limit", [1, 7, 50, 10000])
def test_pages(tenant, limit):
    tokens = make_clicks(tenant, 50)
    path, seen = f"/v1/clicks?limit={limit}", []
    for _ in range(60):
        answer = tenant.api("GET", path)
        lines = answer.lines()
        assert len(lines) <= limit
        seen += [line["token"] for line in lines]
        assert f"limit={limit}" in answer.next()
        if not lines:
            break
        path = answer.next()
    assert seen == tokens


def test_rows_of_many_lengths(tenant):
    """A page of several sends, cut between any two rows, is whole."""
    token = tenant.mint(destination=OWN)["token"]
    sent = [("\\" * (7 * i % 491) + f" agent {i}", '"' * (i % 384))
            for i in range(300)]
    for agent, referer in sent:
        tenant.tap(token, {"User-Agent": agent, "Referer": referer})
    whole = feed(tenant, limit=10000)
    assert len(whole.body) > 4 * 65536
    lines = whole.lines()
    assert [(line["agent"], line["referer"] or "") for line in lines] == \
        [(agent.strip(), referer) for agent, referer in sent]
    path, pages = "/v1/clicks?limit=7", b""
    while True:
        answer = tenant.api("GET", path)
        if not answer.body:
            break
        pages += answer.body
        path = answer.next()
    assert pages == whole.body
    text = feed(tenant, limit=10000, format="csv").text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["cursor"] for row in rows] == [
        line["cursor"] for line in lines]
    assert [row["agent"] for row in rows] == [line["agent"] for line in lines]


def test_ids_and_cursors_are_all_different(tenant):
    make_clicks(tenant, 300)
    lines = feed(tenant).lines()
    for name in ("id", "cursor"):
        assert len({line[name] for line in lines}) == 300
    again = feed(tenant, limit=10000).lines()
    assert again == lines


def test_resumed_from_every_line(tenant):
    make_clicks(tenant, 60)
    lines = feed(tenant, limit=60).lines()
    make_clicks(tenant, 5)
    whole = feed(tenant).lines()
    assert whole[:60] == lines
    for i, line in enumerate(lines):
        rest = feed(tenant, after=line["cursor"]).lines()
        assert rest == whole[i + 1:]


def test_two_accounts_interleaved(tenant):
    """Each sees its own, in order; a page's cost is its own clicks."""
    other = Tenant(tenant.server)
    tokens = {t.name: [m["token"] for m in t.mint_batch(
        [{"destination": OWN}] * 80)] for t in (tenant, other)}
    mixed = [f"/{t}" for pair in zip(*tokens.values()) for t in pair]
    tap_many(tenant.server.click_port, mixed)
    for t in (tenant, other):
        lines = feed(t).lines()
        assert [line["token"] for line in lines] == tokens[t.name]
        assert {line["account"] for line in lines} == {t.name}
        for i in (0, 40, 79):
            rest = feed(t, after=lines[i]["cursor"], limit=5).lines()
            assert rest == lines[i + 1:i + 6]


def test_cursors_of_others_and_garbage(tenant):
    other = Tenant(tenant.server)
    make_clicks(tenant, 1)
    make_clicks(other, 1)
    theirs = feed(other).lines()[0]["cursor"]
    mine = feed(tenant).lines()[0]
    turned = mine["cursor"][:-1] + ("a" if mine["cursor"][-1] != "a" else "b")
    for cursor in (theirs, mine["id"], turned, mine["cursor"][:-1],
                   mine["cursor"] + "0", "", "0", "x" * 22, "z" * 22,
                   "%", "é", "x" * 1000):
        answer = tenant.api("GET", "/v1/clicks?after=" +
                            urllib.parse.quote(cursor))
        assert answer.status == 400, cursor
        assert answer.json()["type"] == "/problems/bad-parameter"
    assert feed(tenant, after=mine["cursor"]).lines() == []


def test_a_feed_without_clicks(tenant):
    answer = feed(tenant)
    assert answer.body == b""
    make_clicks(tenant, 3)
    assert len(tenant.api("GET", answer.next()).lines()) == 3


@pytest.fixture
def varied(tenant):
    """Clicks that differ in all that can be filtered by."""
    tenant.put_link("sale", OWN + "/{x}", campaign="c1", defaults={"x": "1"})
    tenant.put_link("other", OWN)
    rows = []
    for i in range(60):
        row = {"recipient": f"r{i % 4}"}
        row.update([{"link": "sale"}, {"link": "other"},
                    {"destination": OWN, "campaign": "c2"}][i % 3])
        rows.append(row)
    agents = [harness.PHONE, "WhatsApp/2.1"]
    for i, minted in enumerate(tenant.mint_batch(rows)):
        tenant.tap(minted["token"], {"User-Agent": agents[i % 2]},
                   "HEAD" if i % 5 == 0 else "GET")
    return tenant


def test_every_filter(varied):
    everything = feed(varied).lines()
    assert len(everything) == 60
    middle = everything[30]["at"]
    # (parameters, which clicks pass)
    rows = [
        ({"link": "sale"}, lambda c: c["link"] == "sale"),
        ({"link": "nothing"}, lambda c: False),
        ({"link": "a" * 600}, lambda c: False),
        ({"campaign": "c1"}, lambda c: c["campaign"] == "c1"),
        ({"campaign": "c2"}, lambda c: c["campaign"] == "c2"),
        ({"campaign": "nothing"}, lambda c: False),
        ({"verdict": "human"}, lambda c: c["verdict"] == "human"),
        ({"verdict": "probe"}, lambda c: c["verdict"] == "probe"),
        ({"verdict": "repeat"}, lambda c: False),
        ({"recipient": "r2"}, lambda c: c["recipient"] == "r2"),
        ({"recipient": "R2"}, lambda c: False),
        ({"from": middle}, lambda c: c["at"] >= middle),
        ({"to": middle}, lambda c: c["at"] < middle),
        ({"from": middle, "to": middle}, lambda c: False),
        ({"from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z"},
         lambda c: False),
        ({"revisions": "no"}, lambda c: True),
        ({"link": "other", "verdict": "preview", "recipient": "r1"},
         lambda c: (c["link"], c["verdict"], c["recipient"]) ==
         ("other", "preview", "r1")),
    ]
    for params, passes in rows:
        expected = [c for c in everything if passes(c)]
        assert feed(varied, **params).lines() == expected, params
        # And the same in pages, by their links alone.
        path = "/v1/clicks?" + urllib.parse.urlencode({**params, "limit": 7})
        seen = []
        for page in range(10):
            answer = varied.api("GET", path)
            seen += answer.lines()
            assert answer.next() != path or page == 9
            path = answer.next()
        assert seen == expected, params


def test_a_filter_that_matches_nothing_still_advances(tenant):
    make_clicks(tenant, 50)
    path, pages, examined = "/v1/clicks?verdict=repeat&limit=10", 0, []
    while True:
        answer = tenant.api("GET", path)
        assert answer.body == b""
        examined.append(int(answer.headers["Ctio-Examined"]))
        if answer.next() == path:
            break
        path = answer.next()
        pages += 1
    assert pages in (5, 6)
    # Fewer than the limit, where the feed ends and nowhere else.
    assert examined[:6] == [10] * 5 + [0]


REFUSED = [
    "limit=0", "limit=10001", "limit=x", "limit=", "limit=-1", "limit=1e3",
    "format=xml", "format=", "wait=61", "wait=x", "wait=-1", "from=today",
    "from=2026-11-23", "to=", "verdict=robot", "verdict=",
    "revisions=maybe", "recipient=" + "r" * 129, "links=sale", "After=x",
    "limit=1&limit=1", "link=%zz", "%zz=1",
]


def test_parameters_that_are_none(tenant):
    for query in REFUSED:
        answer = tenant.api("GET", "/v1/clicks?" + query)
        assert answer.status == 400, query
        assert answer.json()["type"] == "/problems/bad-parameter"


@pytest.mark.tsan
def test_wait_for_a_click(tenant):
    token = tenant.mint(destination=OWN)["token"]
    got = []
    before = feed(tenant).next()

    def wait():
        got.append(tenant.api("GET", before + "&wait=60"))

    thread = threading.Thread(target=wait)
    thread.start()
    wait_until("the request is there", lambda: tenant.server.metrics()[
        'ctio_connections_open{listener="api"}'] >= 2)
    tenant.tap(token)
    thread.join(30)
    assert [c["token"] for c in got[0].lines()] == [token]
    # With clicks there, or no time to wait, it does not.
    assert len(feed(tenant, wait=60).lines()) == 1
    end = got[0].next()
    assert "wait=60" in end
    answer = tenant.api("GET", end.replace("wait=60", "wait=1"))
    assert answer.status == 200 and answer.body == b""


def test_a_waiting_client_that_leaves(tenant):
    end = feed(tenant).next()
    with pytest.raises(OSError):
        tenant.api("GET", end + "&wait=60", timeout=0.2)
    make_clicks(tenant, 1)
    assert len(feed(tenant).lines()) == 1


def test_a_waiting_client_does_not_hold_the_server_up(server):
    tenant = Tenant(server)
    thread = threading.Thread(target=lambda: tenant.api(
        "GET", "/v1/clicks?wait=60"))
    thread.start()
    wait_until("the request is there", lambda: server.metrics()[
        'ctio_connections_open{listener="api"}'] >= 2)
    server.stop()
    thread.join(10)
    assert not thread.is_alive()
    server.start()


def test_a_cursor_outlives_restarts(server):
    tenant = Tenant(server)
    make_clicks(tenant, 20)
    lines = feed(tenant).lines()
    server.restart()
    assert feed(tenant).lines() == lines
    make_clicks(tenant, 5)
    server.kill9()
    server.start()
    rest = feed(tenant, after=lines[9]["cursor"]).lines()
    assert rest[:10] == lines[10:] and len(rest) == 15


@pytest.mark.tsan
def test_the_feed_while_clicks_arrive(tenant):
    """Read to the end again and again: nothing twice, nothing missed."""
    rows = [{"destination": OWN}] * 2000
    tokens = [m["token"] for m in tenant.mint_batch(rows)]
    random.Random(3).shuffle(tokens)

    def tap(part):
        tap_many(tenant.server.click_port, [f"/{t}" for t in part])

    threads = [threading.Thread(target=tap, args=(tokens[i::3],))
               for i in range(3)]
    for thread in threads:
        thread.start()
    path, seen = "/v1/clicks?limit=97", []
    while any(t.is_alive() for t in threads) or len(seen) < 2000:
        answer = tenant.api("GET", path)
        seen += answer.lines()
        path = answer.next()
        assert len(seen) <= 2000
    assert sorted(c["token"] for c in seen) == sorted(tokens)
    assert len({c["id"] for c in seen}) == 2000
    assert feed(tenant, limit=10000).lines() == seen
