"""One token at a time: minting with every finding at its place, looking at a
token, changing its end, revoking it, what is held on a person."""
import json
import re
from datetime import datetime, timedelta

import pytest

from harness import Tenant, findings

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"
DAY = 86400


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def test_answer_of_a_mint(tenant):
    answer = tenant.api("POST", "/v1/tokens", {"destination": OWN})
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    minted = answer.json()
    assert list(minted) == ["token", "url", "expires_at"]
    assert re.fullmatch(r"u[0-9A-Za-z]{22}", minted["token"])
    assert minted["url"] == f"https://ct5.io/{minted['token']}"
    assert minted["expires_at"] is None


def test_minting_twice_gives_two_tokens(tenant):
    tokens = {tenant.mint(destination=OWN)["token"] for _ in range(50)}
    assert len(tokens) == 50


# (body, pointers of the findings in order)
FINDINGS = [
    ({}, ["#/link"]),
    ([], ["#"]),
    ("x", ["#"]),
    (None, ["#"]),
    ({"link": "nothing"}, ["#/link"]),
    ({"link": ""}, ["#/link"]),
    ({"link": 7}, ["#/link"]),
    ({"link": None}, ["#/link"]),
    ({"link": "cart", "destination": OWN, "params": {"cart": "1"}},
     ["#/destination", "#/params"]),
    ({"link": "cart"}, ["#/params/cart", "#/recipient"]),
    ({"link": "cart", "recipient": "r",
      "params": {"cart": "1", "x/~ é": "2"}},
     ["#/params/x~1~0%20%C3%A9"]),
    ({"link": "cart", "recipient": "r", "params": {"cart": 1}},
     ["#/params/cart"]),
    ({"link": "cart", "params": {"cart": "1", "recipient": "r"}},
     ["#/params/recipient"]),
    ({"link": "cart", "recipient": "r", "params": ["cart"]},
     ["#/params", "#/params/cart"]),
    ({"link": "cart", "recipient": "", "params": {"cart": ""}},
     ["#/recipient"]),
    ({"link": "off"}, ["#/link"]),
    ({"link": "over"}, ["#/link"]),
    ({"destination": OWN, "params": {"cart": "1"}}, ["#/params"]),
    ({"destination": OWN, "recipient": "r" * 129}, ["#/recipient"]),
    ({"destination": OWN, "recipient": 5}, ["#/recipient"]),
    ({"destination": OWN, "ref": "r" * 129}, ["#/ref"]),
    ({"destination": OWN, "test": "yes"}, ["#/test"]),
    ({"destination": OWN, "test": None}, ["#/test"]),
    ({"destination": OWN, "ttl": "90 days"}, ["#/ttl"]),
    ({"destination": OWN, "ttl": "0s"}, ["#/ttl"]),
    ({"destination": OWN, "ttl": "-5m"}, ["#/ttl"]),
    ({"destination": OWN, "ttl": ""}, ["#/ttl"]),
    ({"destination": OWN, "ttl": 90}, ["#/ttl"]),
    ({"destination": OWN, "ttl": "999999999999999999d"}, ["#/ttl"]),
    ({"destination": OWN, "campaign": "no blanks"}, ["#/campaign"]),
    ({"destination": OWN, "campaign": "c" * 129}, ["#/campaign"]),
    ({"destination": OWN, "campaign": "stopped"}, ["#/campaign"]),
    ({"destination": OWN, "lnik": "x", "Ref": "y"}, ["#/lnik", "#/Ref"]),
    ({"destination": OWN, "expires_at": "2099-01-01T00:00:00Z"},
     ["#/expires_at"]),
    ({"destination": "nonsense", "ttl": "x", "recipient": "r" * 200,
      "campaign": "a b"},
     ["#/recipient", "#/ttl", "#/destination", "#/campaign"]),
    ({"destination": None}, ["#/destination"]),
    ({"link": "l" * 129, "ttl": 5}, ["#/link", "#/ttl"]),
    ({"link": "cart", "recipient": "r" * 128, "ref": "r" * 128,
      "params": {"cart": "c" * 1300}}, ["#"]),
    ({"link": "cart", "recipient": "r",
      "params": {f"p{i:02}": "" for i in range(33)}},
     ["#/params", *[f"#/params/p{i:02}" for i in range(15)]]),
]


def test_every_finding_has_its_place(tenant):
    tenant.put_link("cart", "https://shop.example/{cart}?u={recipient}")
    tenant.put_link("off", OWN, state="disabled")
    tenant.put_link("over", OWN, expires_at="2020-01-01T00:00:00Z")
    tenant.mint(destination=OWN, campaign="stopped")
    tenant.api("PATCH", "/v1/campaigns/stopped", {"state": "disabled"})
    for body, pointers in FINDINGS:
        answer = tenant.api("POST", "/v1/tokens", headers={
            "Content-Type": "application/json"},
            body=json.dumps(body).encode())
        assert findings(answer) == pointers, body
        problem = answer.json()
        assert problem["type"] == "/problems/invalid"
        for error in problem["errors"]:
            assert set(error) == {"detail", "pointer"}
            assert error["detail"]


