"""The public listener: what a request for a path gets, and what is kept of
it."""
import re

import pytest

import harness
from harness import wait_until
from wire import Wire, head, tap_many

pytestmark = pytest.mark.asan

PHONE = {"User-Agent": harness.PHONE}
PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy":
        "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def is_page(answer, status, language="en"):
    assert answer.status == status, answer
    for name, value in PAGE.items():
        assert answer.headers[name] == value, name
    assert f'lang="{language}"' in answer.text
    assert "http:" not in answer.text and "https:" not in answer.text
    return True


def test_redirect_has_these_fields_and_no_others(tenant):
    token = tenant.mint(destination="https://shop.example/")["token"]
    with Wire(tenant.server.click_port) as wire:
        wire.send(head("GET", f"/{token}") + head("HEAD", f"/{token}"))
        for is_head in (False, True):
            answer = wire.answer(is_head)
            assert answer.status == 302
            date = answer.fields.pop("date")
            assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT",
                                date)
            answer.fields.pop("connection", None)
            assert answer.fields == {
                "location": "https://shop.example/",
                "cache-control": "no-store",
                "x-robots-tag": "noindex",
                "content-length": "0",
            }


def test_head_is_a_probe(tenant):
    token = tenant.mint(destination="https://shop.example/")["token"]
    assert tenant.tap(token, method="HEAD").status == 302
    assert tenant.tap(token).status == 302
    probe, click = tenant.export_all()
    assert (probe["method"], probe["verdict"], probe["reason"]) == \
        ("HEAD", "probe", "head-method")
    assert (probe["counted"], probe["unique"]) == (False, False)
    assert (click["counted"], click["unique"]) == (True, True)


def test_what_a_click_keeps(tenant):
    tenant.put_link("sale", "https://shop.example/{cart}", campaign="autumn")
    token = tenant.mint(link="sale", recipient="user-1", ref="msg-9",
                        params={"cart": "A 7/é"})["token"]
    tenant.tap(f"{token}?click_id=x%20y&n=1", {
        "User-Agent": harness.PHONE + " \"(x)\"\t\\",
        "Referer": "https://r.example/",
        "Accept-Language": "hi-IN,en;q=0.5"})
    click, = tenant.export_all()
    for name, value in {
            "revision": 1, "region": "us1", "account": tenant.name,
            "campaign": "autumn", "link": "sale", "token": token,
            "recipient": "user-1", "ref": "msg-9",
            "destination": "https://shop.example/A%207%2F%C3%A9",
            "outcome": "redirected", "verdict": "human", "counted": True,
            "unique": True, "test": False, "method": "GET",
            "query": "click_id=x%20y&n=1", "ip": "127.0.0.0",
            "agent": harness.PHONE + " \"(x)\"\t\\",
            "referer": "https://r.example/",
            "accept_language": "hi-IN,en;q=0.5"}.items():
        assert click[name] == value, name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", click["at"])
    assert isinstance(click["rules"], int)


def test_bytes_that_are_no_text(tenant):
    """Phones send what they like; the export stays UTF-8."""
    token = tenant.mint(destination="https://shop.example/")["token"]
    with Wire(tenant.server.click_port) as wire:
        wire.send(head("GET", f"/{token}?q=\xff\xfe", "User-Agent: a\xffb",
                       "Referer: \xe9"))
        assert wire.answer().status == 302
    for form in ("ndjson", "csv"):
        answer = tenant.api("GET", f"/v1/clicks?format={form}")
        assert token in answer.text and "a\ufffdb" in answer.text


def test_long_fields_are_cut_and_the_tap_goes_on(tenant):
    token = tenant.mint(destination="https://shop.example/")["token"]
    for headers in ({"User-Agent": "m" * 3000, "Referer": "r" * 3000},
                    {"Accept-Language": "e" * 5000}):
        assert tenant.tap(token, headers).status == 302
    clicks = tenant.export_all()
    assert clicks[0]["agent"].startswith("mmmm")
    assert clicks[0]["referer"].startswith("rrrr")
    assert clicks[1]["accept_language"].startswith("eeee")


DECORATIONS = [
    "", "/", "//", "/x/y", ".", ",", ")", "%20", "%20and%20more", ";", ":",
    "!", "'", "\"", "%0A", "-", "_", "%E2%80%8B", "*", "~", "@", "]", "}}",
    "%29", "&x=1", "...", "\xc2\xa0", "|",
]


