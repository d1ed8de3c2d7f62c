"""Idempotency-Key: a retry returns the same tokens and goes on where a broken
stream stopped; what differs is refused."""
import json

import pytest

from harness import Tenant
from wire import Wire, chunk, head

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"
NDJSON = "Content-Type: application/x-ndjson"


def row(i):
    return {"destination": f"{OWN}/{i}", "recipient": f"r{i}"}


def single(tenant, body, key, query=""):
    return tenant.api("POST", "/v1/tokens" + query, body,
                      headers={"Idempotency-Key": key})


def batch(tenant, lines, key, query=""):
    """An answer that may end without its last chunk."""
    body = "".join((line if isinstance(line, str) else json.dumps(line)) +
                   "\n" for line in lines).encode()
    with Wire(tenant.server.api_port) as wire:
        wire.send(head("POST", "/v1/tokens" + query, NDJSON,
                       f"Authorization: Bearer {tenant.key}",
                       f"Content-Length: {len(body)}",
                       f"Idempotency-Key: {key}") + body)
        return wire.answer()


def refused(answer, status, name):
    assert answer.status == status, answer
    assert answer.json()["type"] == f"/problems/{name}"


def test_single_returns_the_same_token(tenant):
    first = single(tenant, row(1), "k1")
    assert first.status == 201
    for spelling in ("k1", '"k1"'):
        again = single(tenant, row(1), spelling)
        assert (again.status, again.body) == (201, first.body)
    others = [single(tenant, row(1), key).json()["token"]
              for key in ("k2", "K1", "k1 x", '"k1')]
    assert len({first.json()["token"], *others}) == 5


def test_single_survives_kill_9(server):
    tenant = Tenant(server)
    first = single(tenant, {**row(1), "ttl": "1h", "campaign": "c"}, "k")
    server.kill9()
    server.start()
    again = single(tenant, {**row(1), "ttl": "1h", "campaign": "c"}, "k")
    assert again.body == first.body


def test_members_in_another_order_are_the_same(tenant):
    tenant.put_link("cart", OWN + "/{a}/{b}")
    body = {"link": "cart", "params": {"a": "1", "b": "2"}, "ref": "f"}
    turned = {"ref": "f", "params": {"b": "2", "a": "1"}, "link": "cart"}
    assert single(tenant, body, "k").body == single(tenant, turned, "k").body
    # What the query says and what the body says is one and the same.
    assert single(tenant, {"params": {"a": "1", "b": "2"}, "ref": "f"}, "k",
                  "?link=cart").body == single(tenant, body, "k").body


# (body of the retry, query)
DIFFERENT = [
    (row(2), ""), ({**row(1), "ref": "x"}, ""), ({**row(1), "test": True}, ""),
    ({**row(1), "ttl": "1h"}, ""), ({**row(1), "campaign": "c"}, ""),
    ({**row(1), "recipient": None}, ""), ({}, ""), ({"link": "nothing"}, ""),
    (row(1), "?ttl=1h"), (row(1), "?campaign=c"), ({**row(1), "x": 1}, ""),
    ({"destination": "bad"}, ""), ({"destination": OWN + "/1" * 2000}, ""),
]


def test_single_that_differs(tenant):
    first = single(tenant, row(1), "k")
    for body, query in DIFFERENT:
        refused(single(tenant, body, "k", query), 422, "key-reused")
    assert single(tenant, row(1), "k").body == first.body


def test_refused_single_leaves_the_key_free(tenant):
    assert single(tenant, {"destination": "bad"}, "k").status == 422
    assert single(tenant, row(1), "k").status == 201


def test_link_edited_between(tenant):
    """The retry is told what the first request was, whatever became of the
    link, its campaign or its ttl."""
    tenant.put_link("cart", OWN + "/{a}", ttl="90d", campaign="c")
    body = {"link": "cart", "params": {"a": "1"}, "campaign": "c"}
    first = single(tenant, body, "one")
    lines = [body, {"link": "nothing"}, body]
    stream = batch(tenant, lines, "many")
    for change in ({"destination": OWN + "/{a}/{b}", "defaults": {"b": "x"},
                    "ttl": "1h"},
                   {"destination": OWN, "defaults": {"b": None}},
                   {"ttl": None}, {"state": "disabled"},
                   {"expires_at": "2020-01-01T00:00:00Z"}):
        assert tenant.api("PATCH", "/v1/links/cart", change).status == 200
        assert single(tenant, body, "one").body == first.body
        assert batch(tenant, lines, "many").body == stream.body
    tenant.api("PATCH", "/v1/campaigns/c", {"state": "disabled"})
    assert single(tenant, body, "one").body == first.body
    assert batch(tenant, lines, "many").body == stream.body
    # The line that was refused stays so, though it would do now.
    tenant.put_link("nothing", OWN)
    assert batch(tenant, lines, "many").body == stream.body
    assert single(tenant, body, "new").status == 422


def test_batch_returns_the_same_tokens(tenant):
    lines = [row(i) for i in range(2500)]
    lines[7], lines[2000] = "{", "x" * 70000
    first = batch(tenant, lines, "k")
    assert first.whole and len(first.lines()) == 2500
    for spelling in ("k", '"k"'):
        again = batch(tenant, lines, spelling)
        assert again.whole and again.body == first.body
    # Blank lines and the way of the line ends are no part of a line.
    spaced = [f"{json.dumps(l) if isinstance(l, dict) else l}\r\n"
              for l in lines]
    assert batch(tenant, spaced, "k").body == first.body
    assert tenant.server.api("GET", "/livez").status == 200


