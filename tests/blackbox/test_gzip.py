"""Answers of the API compressed for those who ask for it, and only for them."""
import json
import threading
import zlib

import pytest

import load
from harness import Tenant, cli, wait_until
from wire import Wire, chunk, head

OWN = "https://shop.example/p"
CLICKS = 3000
GZIP = {"Accept-Encoding": "gzip"}
WBITS = 31  # gzip's wrapper


@pytest.fixture(scope="module")
def filled(shared_server):
    """An account with clicks."""
    tenant = Tenant(shared_server)
    token = tenant.mint(destination=OWN, recipient="user-1")["token"]
    for status, _ in load.tap_all(shared_server.click_port,
                                  [f"{token}?n={i}" for i in range(CLICKS)]):
        assert status == 302
    return tenant


def sanitized(test):
    return pytest.mark.asan(pytest.mark.tsan(test))


def unpack(body):
    """The whole of it, or an error."""
    packed = zlib.decompressobj(WBITS)
    plain = packed.decompress(body)
    assert packed.eof and not packed.unused_data
    return plain


def is_packed(answer):
    return answer.headers["Content-Encoding"] == "gzip"


# (Accept-Encoding, gzip)
ASKED = [
    (None, False), ("gzip", True), ("deflate, gzip;q=0.5, *;q=0", True),
    ("*", True), ("gzip;q=0", False), ("*, gzip;q=0.000", False),
    ("identity", False), ("identity, gzip;q=0.3", False), ("br", False),
    ("gzip;q=7", False), ("", False),
]


@pytest.mark.parametrize("path", [
    "/v1/clicks", "/v1/clicks?limit=10000", "/v1/clicks?format=csv",
    "/metrics", "/openapi.yaml"])
@sanitized
def test_who_asks(filled, path):
    plain = filled.api("GET", path)
    assert not is_packed(plain)
    for asked, packed in ASKED:
        headers = {} if asked is None else {"Accept-Encoding": asked}
        answer = filled.api("GET", path, headers=headers)
        assert answer.status == 200
        assert answer.headers["Vary"] == "Accept-Encoding", asked
        assert is_packed(answer) == packed, asked
        if packed:
            assert "Content-Length" not in answer.headers
            assert len(answer.body) < len(plain.body) / 3
        body = unpack(answer.body) if packed else answer.body
        if path != "/metrics":
            assert body == plain.body, asked


@sanitized
def test_two_fields(filled):
    with Wire(filled.server.api_port) as wire:
        wire.send(head("GET", "/openapi.yaml", "Accept-Encoding: br",
                       "Accept-Encoding: gzip"))
        assert wire.answer()["Content-Encoding"] == "gzip"


@sanitized
def test_small_answers_stay_as_they_are(filled):
    for path in ("/livez", "/v1/account", "/v1/links/none", "/problems/invalid"):
        answer = filled.api("GET", path, headers=GZIP)
        assert not is_packed(answer)
        assert answer.headers["Content-Length"] == str(len(answer.body))
        assert "Vary" not in answer.headers


@sanitized
def test_head(filled):
    for path in ("/v1/clicks", "/openapi.yaml"):
        with Wire(filled.server.api_port) as wire:
            wire.send(head("HEAD", path, "Accept-Encoding: gzip",
                           f"Authorization: Bearer {filled.key}"))
            answer = wire.answer(True)
            assert answer["Content-Encoding"] == "gzip"
            assert answer["Vary"] == "Accept-Encoding"
            # Nothing of a body is in the way of the next answer.
            wire.send(head("GET", "/livez"))
            assert wire.answer().body == b"ok\n"


@sanitized
def test_never_where_people_tap(filled):
    token = filled.mint(destination=OWN)["token"]
    for path in (token, "/nothing", "/"):
        answer = filled.tap(path, GZIP)
        assert not is_packed(answer)
        assert "Vary" not in answer.headers


@sanitized
def test_a_page_that_waits(filled):
    """A click that comes while a page waits for it comes at once."""
    after = filled.api("GET", "/v1/clicks?limit=10000").next()
    answers = []

    def ask():
        answers.append(filled.api("GET", after + "&wait=30", headers=GZIP))

    thread = threading.Thread(target=ask)
    thread.start()
    filled.tap(filled.mint(destination=OWN, recipient="late")["token"])
    thread.join(20)
    assert answers and is_packed(answers[0])
    clicks = [json.loads(line) for line in
              unpack(answers[0].body).splitlines()]
    assert [c["recipient"] for c in clicks] == ["late"]


@sanitized
def test_a_batch_is_answered_line_by_line(filled):
    """A sender that waits for an answer before it goes on."""
    with Wire(filled.server.api_port) as wire:
        wire.send(head("POST", "/v1/tokens", "Transfer-Encoding: chunked",
                       "Content-Type: application/x-ndjson",
                       "Accept-Encoding: gzip",
                       f"Authorization: Bearer {filled.key}"))
        packed = zlib.decompressobj(WBITS)
        text = b""
        for i in range(20):
            line = json.dumps({"destination": OWN, "recipient": f"r{i}"})
            wire.send(chunk(line.encode() + b"\n"))
            if i == 0:
                while wire.file.readline() != b"\r\n":
                    pass
            while text.count(b"\n") <= i:
                text += packed.decompress(wire.chunk())
        wire.send(b"0\r\n\r\n")
        body, whole = wire.chunks()
        text += packed.decompress(body)
        assert whole and packed.eof
        assert all(json.loads(line)["token"] for line in text.splitlines())


def leave_in_the_middle(tenant, n):
    request = head("GET", "/v1/clicks?limit=10000", "Accept-Encoding: gzip",
                   f"Authorization: Bearer {tenant.key}")
    for i in range(n):
        wire = Wire(tenant.server.api_port, receive_buffer=4096)
        wire.send(request)
        if i % 2:
            wire.file.read(100 * i)
        wire.reset()
    wait_until("all have left", lambda: tenant.server.metrics()[
        'ctio_connections_open{listener="api"}'] == 1)


@sanitized
def test_clients_that_leave(filled):
    leave_in_the_middle(filled, 40)
    answer = filled.api("GET", "/v1/clicks?limit=10000", headers=GZIP)
    assert unpack(answer.body).count(b"\n") >= CLICKS


def test_clients_that_leave_leave_nothing(make_server):
    tenant = Tenant(make_server())
    token = tenant.mint(destination=OWN)["token"]
    for status, _ in load.tap_all(tenant.server.click_port, [token] * 10000):
        assert status == 302
    leave_in_the_middle(tenant, 20)
    before = tenant.server.rss_kb()
    leave_in_the_middle(tenant, 100)
    assert tenant.server.rss_kb() - before < 8000


@sanitized
def test_the_export_command_asks_for_it(filled):
    """Over HTTP, not over the socket; what comes out is the same."""
    server = filled.server
    name = 'ctio_sent_bytes_total{listener="api"}'

    def export(*words, env=None):
        before = server.metrics()[name]
        run = cli if env else server.cli
        text = run("export", *words, env=env).stdout
        return text, server.metrics()[name] - before

    local, plain_bytes = export("--account", filled.name)
    url = f"http://127.0.0.1:{server.api_port}"
    remote, packed_bytes = export(
        env={"CTIO_URL": url, "CTIO_KEY": filled.key})
    assert remote == local and local.count("\n") >= CLICKS
    # The metrics' own pages are in both.
    assert packed_bytes < plain_bytes / 3