def test_decorated_paths(tenant):
    token = tenant.mint(destination="https://shop.example/d")["token"]
    for decoration in DECORATIONS:
        for query in ("", "?q=1"):
            with Wire(tenant.server.click_port) as wire:
                wire.send(head("GET", f"/{token}{decoration}{query}"))
                answer = wire.answer()
                assert answer.status == 302, decoration
                assert answer["Location"] == "https://shop.example/d"
    assert len(tenant.export_all()) == 2 * len(DECORATIONS)


MISFILLED = [
    "//{}", "///{}", "/https://ct5.io/{}", "/https:/ct5.io/{}",
    "/http://ct5.io/{}", "/HTTPS://CT5.IO/{}", "/https%3A%2F%2Fct5.io%2F{}",
    "/https%3a%2f%2fct5.io/{}", "/ct5.io/{}", "/https://ct5.io:443/{}",
    "/https://ct5.io//{}", "/%2F{}", "//ct5.io/{}.", "/https://ct5.io/{}/x",
    "/https://ct5.io/{}?a=b",
]


def test_misfilled_paths_lead_on_and_are_counted(server):
    key = server.account()
    token = server.mint(key, destination="https://shop.example/m")["token"]
    for n, path in enumerate(MISFILLED, 1):
        answer = server.tap(path.format(token))
        assert answer.status == 302, path
        assert answer.headers["Location"] == "https://shop.example/m"
        assert server.metric("ctio_misfilled_total") == n, path
    clicks = server.export_all(key)
    assert len(clicks) == len(MISFILLED)
    assert [c["unique"] for c in clicks] == [True] + [False] * (
        len(MISFILLED) - 1)


NOT_FOUND = [
    "/x", "/index.html", "/.env", "/{}x", "/x{}", "/u", "/u1", "/a/{}",
    "/sample2", "/healthz/", "/wp-admin", "/%00", "/U{1}", "/{2}",
    "/https://ct5.io/", "/%zz", "/\xff",
]


def test_not_found(tenant):
    token = tenant.mint(destination="https://shop.example/")["token"]
    for pattern in NOT_FOUND:
        path = pattern.format(token, token[1:], token[:-1])
        with Wire(tenant.server.click_port) as wire:
            wire.send(head("GET", path))
            answer = wire.answer()
            assert answer.status == 404, path
            assert answer["Cache-Control"] == "no-store"
            assert "Link not found" in answer.body.decode()
    assert tenant.export_all() == []


UNFILLED = ["/{{1}}", "/%7B%7B1%7D%7D", "/<<1>>", "/%3C%3C1%3E%3E",
            "/{{1}}?x=1", "/https://ct5.io/{{1}}", "/%7b%7bname%7d%7d"]


def test_unfilled_variable(server):
    for n, path in enumerate(UNFILLED, 1):
        answer = server.tap(path, {"Accept-Language": "de"})
        assert is_page(answer, 404), path
        assert "template was not filled" in answer.text
        assert server.metric("ctio_unfilled_total") == n, path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH",
                                    "OPTIONS", "TRACE", "BREW"])