MALFORMED = [
    b"", b" ", b"{", b"{}x", b"{'a': 1}", b'{"destination": "a",}',
    b'{"destination": "https://a.example/", "destination": "b"}',
    b'{"params": {"a": "1", "a": "2"}}', b'{"recipient": "\xff"}',
    b'{"recipient": "a\\u0000b"}', b'{"recipient": "a\x00b"}',
    b'{"recipient": "\\ud800"}', b'{"ttl": 1e999}',
    b'{"ttl": ' + b"9" * 400 + b"}", b"[" * 40 + b"]" * 40,
    b'{"recipient": "a\nb"}', b"\xef\xbb\xbf{}", b"NaN",
]


def test_malformed_json(tenant):
    for body in MALFORMED:
        answer = tenant.api("POST", "/v1/tokens", body=body, headers={
            "Content-Type": "application/json"})
        assert answer.status == 400, body
        problem = answer.json()
        assert problem["type"] == "/problems/malformed"
        assert problem["errors"][0]["pointer"] == "#"


DESTINATIONS_REFUSED = [
    "", "shop.example", "//shop.example/", "/path", "ftp://shop.example/",
    "javascript:alert(1)", "javascript://shop.example/%0aalert(1)",
    "data:text/html,x", "https:/shop.example", "https:shop.example",
    "https://", "https:///p", "https://user@shop.example/",
    "https://user:pw@shop.example/", "https://@shop.example/",
    "https://shop.example:0/", "https://shop.example:65536/",
    "https://shop.example:8a/", "https://shop .example/",
    "https://shop.example/a b", "https://shop.example/\t",
    "https://shop.example/\r\nX: y", "https://shop.example/\x7f",
    "https://shop.example/é", "https://shop.example/<", "https://-a.example/",
    "https://a..example/", "https://shop.example/%zz",
    "https://shop.example/#a#b", "https://256.1.1.1/", "https://1.2.3/",
    "https://0x7f.1/", "https://[::1/", "https://[x]/", "https://ct5.io/x",
    "https://CT1.io/", "https://ct5.io./", " https://shop.example/",
    "https://" + "a" * 64 + ".example/",
    "https://shop.example/" + "a" * 1980,
    "https://shop.example\\@evil.example/", "https://shop.example/{cart}",
]

DESTINATIONS_TAKEN = [
    "https://shop.example", "http://shop.example/", "HTTPS://SHOP.EXAMPLE/",
    "https://shop.example:8443/p?q=1&r=%20#frag", "https://1.2.3.4/",
    "https://[2001:db8::1]:8443/", "https://xn--bcher-kva.example/",
    "https://shop.example/a@b:c", "https://localhost/",
    "https://notct5.io/", "https://ct5.io.example/",
    "https://shop.example/" + "a" * 1979,
]


def test_destinations(tenant):
    for destination in DESTINATIONS_REFUSED:
        answer = tenant.api("POST", "/v1/tokens",
                            {"destination": destination})
        assert findings(answer) == ["#/destination"], destination
    for destination in DESTINATIONS_TAKEN:
        token = tenant.mint(destination=destination)["token"]
        assert tenant.tap(token).headers["Location"] == destination


def test_further_schemes_by_config(make_server):
    server = make_server("region us1.schemes=https, myapp")
    key = server.account()
    token = server.mint(key, destination="myapp://open/x")["token"]
    assert server.tap(token).headers["Location"] == "myapp://open/x"
    for destination in ("http://a.example/", "other://a.example/"):
        assert findings(server.api("POST", "/v1/tokens", {
            "destination": destination}, key)) == ["#/destination"]


def test_allowed_hosts(tenant):
    tenant.server.cli("account", "set", tenant.name, "--allow-host",
                      "shop.example", "--allow-host", "*.brand.example")
    for host, status in (("shop.example", 201), ("SHOP.example:8443", 201),
                         ("shop.example.", 201), ("a.shop.example", 422),
                         ("x.brand.example", 201), ("brand.example", 422),
                         ("a.b.brand.example", 201),
                         ("evilbrand.example", 422), ("other.example", 422)):
        answer = tenant.api("POST", "/v1/tokens",
                            {"destination": f"https://{host}/"})
        assert answer.status == status, host
        answer = tenant.api("PUT", f"/v1/links/l{host[0]}",
                            {"destination": f"https://{host}/{{x}}"})
        assert (answer.status in (200, 201)) == (status == 201), host


