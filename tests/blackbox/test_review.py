"""What reviews found: each test fails on the server that it was found in."""
import glob
import http.client
import json
import os
import re
import threading

import pytest

from harness import wait_until
from wire import Wire, chunk, head, local

PAGE = "https://shop.example/"
DAY = 86400


def authorization(key):
    return f"Authorization: Bearer {key}"


def stream_head(key, *fields):
    return head("POST", "/v1/tokens", authorization(key),
                "Content-Type: application/x-ndjson",
                "Transfer-Encoding: chunked", *fields)


@pytest.mark.asan
@pytest.mark.parametrize("after, names", [
    ("a" * 127, ["a" * 128, "b"]),
    ("a" * 128, ["b"]),
    ("a" * 129, ["b"]),
    ("a" * 1000, ["b"]),
], ids=["shorter", "longest", "longer", "much longer"])
def test_list_after_what_no_name_can_be(tenant, after, names):
    for name in ("a" * 128, "b"):
        tenant.put_link(name, PAGE)
    answer = tenant.api("GET", f"/v1/links?after={after}")
    assert answer.status == 200, answer
    assert [item["name"] for item in answer.json()["items"]] == names


@pytest.mark.asan
def test_retry_of_a_line_that_is_too_long(tenant):
    rows = [{"destination": PAGE + "1"},
            json.dumps({"recipient": "x" * 100000}),
            {"destination": PAGE + "2"}]
    first = tenant.mint_batch(rows, idempotency_key="long")
    assert [list(answer) == ["error"] for answer in first] == \
        [False, True, False]
    assert tenant.mint_batch(rows, idempotency_key="long") == first


@pytest.mark.asan
def test_line_in_two_pieces_of_a_new_campaign(tenant):
    """Its campaign is made first; all bytes were taken by then, and no more
    come before it is answered."""
    line = json.dumps({"destination": PAGE, "campaign": "new"}).encode()
    with Wire(tenant.server.api_port) as wire:
        wire.send(stream_head(tenant.key) + chunk(line[:9]))
        wire.send(chunk(line[9:] + b"\n"))
        assert wire.file.readline() == b"HTTP/1.1 200 OK\r\n"
        while wire.file.readline() != b"\r\n":
            pass
        assert json.loads(wire.chunk())["expires_at"] is None
        wire.send(chunk(b""))
        assert wire.chunk() == b""


@pytest.mark.asan
def test_click_with_all_that_is_long(tenant):
    """The longest row of the feed, as JSON escapes it: no such destination is
    minted, but a link may be changed to one afterwards."""
    def put_link(repeats):
        tenant.put_link("long", PAGE + "?" + "&".join(
            f"{i}={{p}}" for i in range(repeats)))

    recipient = "\x01" * 128
    fields = {"link": "long", "recipient": recipient, "ref": recipient,
              "params": {"p": "\n" * 1240}}
    put_link(4)
    refused = tenant.api("POST", "/v1/tokens", fields)
    assert refused.status == 422 and b"8000 bytes" in refused.body, refused
    put_link(2)
    token = tenant.mint(**fields)["token"]
    put_link(4)
    answer = tenant.tap(token + "?" + "\"" * 700, {
        "User-Agent": "\xff" * 512, "Referer": "\xff" * 384,
        "Accept-Language": "\xff" * 128})
    assert answer.status == 302, answer
    assert len(answer.headers["Location"]) > 14000
    for path in ("/v1/clicks", "/v1/clicks?format=csv"):
        assert tenant.api("GET", path).status == 200
    clicks = tenant.export_all()
    assert [click["token"] for click in clicks] == [token]
    assert clicks[0]["destination"] == answer.headers["Location"]


def test_retry_after_the_clock_was_set_back(make_server, make_shim, folder):
    data = os.path.join(folder.path, "data")
    shim = make_shim(data)
    server = make_server(env=shim.env(), data=data)
    key = server.account()
    rows = [{"destination": PAGE}]
    fields = {"Idempotency-Key": "single"}
    batch = server.mint_batch(key, rows, idempotency_key="batch")
    single = server.api("POST", "/v1/tokens", rows[0], key, fields)
    before = server.api("GET", "/livez").headers["Date"]
    shim.set("clock", -DAY)
    wait_until("yesterday", lambda: server.api(
        "GET", "/livez").headers["Date"][:16] != before[:16])
    assert server.mint_batch(key, rows, idempotency_key="batch") == batch
    again = server.api("POST", "/v1/tokens", rows[0], key, fields)
    assert again.json() == single.json()


