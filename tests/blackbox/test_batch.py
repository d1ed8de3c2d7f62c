"""A batch of tokens: one line in, one line out, in the same order, whatever
the client does with its connection."""
import json
import random
import threading

import pytest

from harness import Tenant, wait_until
from wire import Wire, chunk, head

OWN = "https://shop.example/p"
NDJSON = "Content-Type: application/x-ndjson"
MANY = 300000


def post(tenant, *fields, path="/v1/tokens"):
    return head("POST", path, f"Authorization: Bearer {tenant.key}", NDJSON,
                *fields)


def row(i):
    return json.dumps({"destination": f"{OWN}/{i}"}).encode() + b"\n"


def stream(tenant, body, path="/v1/tokens", headers=None):
    return tenant.api("POST", path, body=body, headers={
        "Content-Type": "application/x-ndjson", **(headers or {})})


def pointer_of(line):
    return [e["pointer"] for e in line["error"].get("errors", [])]


@pytest.mark.asan
@pytest.mark.tsan
def test_order_among_bad_lines(tenant):
    """Each kind of bad line answers with its error; the others are minted."""
    # (line, status of its error, pointers)
    bad = [
        (b"{", 400, ["#"]), (b"nonsense", 400, ["#"]), (b"[]", 422, ["#"]),
        (b'{"link":"nothing"}', 422, ["#/link"]),
        (b'{"destination":"x"}', 422, ["#/destination"]),
        (b'{"destination":"%s","a":1}' % OWN.encode(), 422, ["#/a"]),
        (b'{"a":1,"a":2}', 400, ["#"]), (b"\xff\xfe", 400, ["#"]),
        (b'{"destination":"' + b"x" * 70000 + b'"}', 413, []),
        (b"[" * 60000, 400, ["#"]), (b"\x00", 400, ["#"]),
        (b"{} {}", 400, ["#"]),
    ]
    rng = random.Random(2)
    lines, expected = [], []
    for i in range(3000):
        if rng.random() < 0.1:
            line, status, pointers = rng.choice(bad)
            lines.append(line + b"\n")
            expected.append((status, pointers))
        else:
            lines.append(row(i))
            expected.append(f"{OWN}/{i}")
        if rng.random() < 0.05:
            lines.append(rng.choice([b"\n", b"  \n", b"\r\n", b"\t\n"]))
    answers = stream(tenant, b"".join(lines)).lines()
    assert len(answers) == len(expected)
    for answer, wanted in zip(answers, expected):
        if isinstance(wanted, str):
            assert set(answer) == {"token", "url", "expires_at"}
        else:
            assert set(answer) == {"error"}
            assert (answer["error"]["status"], pointer_of(answer)) == wanted
    good = [(a["token"], w) for a, w in zip(answers, expected)
            if "token" in a]
    assert len({t for t, _ in good}) == len(good)
    for token, location in rng.sample(good, 50):
        assert tenant.tap(token).headers["Location"] == location


# (body, how many answers, how many of them are tokens)
BODIES = [
    (b"", 0, 0), (b"\n", 0, 0), (b"\r\n \n\n", 0, 0),
    (row(1), 1, 1), (row(1)[:-1], 1, 1), (row(1)[:-1] + b"\r\n", 1, 1),
    (row(1)[:-1] + b"\r", 1, 1), (row(1) + b"{", 2, 1),
    (row(1) + row(2)[:-1], 2, 2), (b"\n\n" + row(1) + b"\n\n", 1, 1),
    (b" " + row(1)[:-1] + b" \t\n", 1, 1),
    (b"\xef\xbb\xbf" + row(1), 1, 0), (b" " * 100000 + b"\n", 0, 0),
    (b"x" * 100000, 1, 0), (row(1) + b"x" * 100000 + b"\n" + row(2), 3, 2),
]


@pytest.mark.asan
@pytest.mark.parametrize("framing", ["length", "chunked", "bytes"])
def test_bodies(tenant, framing):
    for body, lines, tokens in BODIES:
        with Wire(tenant.server.api_port) as wire:
            if framing == "length":
                wire.send(post(tenant, f"Content-Length: {len(body)}") + body)
            else:
                step = 1 if framing == "bytes" and len(body) < 500 else 4096
                wire.send(post(tenant, "Transfer-Encoding: chunked"))
                for i in range(0, len(body), step):
                    wire.send(chunk(body[i:i + step]))
                wire.send(chunk(b""))
            answer = wire.answer()
            assert (answer.status, answer.whole) == (200, True), body[:99]
            assert answer["Content-Type"] == "application/x-ndjson"
            assert answer["X-Request-Id"]
            got = answer.lines()
            assert len(got) == lines, body[:99]
            assert sum("token" in line for line in got) == tokens, body[:99]