def test_destination_that_gets_too_long(tenant):
    """A tap must not be the first to find out."""
    tenant.put_link("many", "https://shop.example/" + "{x}" * 64)
    for value, status in (("a" * 120, 201), ("a" * 130, 422), ("é" * 20, 201),
                          ("é" * 30, 422)):
        answer = tenant.api("POST", "/v1/tokens", {
            "link": "many", "params": {"x": value}})
        assert answer.status == status, value
        if status == 201:
            location = tenant.tap(answer.json()["token"]).headers["Location"]
            assert len(location) > 7000
            assert tenant.export_all()[-1]["destination"] == location


PARAMS = ["A7", "a b", "50%", "a/b?c=d&e#f", "é", "日本", "😀", "~-._",
          "+", "{x}", "\"<>'`", "\u0001\u007f", "\\", "%41", "", "a\u0300"]


def test_params_are_percent_encoded(tenant):
    """RFC 3986's unreserved characters stay, every other byte is escaped."""
    tenant.put_link("cart", "https://shop.example/{cart}?u={recipient}#{ref}")
    plain = re.compile(rb"[A-Za-z0-9._~-]")
    rows = [{"link": "cart", "recipient": "r " + p, "ref": "f" + p,
             "params": {"cart": p}} for p in PARAMS]

    def encoded(text):
        return "".join(chr(b) if plain.match(bytes([b])) else f"%{b:02X}"
                       for b in text.encode())

    for row, minted in zip(rows, tenant.mint_batch(rows)):
        assert tenant.tap(minted["token"]).headers["Location"] == (
            f"https://shop.example/{encoded(row['params']['cart'])}"
            f"?u={encoded(row['recipient'])}#{encoded(row['ref'])}")


def test_params_win_over_defaults(tenant):
    tenant.put_link("cart", "https://shop.example/{a}/{b}/{recipient}",
                    defaults={"a": "x", "b": "y", "recipient": "nobody"})
    for fields, path in (({}, "x/y/nobody"), ({"recipient": "r"}, "x/y/r"),
                         ({"params": {"b": "2"}}, "x/2/nobody"),
                         ({"params": {"a": "", "b": "2"}}, "/2/nobody"),
                         ({"params": None, "recipient": None}, "x/y/nobody")):
        token = tenant.mint(link="cart", **fields)["token"]
        assert tenant.tap(token).headers["Location"] == \
            f"https://shop.example/{path}", fields


@pytest.mark.parametrize("ttl,seconds", [
    ("90s", 90), ("15m", 900), ("24h", DAY), ("90d", 90 * DAY),
    ("3650d", 3650 * DAY)])
def test_ttl(tenant, ttl, seconds):
    minted = tenant.mint(destination=OWN, ttl=ttl)
    info = tenant.api("GET", f"/v1/tokens/{minted['token']}").json()
    assert info["expires_at"] == minted["expires_at"]
    assert moment(info["expires_at"]) == \
        moment(info["created_at"]) + timedelta(seconds=seconds)


def test_campaigns_are_made_at_first_mention(tenant):
    assert tenant.api("GET", "/v1/campaigns/new").status == 404
    tenant.mint(destination=OWN, campaign="new")
    assert tenant.api("GET", "/v1/campaigns/new").json() == {
        "name": "new", "state": "active", "override": None}
    assert tenant.api("POST", "/v1/tokens", {
        "destination": "bad", "campaign": "never"}).status == 422
    assert tenant.api("GET", "/v1/campaigns/never").status == 404


def test_query_defaults_of_a_single_mint(tenant):
    tenant.put_link("cart", OWN)
    answer = tenant.api("POST", "/v1/tokens?link=cart&campaign=c&ttl=1h",
                        {"recipient": "r"})
    assert answer.status == 201
    info = tenant.api("GET", f"/v1/tokens/{answer.json()['token']}").json()
    assert (info["link"], info["campaign"]) == ("cart", "c")
    assert info["expires_at"]
    for query in ("?ttl=x", "?ttl=0s", "?lnk=cart", "?link=a&link=b",
                  "?link=%zz", "?link=" + "a" * 129, "?dry=1"):
        answer = tenant.api("POST", "/v1/tokens" + query, {"recipient": "r"})
        assert answer.status == 400, query
        assert answer.json()["type"] == "/problems/bad-parameter"


