"""The API listener itself: problems for every kind of error, request ids, what
is refused before a route is asked, health and metrics."""
import json
import re
import subprocess

import pytest

from harness import Tenant
from wire import Wire, chunk, head

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"


def is_problem(answer, status, name=None):
    """Any answer of this module's two clients."""
    fields = answer.headers if hasattr(answer, "headers") else answer
    assert answer.status == status, answer
    assert fields["Content-Type"] == "application/problem+json"
    assert fields["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[0-9a-f]{16}", fields["X-Request-Id"])
    problem = answer.json()
    assert list(problem)[:4] == ["type", "title", "status", "detail"]
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert problem["type"].startswith("/problems/")
    if name:
        assert problem["type"] == f"/problems/{name}"
    return True


# (method, path, headers, body, status, name)
ERRORS = [
    ("GET", "/v1/nothing", {}, None, 404, "not-found"),
    ("GET", "/v2/links", {}, None, 404, "not-found"),
    ("GET", "/v1/links/", {}, None, 404, "not-found"),
    ("GET", "//v1/links", {}, None, 404, "not-found"),
    ("GET", "/v1/links/%zz", {}, None, 400, "malformed"),
    ("GET", "/v1/links/%00", {}, None, 400, "malformed"),
    ("GET", "/v1/links?x=1", {}, None, 400, "bad-parameter"),
    ("GET", "/livez?x=1", {}, None, 400, "bad-parameter"),
    ("GET", "/readyz?for=lunch", {}, None, 400, "bad-parameter"),
    ("DELETE", "/v1/tokens", {}, None, 405, "method-not-allowed"),
    ("PUT", "/v1/tokens", {"Content-Type": "application/json"}, b"{}", 405,
     "method-not-allowed"),
    ("BREW", "/livez", {}, None, 405, "method-not-allowed"),
    ("OPTIONS", "/v1/links/a", {}, None, 405, "method-not-allowed"),
    ("PUT", "/v1/links/a", {"Content-Type": "text/plain"}, b"{}", 415,
     "media-type"),
    ("PUT", "/v1/links/a", {}, b"{}", 415, "media-type"),
    ("PUT", "/v1/links/a", {"Content-Type": "application/x-ndjson"}, b"{}",
     415, "media-type"),
    ("POST", "/v1/tokens",
     {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415,
     "media-type"),
    ("POST", "/v1/tokens", {"Content-Type": "application/jsonx"}, b"{}", 415,
     "media-type"),
    ("PUT", "/v1/links/a", {"Content-Type": "application/json"}, None, 400,
     "malformed"),
    ("PATCH", "/v1/links/a", {"Content-Type": "application/json"}, b"", 400,
     "malformed"),
    ("PUT", "/v1/links/a", {"Content-Type": "application/json"},
     b'{"destination":"' + b"x" * 70000 + b'"}', 413, "too-large"),
    ("POST", "/v1/tokens", {"Content-Type": "application/json"},
     b" " * 65537, 413, "too-large"),
    ("GET", "/v1/clicks?after=x", {}, None, 400, "bad-parameter"),
    ("GET", "/v1/links/none", {}, None, 404, "not-found"),
    ("GET", "/problems/none", {}, None, 404, "not-found"),
]


def test_errors(tenant):
    for method, path, headers, body, status, name in ERRORS:
        answer = tenant.api(method, path, headers=headers, body=body)
        assert is_problem(answer, status, name), (method, path)
        if status == 405:
            assert answer.headers["Allow"], path


# (path, Allow)
ALLOWED = [
    ("/v1/tokens", "GET, HEAD, POST"),
    ("/v1/tokens/x", "GET, HEAD, PATCH, DELETE"),
    ("/v1/links", "GET, HEAD"),
    ("/v1/links/x", "GET, HEAD, PUT, PATCH, DELETE"),
    ("/v1/campaigns/x", "GET, HEAD, PATCH"),
    ("/v1/clicks", "GET, HEAD"), ("/v1/account", "GET, HEAD"),
    ("/livez", "GET, HEAD"), ("/metrics", "GET, HEAD"),
]


def test_allow(shared_server):
    for path, allow in ALLOWED:
        answer = shared_server.api("OPTIONS", path)
        assert is_problem(answer, 405)
        assert answer.headers["Allow"] == allow, path


# (bytes, status): refused before a route is asked
RAW = [
    (b"GET /livez\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1\r\n\r\n", 400),
    (b"GET /livez HTTP/1.1\nHost: a\n\n", 400),
    (b"GET  /livez HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (head("GET", "/livez", "Host: b"), 400),
    (head("GET", "/livez", "A : b"), 400),
    (head("GET", "/livez", "A: b", " folded"), 400),
    (head("GET", "/livez", "A: \0"), 400),
    (head("POST", "/v1/tokens", "Content-Length: 1", "Content-Length: 1"),
     400),
    (head("POST", "/v1/tokens", "Content-Length: +1"), 400),
    (head("POST", "/v1/tokens", "Content-Length: 1, 1"), 400),
    (head("POST", "/v1/tokens", "Content-Length: 99999999999999999999"), 400),
    (head("POST", "/v1/tokens", "Content-Length: 1",
          "Transfer-Encoding: chunked"), 400),
    (head("POST", "/v1/tokens", "Transfer-Encoding: gzip"), 501),
    (head("POST", "/v1/tokens", "Transfer-Encoding: gzip, chunked"), 501),
    (b"POST /v1/tokens HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (head("GET", "/livez", "Content-Length: 4") + b"body", 400),
    (head("GET", "/livez", "Expect: a-miracle"), 417),
    (head("GET", "/" + "a" * 2100), 414),
    (head("GET", "/livez", *[f"A{i}: b" for i in range(80)]), 431),
    (head("GET", "/livez", "A: " + "b" * 9000), 431),
    (b"GET /livez HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    (b"\x16\x03\x01\x00\xa5\x01\x00", 400),
]


def test_refused_before_a_route_is_asked(shared_server):
    for data, status in RAW:
        with Wire(shared_server.api_port) as wire:
            wire.send(data)
            answer = wire.answer()
            assert is_problem(answer, status), data
            assert answer["Connection"] == "close"
            assert wire.at_end(), data


def test_bad_framing_of_a_body(tenant):
    fields = ("Transfer-Encoding: chunked", "Content-Type: application/json",
              f"Authorization: Bearer {tenant.key}")
    for body in (b"zz\r\n{}\r\n0\r\n\r\n", b"2;a=b\r\n{}\r\n0\r\n\r\n",
                 b"2\n{}\n0\n\n", b"-2\r\n{}\r\n0\r\n\r\n",
                 b"2\r\n{}0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n",
                 b"fffffffffffffffff\r\n", b"0\r\nTrailer: x\r\n\r\n",
                 b"1" * 200):
        with Wire(tenant.server.api_port) as wire:
            wire.send(head("PUT", "/v1/links/a", *fields) + body)
            assert is_problem(wire.answer(), 400, "malformed"), body
            assert wire.at_end(), body
    with Wire(tenant.server.api_port) as wire:
        wire.send(head("PUT", "/v1/links/a", *fields))
        wire.send(chunk(b" " * 40000) + chunk(b" " * 40000))
        assert is_problem(wire.answer(), 413, "too-large")


def test_every_answer_has_an_id_of_its_own(tenant):
    ids = set()
    for path in ("/livez", "/readyz", "/metrics", "/v1/account", "/v1/clicks",
                 "/v1/links", "/v1/tokens?recipient=x", "/problems/invalid",
                 "/nothing") * 3:
        answer = tenant.api("GET", path)
        assert answer.headers["Cache-Control"] == "no-store"
        ids.add(answer.headers["X-Request-Id"])
    assert len(ids) == 27


def test_head_answers_without_a_body(tenant):
    tenant.put_link("sale", OWN)
    for path in ("/livez", "/metrics", "/v1/links/sale", "/v1/clicks",
                 "/nothing", "/v1/tokens?recipient=x"):
        with Wire(tenant.server.api_port) as wire:
            request = head("HEAD", path, f"Authorization: Bearer {tenant.key}")
            wire.send(request + head("GET", "/livez"))
            assert wire.answer(True).status == \
                tenant.api("GET", path).status, path
            assert wire.answer().body == b"ok\n", path


def test_keep_alive_after_an_error(tenant):
    """A body that was not wanted does not become a request."""
    body = head("DELETE", "/v1/links/sale")
    tenant.put_link("sale", OWN)
    with Wire(tenant.server.api_port) as wire:
        wire.send(head("PUT", "/v1/nothing", f"Content-Length: {len(body)}") +
                  body + head("GET", "/livez"))
        assert wire.answer().status == 404
        following = wire.answer()
        assert following is None or following.body == b"ok\n"
    assert tenant.api("GET", "/v1/links/sale").json()["state"] == "active"


# (body of a PUT of a link, status)
BODIES = [
    (b"{", 400), (b"null", 422), (b"\xff", 400), (b'{"a":"\xc0\x80"}', 400),
    (b'{"a":"\\u0000"}', 400), (b'{"a\\u0000":1}', 400), (b'{"a":1e999}', 400),
    (b'{"a":-1e999}', 400), (b'{"a":' + b"9" * 5000 + b"}", 400),
    (b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", 422),
    (b'{"a":' * 33 + b"1" + b"}" * 33, 400), (b"[" * 60000, 400),
    (b'{"destination":"x","destination":"y"}', 400), (b"{}{}", 400),
    (b'{"a":01}', 400), (b'{"a":"\\ud83d"}', 400), (b'{"a":.5}', 400),
    (b'{"\\uD83D\\uDE00":1,"destination":"https://a.example/"}', 422),
    (b"{" + b",".join(b'"k%d":1' % i for i in range(5000)) + b"}", 422),
    (b"/* */{}", 400),
]


def test_json_bodies(tenant):
    for body, status in BODIES:
        answer = tenant.api("PUT", "/v1/links/a", body=body, headers={
            "Content-Type": "application/json; charset=utf-8"})
        assert is_problem(answer, status), body[:99]
        errors = answer.json()["errors"]
        assert 1 <= len(errors) <= 16
        for error in errors:
            assert set(error) == {"detail", "pointer"}
            assert error["pointer"].startswith("#")
    assert tenant.api("GET", "/v1/links/a").status == 404


def test_problem_types_are_served(shared_server):
    for name, status in (("malformed", 400), ("invalid", 422),
                         ("key-reused", 422), ("in-flight", 409),
                         ("cursor-gone", 410), ("unauthorized", 401)):
        answer = shared_server.api("GET", f"/problems/{name}")
        assert answer.status == 200
        assert f"({status})" in answer.text


def test_livez_and_readyz(shared_server):
    assert shared_server.api("GET", "/livez").body == b"ok\n"
    for query in ("", "?for=mint", "?for=taps"):
        answer = shared_server.api("GET", "/readyz" + query)
        assert answer.status == 200
        assert len(answer.text.splitlines()) == 4


METRICS = [
    "ctio_taps_total", "ctio_clicks_late_total", "ctio_clicks_lost_total",
    "ctio_commit_duration_seconds_bucket", "ctio_commit_clicks_bucket",
    "ctio_click_queue_depth", "ctio_tokens_minted_total",
    "ctio_misfilled_total", "ctio_storage_free_bytes", "ctio_build_info",
    "ctio_connections_open", "ctio_received_bytes_total",
    "ctio_sent_bytes_total", "ctio_tap_snapshots_total",
    "ctio_backup_last_timestamp_seconds",
]


def test_metrics(server, promtool):
    tenant = Tenant(server)
    tenant.put_link("sale", OWN)
    tokens = [row["token"] for row in
              tenant.mint_batch([{"link": "sale"}] * 5 + ["{"])[:5]]
    for token in tokens:
        tenant.tap(token)
    tenant.tap(tokens[0], method="HEAD")
    answer = server.api("GET", "/metrics")
    assert answer.headers["Content-Type"] == \
        "text/plain; version=0.0.4; charset=utf-8"
    run = subprocess.run([promtool, "check", "metrics"], input=answer.body,
                         capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (0, b"")
    names = {name.partition("{")[0] for name in server.metrics()}
    assert not set(METRICS) - names
    for secret in (tenant.name, "sale", tokens[0], "shop.example"):
        assert secret not in answer.text
    metrics = server.metrics()
    assert metrics['ctio_taps_total{region="us1",outcome="redirected",'
                   'verdict="human"}'] == 5
    assert metrics['ctio_taps_total{region="us1",outcome="redirected",'
                   'verdict="probe"}'] == 1
    assert metrics['ctio_tokens_minted_total{region="us1"}'] == 5
    assert metrics['ctio_clicks_committed_total{region="us1"}'] == 6
    assert server.metric("ctio_clicks_lost_total") == 0


def test_many_requests_on_one_connection(tenant):
    with Wire(tenant.server.api_port) as wire:
        for i in range(200):
            body = json.dumps({"destination": f"{OWN}/{i}"}).encode()
            wire.send(head("POST", "/v1/tokens",
                           f"Authorization: Bearer {tenant.key}",
                           "Content-Type: application/json",
                           f"Content-Length: {len(body)}") + body)
            assert wire.answer().status == 201