@pytest.mark.asan
def test_query_defaults(tenant):
    tenant.put_link("cart", OWN + "/{x}", defaults={"x": "d"})
    tenant.put_link("other", OWN + "/other")
    rows = [{}, {"link": "other"}, {"destination": OWN}, {"campaign": "c2"},
            {"campaign": None}, {"ttl": "1s", "params": {"x": "1"}},
            {"ttl": None}]
    answers = tenant.mint_batch(rows, "?link=cart&campaign=c1&ttl=90d")
    infos = [tenant.api("GET", f"/v1/tokens/{a['token']}").json()
             for a in answers]
    assert [i["link"] for i in infos] == [
        "cart", "other", None, "cart", "cart", "cart", "cart"]
    assert [i["campaign"] for i in infos] == [
        "c1", "c1", "c1", "c2", None, "c1", "c1"]
    assert [bool(i["expires_at"]) for i in infos] == [True] * 6 + [False]
    assert infos[5]["expires_at"] < infos[0]["expires_at"]
    answers = tenant.mint_batch([{}], "?link=nothing")
    assert pointer_of(answers[0]) == ["#/link"]
    for query in ("?ttl=soon", "?limit=5", "?link=a&link=b"):
        assert stream(tenant, b"", "/v1/tokens" + query).status == 400


@pytest.mark.asan
def test_campaigns_made_within_a_stream(tenant):
    rows = [{"destination": OWN, "campaign": f"c{i % 50}"}
            for i in range(1000)]
    answers = tenant.mint_batch(rows)
    assert all("token" in a for a in answers)
    names = [c["name"] for c in
             tenant.api("GET", "/v1/campaigns").json()["items"]]
    assert names == sorted(f"c{i}" for i in range(50))
    info = tenant.api("GET", f"/v1/tokens/{answers[77]['token']}").json()
    assert info["campaign"] == "c27"


@pytest.mark.asan
def test_continue_is_said_before_a_body_is_sent(tenant):
    with Wire(tenant.server.api_port) as wire:
        wire.send(post(tenant, "Transfer-Encoding: chunked",
                       "Expect: 100-continue"))
        assert wire.answer().status == 100
        wire.send(chunk(row(1)) + chunk(b""))
        assert len(wire.answer().lines()) == 1
    with Wire(tenant.server.api_port) as wire:
        wire.send(head("POST", "/v1/tokens", NDJSON, "Content-Length: 10",
                       "Expect: 100-continue"))
        assert wire.answer().status == 401


@pytest.mark.asan
def test_answers_come_while_the_body_is_open(tenant):
    """Lock step: the next line is sent when the last one was answered."""
    with Wire(tenant.server.api_port) as wire:
        wire.send(post(tenant, "Transfer-Encoding: chunked"))
        tokens = set()
        for i in range(20):
            wire.send(chunk(row(i)))
            if i == 0:
                line = wire.file.readline()
                assert b" 200 " in line
                while wire.file.readline() != b"\r\n":
                    pass
            tokens.add(json.loads(wire.chunk())["token"])
            # Durable before it is acknowledged, and open to taps.
            assert tenant.tap(list(tokens)[-1]).status == 302
        wire.send(chunk(b""))
        assert wire.chunk() == b""
    assert len(tokens) == 20


@pytest.mark.asan
def test_two_streams_at_once(tenant):
    other = Tenant(tenant.server)
    streams = [(tenant, Wire(tenant.server.api_port)),
               (other, Wire(other.server.api_port)),
               (tenant, Wire(tenant.server.api_port))]
    for owner, wire in streams:
        wire.send(post(owner, "Transfer-Encoding: chunked"))
    for i in range(400):
        for n, (_, wire) in enumerate(streams):
            wire.send(chunk(row(f"{n}/{i}") * 3))
    seen = set()
    for n, (owner, wire) in enumerate(streams):
        wire.send(chunk(b""))
        answers = wire.answer().lines()
        wire.close()
        assert len(answers) == 1200
        seen |= {a["token"] for a in answers}
        for i in (0, 7, 1199):
            info = owner.api("GET", f"/v1/tokens/{answers[i]['token']}")
            assert info.json()["destination"] == f"{OWN}/{n}/{i // 3}"
    assert len(seen) == 3600