def test_look_at_a_token(tenant):
    tenant.put_link("cart", "https://shop.example/{b}/{a}", campaign="of-link")
    minted = tenant.mint(link="cart", recipient="user-1", ref="msg-9",
                         params={"b": "2", "a": "1"}, campaign="own",
                         test=True)
    info = tenant.api("GET", f"/v1/tokens/{minted['token']}").json()
    assert moment(info.pop("created_at"))
    assert info == {
        "token": minted["token"], "url": minted["url"], "state": "active",
        "link": "cart", "destination": None, "campaign": "own",
        "recipient": "user-1", "ref": "msg-9",
        "params": {"a": "1", "b": "2"}, "test": True, "expires_at": None}
    plain = tenant.mint(destination=OWN)["token"]
    info = tenant.api("GET", f"/v1/tokens/{plain}").json()
    assert (info["link"], info["destination"], info["recipient"],
            info["params"]) == (None, OWN, None, {})


@pytest.mark.parametrize("method,body", [
    ("GET", None), ("PATCH", {"expires_at": None}), ("DELETE", None)])
def test_tokens_that_are_not_there(tenant, method, body):
    other = Tenant(tenant.server)
    for token in (other.mint(destination=OWN)["token"], "u" + "0" * 22,
                  "e" + "0" * 22, "x", "u" * 100, "%20"):
        answer = tenant.api(method, f"/v1/tokens/{token}", body)
        assert answer.status == 404, token
        assert answer.json()["type"] == "/problems/not-found"
    assert other.tap(other.mint(destination=OWN)["token"]).status == 302


# (body, status, pointers)
PATCHES = [
    ({"expires_at": "2099-01-01T00:00:00Z"}, 200, "2099-01-01T00:00:00.000Z"),
    ({"expires_at": "2099-01-01T05:30:00.5+05:30"}, 200,
     "2099-01-01T00:00:00.500Z"),
    ({"expires_at": None}, 200, None),
    ({}, 422, ["#/expires_at"]),
    ({"expires_at": "tomorrow"}, 422, ["#/expires_at"]),
    ({"expires_at": "2099-02-30T00:00:00Z"}, 422, ["#/expires_at"]),
    ({"expires_at": 5}, 422, ["#/expires_at"]),
    ({"expires_at": None, "ref": "x"}, 422, ["#/ref"]),
    ([], 422, ["#"]),
]


def test_change_a_tokens_end(tenant):
    token = tenant.mint(destination=OWN, ttl="1d")["token"]
    for body, status, expected in PATCHES:
        answer = tenant.api("PATCH", f"/v1/tokens/{token}", body)
        assert answer.status == status, body
        if status == 200:
            assert answer.json()["expires_at"] == expected
            assert answer.json()["state"] == "active"
        else:
            assert findings(answer) == expected
    answer = tenant.api("PATCH", f"/v1/tokens/{token}",
                        {"expires_at": "2020-01-01T00:00:00Z"})
    assert answer.json()["state"] == "expired"


def test_revoke(tenant):
    token = tenant.mint(destination=OWN)["token"]
    for _ in range(2):
        answer = tenant.api("DELETE", f"/v1/tokens/{token}")
        assert (answer.status, answer.body) == (204, b"")
    assert tenant.api("GET", f"/v1/tokens/{token}").json()["state"] == \
        "revoked"
    # A new end does not bring it back.
    answer = tenant.api("PATCH", f"/v1/tokens/{token}", {"expires_at": None})
    assert answer.json()["state"] == "revoked"
    assert tenant.tap(token).status == 410


def test_what_is_held_on_a_person(tenant):
    """Among thousands of others', many in one block of the store."""
    other = Tenant(tenant.server)
    other.mint(destination=OWN, recipient="user-1")
    rows = [{"destination": OWN, "recipient": f"user-{i % 3}", "ref": str(i)}
            for i in range(6000)]
    rows[9] = {"destination": OWN, "recipient": "a/b é&c"}
    minted = tenant.mint_batch(rows)
    answer = tenant.api("GET", "/v1/tokens?recipient=user-1")
    assert answer.status == 200
    assert answer.json()["next"] is None
    held = answer.json()["items"]
    assert [t["token"] for t in held] == [m["token"] for m in minted[1::3]]
    assert [t["ref"] for t in held] == [r["ref"] for r in rows[1::3]]
    assert set(held[0]) == set(tenant.api(
        "GET", f"/v1/tokens/{minted[0]['token']}").json())
    odd = tenant.api("GET", "/v1/tokens?recipient=a%2Fb+%C3%A9%26c").json()
    assert [t["token"] for t in odd["items"]] == [minted[9]["token"]]
    for nobody in ("user-3", "user", "USER-1", "%FF"):
        answer = tenant.api("GET", f"/v1/tokens?recipient={nobody}")
        assert answer.json() == {"items": [], "next": None}
    for query in ("", "?recipient=", "?recipient=" + "a" * 129,
                  "?recipient=a&limit=5", "?recipent=a"):
        assert tenant.api("GET", "/v1/tokens" + query).status == 400, query
