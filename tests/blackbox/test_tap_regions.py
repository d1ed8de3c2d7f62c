"""Regions, brands' own domains, proxies and what is kept of an address."""
import os

import pytest

from wire import Wire, head

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"


def test_two_regions_of_one_process(server):
    """A token leads on from any domain; its click is its region's."""
    keys = {region: server.account(f"of-{region}", region)
            for region in ("us1", "eu1")}
    tokens = {region: server.mint(key, destination=f"{OWN}/{region}")["token"]
              for region, key in keys.items()}
    assert tokens["us1"][0] == "u" and tokens["eu1"][0] == "e"
    for region, token in tokens.items():
        for host in ("ct1.io", "ct5.io", "whatever.example"):
            answer = server.tap(token, {"Host": host})
            assert answer.headers["Location"] == f"{OWN}/{region}"
    for region, key in keys.items():
        clicks = server.export_all(key)
        assert len(clicks) == 3
        assert {c["region"] for c in clicks} == {region}
        assert {c["token"] for c in clicks} == {tokens[region]}


def test_region_that_is_not_served_here(make_server):
    server = make_server("region us1.serve=no",
                         "region us1.url=https://ct5.io/{{1}}",
                         "region us1.domains=alias.example")
    assert not os.path.exists(os.path.join(server.data, "us1"))
    token = "u" + "0" * 22
    # (path, where it is sent on to)
    rows = [
        (f"/{token}", f"https://ct5.io/{token}"),
        (f"/{token}?a=b&c=%20", f"https://ct5.io/{token}?a=b&c=%20"),
        (f"/{token}/x.y,)", f"https://ct5.io/{token}/x.y,)"),
        (f"//{token}", f"https://ct5.io//{token}"),
        (f"/https://ct5.io/{token}", f"https://ct5.io/https://ct5.io/{token}"),
        (f"/{token}\"<>\xff", f"https://ct5.io/{token}%22%3C%3E%FF"),
        (f"/{token}?\"", f"https://ct5.io/{token}?%22"),
    ]
    for n, (path, location) in enumerate(rows, 1):
        for method in ("GET", "HEAD"):
            with Wire(server.click_port) as wire:
                wire.send(head(method, path, host="ct1.io"))
                answer = wire.answer(method == "HEAD")
                assert answer.status == 302, path
                assert answer["Location"] == location
                assert answer["Cache-Control"] == "no-store"
        assert server.metric("ctio_taps_sent_on_total") == 2 * n
    assert server.metric("ctio_taps_looped_total") == 0
    for n, host in enumerate(["ct5.io", "CT5.IO", "ct5.io:443",
                              "alias.example"], 1):
        assert server.tap(token, {"Host": host}).status == 404
        assert server.metric("ctio_taps_looped_total") == n
    assert server.metric("ctio_taps_total") == 0
    assert server.metric("ctio_clicks_committed_total") == 0
    assert not os.path.exists(os.path.join(server.data, "us1"))


def test_brand_domain_resolves_its_account_alone(make_server):
    server = make_server("domain go.acme.example.region=us1",
                         "domain go.acme.example.account=acme",
                         "domain any.example.region=us1")
    tokens = {name: server.mint(server.account(name), destination=OWN)["token"]
              for name in ("acme", "other")}
    # (host, account of the token, status)
    rows = [
        ("go.acme.example", "acme", 302), ("go.acme.example", "other", 404),
        ("GO.ACME.EXAMPLE:80", "other", 404), ("ct5.io", "other", 302),
        ("any.example", "acme", 302), ("any.example", "other", 302),
        ("ct5.io", "acme", 302),
    ]
    for host, account, status in rows:
        answer = server.tap(tokens[account], {"Host": host})
        assert answer.status == status, (host, account)
    with Wire(server.click_port) as wire:
        wire.send(head("GET", f"http://go.acme.example/{tokens['other']}",
                       host="ct5.io"))
        assert wire.answer().status == 404
    assert server.metric("ctio_taps_total") == 5


def test_own_domains_are_no_destinations(make_server):
    server = make_server("domain go.acme.example.region=us1",
                         "region eu1.domains=alias.example")
    key = server.account()
    for host in ("ct5.io", "CT1.io", "ct3.io", "ct4.io:8443", "alias.example",
                 "go.acme.example", "ct5.io."):
        answer = server.api("POST", "/v1/tokens",
                            {"destination": f"https://{host}/x"}, key)
        assert answer.status == 422, host
        assert answer.json()["errors"][0]["pointer"] == "#/destination"


# (policy, what X-Forwarded-For says, what is kept)
ADDRESSES = [
    ("truncated", "203.0.113.77", "203.0.113.0"),
    ("truncated", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
    ("truncated", "::ffff:203.0.113.77", "203.0.113.0"),
    ("full", "203.0.113.77", "203.0.113.77"),
    ("full", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
    ("none", "203.0.113.77", None),
    ("none", "2001:db8::1", None),
]


@pytest.mark.parametrize("policy", ["truncated", "full", "none"])
def test_ip_policy(make_server, policy):
    server = make_server(f"region us1.ip={policy}",
                         "click.trusted_proxies=127.0.0.0/8")
    key = server.account()
    token = server.mint(key, destination=OWN)["token"]
    rows = [row for row in ADDRESSES if row[0] == policy]
    for _, said, _ in rows:
        server.tap(token, {"X-Forwarded-For": said})
    assert [c["ip"] for c in server.export_all(key)] == \
        [kept for _, _, kept in rows]


# (trusted proxies, X-Forwarded-For lines, whose click it is)
PROXIES = [
    ("", ["203.0.113.7"], "127.0.0.1"),
    ("10.0.0.0/8", ["203.0.113.7"], "127.0.0.1"),
    ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
    ("127.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
    ("127.0.0.1, 203.0.113.0/24", ["198.51.100.1,203.0.113.7"],
     "198.51.100.1"),
    ("127.0.0.1", ["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
    ("127.0.0.1", ["203.0.113.7, nonsense"], "127.0.0.1"),
    ("127.0.0.1", [""], "127.0.0.1"),
    ("127.0.0.1", [], "127.0.0.1"),
    ("0.0.0.0/0", [",".join(["203.0.113.7"] * 100)], "203.0.113.7"),
]


@pytest.mark.parametrize("trusted,lines,ip", PROXIES)
def test_trusted_proxies(make_server, trusted, lines, ip):
    server = make_server("region us1.ip=full",
                         f"click.trusted_proxies={trusted}")
    key = server.account()
    token = server.mint(key, destination=OWN)["token"]
    with Wire(server.click_port) as wire:
        wire.send(head("GET", f"/{token}",
                       *[f"X-Forwarded-For: {line}" for line in lines]))
        assert wire.answer().status == 302
    click, = server.export_all(key)
    assert click["ip"] == ip