def test_a_client_that_writes_all_before_it_reads(tenant):
    """300,000 lines are far more than the buffers between hold."""
    before = tenant.server.rss_kb()
    with Wire(tenant.server.api_port, timeout=120) as wire:
        wire.send(post(tenant, "Transfer-Encoding: chunked"))
        for i in range(0, MANY, 1000):
            wire.send(chunk(b"".join(row(j) for j in range(i, i + 1000))))
        wire.send(chunk(b""))
        wait_until("all of it is committed", lambda: tenant.server.metric(
            "ctio_tokens_minted_total") >= MANY, 60)
        assert tenant.server.rss_kb() - before < 200 * 1024
        answer = wire.answer()
    assert answer.whole
    lines = answer.body.splitlines()
    assert len(lines) == MANY
    assert len(set(lines)) == MANY
    for i in (0, 1, MANY // 2, MANY - 1):
        token = json.loads(lines[i])["token"]
        assert tenant.tap(token).headers["Location"] == f"{OWN}/{i}"


@pytest.mark.asan
def test_a_client_that_reads_late(tenant):
    """Its answers wait in the store, and others are served meanwhile."""
    lines = 20000
    with Wire(tenant.server.api_port, receive_buffer=4096) as wire:
        body = b"".join(row(i) for i in range(lines))
        wire.send(post(tenant, f"Content-Length: {len(body)}"))
        writer = threading.Thread(target=wire.send, args=(body,))
        writer.start()
        for _ in range(20):
            token = tenant.mint(destination=OWN)["token"]
            assert tenant.tap(token).status == 302
        writer.join()
        answer = wire.answer()
    assert answer.whole and len(answer.lines()) == lines


BROKEN_ENDS = {
    "closed": lambda wire: wire.end(),
    "bad chunk": lambda wire: wire.send(b"zz\r\n"),
    "chunk cut": lambda wire: (wire.send(b"100\r\n{"), wire.end()),
}


@pytest.mark.asan
@pytest.mark.parametrize("end", BROKEN_ENDS)
def test_body_that_breaks_off(tenant, end):
    """What was answered stands; the rest was never done, and the answer is
    seen to be not whole."""
    with Wire(tenant.server.api_port) as wire:
        wire.send(post(tenant, "Transfer-Encoding: chunked"))
        wire.send(chunk(b"\n" + row(0) + row(1) + b'{"destination": "'))
        wire.file.peek(1)
        BROKEN_ENDS[end](wire)
        answer = wire.answer()
    assert answer.status == 200 and not answer.whole
    lines = answer.lines()
    assert len(lines) == 3
    for i in range(2):
        assert tenant.tap(lines[i]["token"]).headers["Location"] == \
            f"{OWN}/{i}"
    assert lines[2]["error"]["status"] == 400
    assert lines[2]["line"] == 4


@pytest.mark.asan
def test_body_that_breaks_off_before_any_answer(tenant):
    with Wire(tenant.server.api_port) as wire:
        wire.send(post(tenant, "Transfer-Encoding: chunked") + b"zz\r\n")
        answer = wire.answer()
        assert answer.status == 400
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.asan
def test_client_that_vanishes(tenant):
    for i in range(20):
        wire = Wire(tenant.server.api_port)
        wire.send(post(tenant, "Transfer-Encoding: chunked"))
        wire.send(chunk(row(i) * 50 * (i + 1))[:-i or None])
        wire.reset()
    assert len(tenant.mint_batch([{"destination": OWN}])) == 1
    assert tenant.server.is_running()


@pytest.mark.asan
def test_body_that_stalls(make_server):
    server = make_server("api.idle_timeout=300ms")
    tenant = Tenant(server)
    with Wire(server.api_port) as wire:
        wire.send(post(tenant, "Transfer-Encoding: chunked") + chunk(row(1)))
        answer = wire.answer()
        lines = answer.lines()
        assert not answer.whole
        assert "token" in lines[0]
        assert lines[1]["error"]["status"] == 408
        assert wire.at_end()


@pytest.mark.asan
def test_disabled_in_the_middle(tenant):
    with Wire(tenant.server.api_port) as wire:
        wire.send(post(tenant, "Transfer-Encoding: chunked") + chunk(row(0)))
        wire.file.peek(1)
        tenant.server.cli("account", "disable", tenant.name)
        wire.send(chunk(row(1)) + chunk(b""))
        answer = wire.answer()
    lines = answer.lines()
    assert not answer.whole
    assert lines[1]["error"]["status"] == 403
    assert lines[1]["line"] == 2