def test_other_methods(tenant, method):
    token = tenant.mint(destination="https://shop.example/")["token"]
    answer = tenant.tap(token, method=method)
    assert is_page(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD"
    assert tenant.export_all() == []


LANGUAGES = [
    ("", "en"), ("hi-IN,hi;q=0.9,en;q=0.8", "hi"), ("es-MX", "es"),
    ("pt-BR,pt;q=0.9", "pt"), ("fr", "fr"), ("DE-at", "de"), ("id-ID", "id"),
    ("xx, fr;q=0.5", "fr"), ("*", "en"), (",,;;", "en"), ("tlh", "en"),
]


def test_gone_page_in_the_readers_language(tenant):
    token = tenant.mint(destination="https://shop.example/")["token"]
    assert tenant.api("DELETE", f"/v1/tokens/{token}").status == 204
    for accept, language in LANGUAGES:
        answer = tenant.tap(token, {"Accept-Language": accept})
        assert is_page(answer, 410, language), accept
        assert answer.headers["X-Robots-Tag"] == "noindex"
    answer = tenant.tap(token, method="HEAD")
    assert (answer.status, answer.body) == (410, b"")
    missing = tenant.tap("/nothing", {"Accept-Language": "fr"})
    assert is_page(missing, 404, "fr")
    clicks = tenant.export_all()
    assert len(clicks) == len(LANGUAGES) + 1
    for click in clicks:
        assert (click["outcome"], click["counted"], click["unique"],
                click["destination"]) == ("gone", False, False, None)


def test_paths_of_the_listener_itself(shared_server):
    tap = shared_server.tap
    for path in ("/", "/sample", "/?x=1", "/sample?x"):
        assert is_page(tap(path, {"Host": "ct5.io"}), 200)
    health = tap("/healthz")
    assert (health.status, health.body) == (200, b"ok\n")
    robots = tap("/robots.txt")
    assert robots.status == 200
    assert robots.body == b"User-agent: *\nDisallow: /\n"
    for path in ("/favicon.ico", "/apple-touch-icon.png",
                 "/.well-known/assetlinks.json",
                 "/.well-known/acme-challenge/x"):
        assert tap(path).status == 404
    for path in ("/healthz", "/robots.txt", "/favicon.ico"):
        assert tap(path).headers["Cache-Control"] == "no-store"
        assert tap(path, method="HEAD").body == b""


def test_homepage(make_server):
    server = make_server("region us1.homepage=https://brand.example/home")
    for path in ("/", "/sample"):
        answer = server.tap(path, {"Host": "ct5.io"})
        assert answer.status == 302
        assert answer.headers["Location"] == "https://brand.example/home"
        assert answer.headers["Cache-Control"] == "no-store"
        assert server.tap(path, {"Host": "ct1.io"}).status == 200


# (destination, query of the tap, Location)
FORWARDED = [
    ("https://a.example/p", "", "https://a.example/p"),
    ("https://a.example/p", "x=1&y=2", "https://a.example/p?x=1&y=2"),
    ("https://a.example/p?x=own", "x=1&y=2",
     "https://a.example/p?x=own&y=2"),
    ("https://a.example/p?x=own#frag", "y=2",
     "https://a.example/p?x=own&y=2#frag"),
    ("https://a.example/p#frag", "y=2", "https://a.example/p?y=2#frag"),
    ("https://a.example/p?", "y=2", "https://a.example/p?y=2"),
    ("https://a.example/p?a%20b=own", "a+b=1&c=2",
     "https://a.example/p?a%20b=own&c=2"),
    ("https://a.example", "y=%C3%A9", "https://a.example?y=%C3%A9"),
    ("https://a.example/p", "y=\"<é", "https://a.example/p?y=%22%3C%E9"),
    ("https://a.example/p", "&&x=1&&", "https://a.example/p?x=1"),
    ("https://a.example/p", "%zz=1", "https://a.example/p?%25zz=1"),
]


def test_forward_query(tenant):
    links = [f"l{i}" for i in range(len(FORWARDED))]
    for link, (destination, _, _) in zip(links, FORWARDED):
        tenant.put_link(link, destination, forward_query=True)
    tokens = [row["token"] for row in
              tenant.mint_batch([{"link": link} for link in links])]
    for token, (_, query, location) in zip(tokens, FORWARDED):
        with Wire(tenant.server.click_port) as wire:
            wire.send(head("GET", f"/{token}?{query}"))
            assert wire.answer()["Location"] == location
    exported = {c["token"]: c for c in tenant.export_all()}
    for token, (_, _, location) in zip(tokens, FORWARDED):
        assert exported[token]["destination"] == location


def test_query_is_kept_but_not_forwarded_by_default(tenant):
    tenant.put_link("plain", "https://a.example/p?x=1")
    token = tenant.mint(link="plain")["token"]
    assert tenant.tap(f"{token}?y=2").headers["Location"] == \
        "https://a.example/p?x=1"
    click, = tenant.export_all()
    assert (click["query"], click["destination"]) == (
        "y=2", "https://a.example/p?x=1")


def test_untracked_link_writes_nothing(server):
    key = server.account()
    server.put_link(key, "quiet", "https://a.example/", track=False)
    token = server.mint(key, link="quiet")["token"]
    for method in ("GET", "HEAD"):
        assert server.tap(token, method=method).status == 302
    assert server.export_all(key) == []
    assert server.metric("ctio_clicks_committed_total") == 0
    assert server.metric("ctio_taps_untracked_total") == 2
    assert server.metric("ctio_taps_total") == 2
    server.put_link(key, "quiet", "https://a.example/", track=True)
    server.tap(token)
    assert len(server.export_all(key)) == 1


def test_test_tokens_never_count(tenant):
    token = tenant.mint(destination="https://a.example/", test=True)["token"]
    for _ in range(3):
        assert tenant.tap(token, PHONE).status == 302
    assert [(c["test"], c["counted"], c["unique"], c["verdict"])
            for c in tenant.export_all()] == \
        [(True, False, False, "human")] * 3


def test_unique_is_the_first_counted_click(tenant):
    rows = [{"destination": "https://a.example/"}] * 40
    tokens = [row["token"] for row in tenant.mint_batch(rows)]
    for token in tokens[::2]:
        tenant.tap(token, {"User-Agent": "WhatsApp/2"})
    answers = tap_many(tenant.server.click_port,
                       [f"/{t}" for t in tokens * 5])
    assert {a.status for a in answers} == {302}
    clicks = tenant.export_all()
    assert len(clicks) == 20 + 200
    seen = set()
    for click in clicks:
        first = click["counted"] and click["token"] not in seen
        assert click["unique"] == first, click
        if click["counted"]:
            seen.add(click["token"])
    assert seen == set(tokens)


def test_unique_survives_a_restart(server):
    key = server.account()
    tokens = [server.mint(key, destination="https://a.example/")["token"]
              for _ in range(2)]
    server.tap(tokens[0])
    server.restart()
    server.tap(tokens[0])
    server.kill9()
    server.start()
    for token in tokens:
        server.tap(token)
    assert [c["unique"] for c in server.export_all(key)] == \
        [True, False, False, True]


def test_pipelined_taps_are_answered_in_order(tenant):
    rows = [{"destination": f"https://a.example/{i}"} for i in range(8)]
    tokens = [row["token"] for row in tenant.mint_batch(rows)]
    with Wire(tenant.server.click_port) as wire:
        for _ in range(10):
            wire.send(b"".join(head("GET", f"/{t}") for t in tokens) +
                      head("GET", "/nothing") + head("HEAD", f"/{tokens[0]}"))
            for i in range(8):
                assert wire.answer()["Location"] == f"https://a.example/{i}"
            assert wire.answer().status == 404
            assert wire.answer(True)["Location"] == "https://a.example/0"
    assert len(tenant.export_all()) == 90


# (request, whether the connection stays)
KEPT = [
    (head("GET", "/{}"), True),
    (head("GET", "/{}", "Connection: close"), False),
    (head("GET", "/{}", "Connection: keep-alive, close"), False),
    (b"GET /{} HTTP/1.0\r\n\r\n", False),
    (b"GET /{} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
]


@pytest.mark.parametrize("keepalive", ["yes", "no"])
def test_keep_alive(make_server, keepalive):
    server = make_server(f"click.keepalive={keepalive}")
    key = server.account()
    token = server.mint(key, destination="https://a.example/")["token"]
    for data, stays in KEPT:
        with Wire(server.click_port) as wire:
            wire.send(data.replace(b"{}", token.encode()))
            assert wire.answer()["Location"] == "https://a.example/"
            if stays and keepalive == "yes":
                wire.send(head("GET", f"/{token}", "Connection: close"))
                assert wire.answer().status == 302
            assert wire.at_end()


# (bytes, status): on any doubt an answer, and the end
REFUSED = [
    (b"GET /{}\r\n\r\n", 400),
    (b"GET /{} HTTP/1.1\r\n\r\n", 400),
    (b"GET /{} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET /{} HTTP/1.1\nHost: a\n\n", 400),
    (b"GET /{} HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400),
    (b"GET /{} HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
    (b"GET /{} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400),
    (b"GET /{} HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET /{} HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 9000 + b"\r\n\r\n", 431),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
]


def test_refused_requests(tenant):
    token = tenant.mint(destination="https://a.example/")["token"]
    for data, status in REFUSED:
        with Wire(tenant.server.click_port) as wire:
            wire.send(data.replace(b"{}", token.encode()))
            answer = wire.answer()
            assert answer.status == status, data
            assert answer["Cache-Control"] == "no-store"
            assert wire.at_end(), data
    assert tenant.export_all() == []


def test_a_redirect_that_left_is_exported_at_once(tenant):
    token = tenant.mint(destination="https://a.example/")["token"]
    for n in range(1, 30):
        assert tenant.tap(token).status == 302
        assert len(tenant.export_all()) == n


def test_without_waiting_for_the_commit(make_server):
    server = make_server("click.commit_wait_max=0s")
    key = server.account()
    token = server.mint(key, destination="https://a.example/")["token"]
    for _ in range(5):
        assert server.tap(token).status == 302
    clicks = wait_until("the clicks are on disk", lambda: [
        c for c in [server.export_all(key)] if len(c) == 5])
    assert clicks
    assert server.metric("ctio_clicks_late_total") == 5
    assert server.metric("ctio_clicks_lost_total") == 0