def test_account_disabled_before_the_body_came(server):
    key = server.account()
    body = json.dumps({"destination": PAGE}).encode()
    with Wire(server.api_port) as wire:
        wire.send(head("POST", "/v1/tokens", authorization(key),
                       "Content-Type: application/json",
                       "Expect: 100-continue",
                       f"Content-Length: {len(body)}"))
        assert wire.answer().status == 100
        server.cli("account", "disable", "acme")
        wire.send(body)
        assert wire.answer().status == 403


def test_same_name_in_two_regions_at_once(server):
    regions = ["us1", "eu1", "in1", "sg1"]
    for i in range(20):
        name = f"twin-{i}"
        answers = []
        threads = [threading.Thread(target=lambda r=region: answers.append(
            local(server, "POST", "/v1/accounts",
                  body={"account": name, "region": r}).status))
            for region in regions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [201, 409, 409, 409], name


def damage(data, text):
    """Changes a byte in all records that hold this text."""
    count = 0
    for path in glob.glob(os.path.join(data, "*", "links", "data.mdb")):
        with open(path, "r+b") as file:
            content = file.read()
            at = content.find(text)
            while at >= 0:
                file.seek(at)
                file.write(bytes([content[at] ^ 1]))
                count += 1
                at = content.find(text, at + 1)
    assert count


def test_damaged_link_fails_nobody_else(server):
    """Changes to it share their commits with other people's mints."""
    key = server.account()
    server.put_link(key, "sound", PAGE)
    server.put_link(key, "damaged", PAGE + "only-here")
    server.stop()
    damage(server.data, b"only-here")
    server.start()
    statuses = []

    def patch():
        for _ in range(100):
            statuses.append(server.api(
                "PATCH", "/v1/links/damaged", {"track": True}, key).status)

    threads = [threading.Thread(target=patch) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        server.mint(key, link="sound")
    assert set(statuses) == {500}


def test_key_that_is_gone(server):
    """Tokens that it made cannot be told any more; all else goes on, and the
    feed goes on where it was once the key is back."""
    key = server.account()
    token = server.mint(key, destination=PAGE, recipient="old")["token"]
    assert server.tap(token).status == 302
    path = os.path.join(server.data, "us1", "token.keys")
    server.stop()
    with open(path, encoding="ascii") as file:
        keys = file.read()
    changed = re.sub(r"(?m)^0 ", "1 ", keys)
    assert changed != keys
    with open(path, "w", encoding="ascii") as file:
        file.write(changed)
    server.start()
    for query in ("/v1/tokens?recipient=old", "/v1/clicks"):
        with pytest.raises(http.client.IncompleteRead):
            server.api("GET", query, key=key)
    assert server.tap(token).status == 404
    assert server.tap(server.mint(key, destination=PAGE)["token"]).status == 302
    server.stop()
    with open(path, "w", encoding="ascii") as file:
        file.write(keys)
    server.start()
    assert server.api("GET", "/v1/clicks?limit=1", key=key).lines()[0][
        "token"] == token


def test_link_is_disabled_whatever_the_rules_are_now(server):
    key = server.account()
    server.put_link(key, "shop", PAGE, fallback=PAGE)
    token = server.mint(key, link="shop")["token"]
    answer = local(server, "PATCH", "/v1/accounts/acme",
                   body={"allowed_hosts": ["other.example"]})
    assert answer.status == 200, answer
    answer = server.api("PATCH", "/v1/links/shop", {"state": "disabled"}, key)
    assert answer.status == 200, answer
    assert server.api("PATCH", "/v1/links/shop", {"destination": PAGE},
                      key).status == 422
    assert server.tap(token).headers["Location"] == PAGE
    assert server.export_all(key)[0]["outcome"] == "fallback"


def test_own_page_of_any_size(make_server, folder):
    page = folder / "gone.html"
    with open(page, "w", encoding="ascii") as file:
        file.write("x" * (3 << 20))
    config = folder / "ctio.conf"
    with open(config, "w", encoding="ascii") as file:
        file.write(f"[domain go.brand.example]\nregion = us1\n"
                   f"page_gone = {page}\npage_not_found = {page}\n")
    server = make_server(config=config)
    key = server.account()
    token = server.mint(key, destination=PAGE)["token"]
    assert server.api("DELETE", f"/v1/tokens/{token}",
                      key=key).status == 204
    host = {"Host": "go.brand.example"}
    for path, status in ((token, 410), ("nothing", 404)):
        answer = server.tap(path, host)
        assert (answer.status, len(answer.body)) == (status, 3 << 20)
    assert server.export_all(key)[0]["outcome"] == "gone"