def test_batch_may_be_retried_shorter_or_longer(tenant):
    lines = [row(i) for i in range(600)]
    first = batch(tenant, lines, "k").lines()
    assert batch(tenant, lines[:100], "k").lines() == first[:100]
    assert batch(tenant, [], "k").body == b""
    more = batch(tenant, lines + [row(i) for i in range(600, 900)], "k")
    assert more.lines()[:600] == first
    assert len({line["token"] for line in more.lines()}) == 900


@pytest.mark.parametrize("at", [0, 1, 299, 599])
def test_line_that_differs_ends_the_stream(tenant, at):
    lines = [row(i) for i in range(600)]
    lines[5] = "{"
    first = batch(tenant, lines, "k").lines()
    changed = list(lines)
    changed[at] = row("other")
    answer = batch(tenant, ["", *changed], "k")
    if at == 0:
        refused(answer, 422, "key-reused")
        return
    assert answer.status == 200 and not answer.whole
    got = answer.lines()
    assert got[:-1] == first[:at]
    assert got[-1]["error"]["type"] == "/problems/key-reused"
    assert got[-1]["error"]["status"] == 422
    assert got[-1]["line"] == at + 2  # a blank one is first
    assert batch(tenant, lines, "k").lines() == first


def test_refused_line_that_differs(tenant):
    lines = [row(0), "{", row(2)]
    batch(tenant, lines, "k")
    for other in ("{ ", "[", json.dumps(row(1)), "x" * 70000):
        answer = batch(tenant, [row(0), other, row(2)], "k")
        assert not answer.whole, other
        assert answer.lines()[-1]["line"] == 2


def test_goes_on_where_a_broken_stream_stopped(tenant):
    """Cut at several places, retried until done: a token a line, none
    twice."""
    lines = [row(i) for i in range(400)]
    encoded = [json.dumps(line).encode() + b"\n" for line in lines]
    seen = {}
    for cut in (1, 57, 58, 200, 399):
        with Wire(tenant.server.api_port) as wire:
            wire.send(head("POST", "/v1/tokens", NDJSON,
                           f"Authorization: Bearer {tenant.key}",
                           "Idempotency-Key: k",
                           "Transfer-Encoding: chunked"))
            wire.send(chunk(b"".join(encoded[:cut]) + encoded[cut][:9]))
            wire.file.peek(1)
            wire.end()
            answer = wire.answer()
        assert not answer.whole
        got = answer.lines()[:-1]
        for i, line in enumerate(got):
            assert seen.setdefault(i, line) == line
    whole = batch(tenant, lines, "k")
    assert whole.whole
    for i, line in enumerate(whole.lines()):
        assert seen.get(i, line) == line
    assert len({line["token"] for line in whole.lines()}) == 400


def test_in_flight(tenant):
    other = Tenant(tenant.server)
    with Wire(tenant.server.api_port) as wire:
        wire.send(head("POST", "/v1/tokens", NDJSON,
                       f"Authorization: Bearer {tenant.key}",
                       'Idempotency-Key: "k"', "Transfer-Encoding: chunked"))
        wire.send(chunk(json.dumps(row(0)).encode() + b"\n"))
        wire.file.peek(1)
        refused(batch(tenant, [row(0)], "k"), 409, "in-flight")
        refused(single(tenant, row(0), "k"), 409, "in-flight")
        assert single(other, row(0), "k").status == 201
        assert single(tenant, row(0), "k2").status == 201
        wire.send(chunk(b""))
        first = wire.answer()
    assert batch(tenant, [row(0)], "k").body == first.body


def test_kinds_do_not_mix(tenant):
    assert single(tenant, row(0), "one").status == 201
    assert batch(tenant, [row(0)], "many").status == 200
    refused(batch(tenant, [row(0)], "one"), 422, "key-reused")
    refused(single(tenant, row(0), "many"), 422, "key-reused")


def test_keys_are_of_an_account(tenant):
    other = Tenant(tenant.server)
    far = Tenant(tenant.server, "eu1")
    tokens = {single(t, row(0), "k").json()["token"]
              for t in (tenant, other, far)}
    assert len(tokens) == 3
    streams = {batch(t, [row(0)], "b").lines()[0]["token"]
               for t in (tenant, other, far)}
    assert len(streams) == 3


@pytest.mark.parametrize("change", ["?ttl=1h", "?campaign=c", "?link=cart"])
def test_changed_defaults_of_a_batch(tenant, change):
    tenant.put_link("cart", OWN)
    tenant.put_link("other", OWN)
    lines = [{"recipient": "r"}] * 3
    first = batch(tenant, lines, "k", "?link=other")
    assert first.whole
    query = change if "link" in change else "?link=other&" + change[1:]
    refused(batch(tenant, lines, "k", query), 422, "key-reused")
    assert batch(tenant, lines, "k", "?link=other").body == first.body


def test_keys_that_are_none(tenant):
    for key in ("", '""', "k" * 257):
        refused(single(tenant, row(0), key), 400, "bad-parameter")
    assert single(tenant, row(0), "k" * 256).status == 201
    with Wire(tenant.server.api_port) as wire:
        wire.send(head("POST", "/v1/tokens", NDJSON, "Content-Length: 0",
                       f"Authorization: Bearer {tenant.key}",
                       "Idempotency-Key: a", "Idempotency-Key: b"))
        assert wire.answer().status == 400


def test_without_a_key_every_mint_is_new(tenant):
    lines = [row(0)] * 100
    tokens = {a["token"] for _ in range(2) for a in tenant.mint_batch(lines)}
    assert len(tokens) == 200
