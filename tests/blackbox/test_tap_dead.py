"""Tokens that no longer lead where they did: fallbacks at three levels, the
page, and edits that hold for every tap after their answer."""
import threading

import pytest

from harness import wait_until

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"
LINK_FALLBACK = "https://fallback.example/link"
ACCOUNT_FALLBACK = "https://fallback.example/account"
REGION_FALLBACK = "https://fallback.example/region"
PAST = "2020-01-01T00:00:00Z"
FUTURE = "2099-01-01T00:00:00.000Z"


class Family:
    """A token by a link in a campaign, and the ways to stop it."""

    def __init__(self, server, account="acme", **link):
        self.server = server
        self.name = account
        self.key = server.account(account)
        self.link = {"destination": OWN, "campaign": "autumn", **link}
        server.put_link(self.key, "sale", **self.link)
        self.token = server.mint(self.key, link="sale")["token"]

    def call(self, method, path, body=None, status=200):
        answer = self.server.api(method, path, body, self.key)
        assert answer.status == status, answer

    def tap(self):
        answer = self.server.tap(self.token)
        return answer.headers["Location"] or answer.status

    def revoke(self):
        self.call("DELETE", f"/v1/tokens/{self.token}", status=204)

    def end_token(self):
        self.call("PATCH", f"/v1/tokens/{self.token}", {"expires_at": PAST})

    def disable_link(self):
        self.call("DELETE", "/v1/links/sale", status=204)

    def end_link(self):
        self.call("PATCH", "/v1/links/sale", {"expires_at": PAST})

    def disable_campaign(self):
        self.call("PATCH", "/v1/campaigns/autumn", {"state": "disabled"})

    def disable_account(self):
        self.server.cli("account", "disable", self.name)


STOPS = ["revoke", "end_token", "disable_link", "end_link",
         "disable_campaign", "disable_account"]
RESTARTS = {
    "end_token": lambda f: f.call("PATCH", f"/v1/tokens/{f.token}",
                                  {"expires_at": None}),
    "disable_link": lambda f: f.call("PATCH", "/v1/links/sale",
                                     {"state": "active"}),
    "end_link": lambda f: f.call("PATCH", "/v1/links/sale",
                                 {"expires_at": FUTURE}),
    "disable_campaign": lambda f: f.call("PATCH", "/v1/campaigns/autumn",
                                         {"state": "active"}),
    "disable_account": lambda f: f.server.cli("account", "enable", f.name),
}


@pytest.mark.parametrize("stop", STOPS)
def test_three_levels_of_fallback(make_server, stop):
    server = make_server()
    family = Family(server, fallback=LINK_FALLBACK)
    server.cli("account", "set", "acme", "--fallback", ACCOUNT_FALLBACK)
    assert family.tap() == OWN
    getattr(family, stop)()
    assert family.tap() == LINK_FALLBACK
    if stop == "disable_account":
        server.cli("account", "enable", "acme")
    family.call("PATCH", "/v1/links/sale", {"fallback": None})
    getattr(family, stop)()
    assert family.tap() == ACCOUNT_FALLBACK
    server.cli("account", "set", "acme", "--fallback", "")
    assert family.tap() == 410
    server.options.append(f"region us1.fallback={REGION_FALLBACK}")
    server.restart()
    assert family.tap() == REGION_FALLBACK
    if stop in RESTARTS:
        RESTARTS[stop](family)
        assert family.tap() == OWN
    elif stop == "disable_account":
        server.cli("account", "enable", "acme")
    clicks = server.export_all(family.key)
    expected = [("redirected", OWN), ("fallback", LINK_FALLBACK),
                ("fallback", ACCOUNT_FALLBACK), ("gone", None),
                ("fallback", REGION_FALLBACK)]
    if stop in RESTARTS:
        expected.append(("redirected", OWN))
    assert [(c["outcome"], c["destination"]) for c in clicks] == expected
    for click in clicks:
        live = click["outcome"] == "redirected"
        assert click["counted"] == live
        assert click["verdict"] == "human"
        assert (click["link"], click["campaign"]) == ("sale", "autumn")
    assert [c["unique"] for c in clicks] == [True] + [False] * (
        len(clicks) - 1)


def test_first_tap_of_a_dead_token_is_not_its_unique(server):
    family = Family(server)
    family.end_token()
    assert family.tap() == 410
    RESTARTS["end_token"](family)
    assert family.tap() == OWN
    assert [c["unique"] for c in server.export_all(family.key)] == \
        [False, True]


def test_expiry_comes_by_itself(tenant):
    """A token's ttl, a link's ttl for tokens that name none, a link's end."""
    tenant.put_link("short", OWN, ttl="1s", fallback=LINK_FALLBACK)
    by_link = tenant.mint(link="short")
    own = tenant.mint(link="short", ttl="90d")
    never = tenant.mint(link="short", ttl=None)
    direct = tenant.mint(destination=OWN, ttl="1s")
    assert by_link["expires_at"] < own["expires_at"]
    assert never["expires_at"] is None
    wait_until("it has expired", lambda: tenant.tap(
        by_link["token"]).headers["Location"] == LINK_FALLBACK)
    wait_until("it has expired", lambda: tenant.tap(
        direct["token"]).status == 410)
    for minted in (own, never):
        assert tenant.tap(minted["token"]).headers["Location"] == OWN
    # The earliest end wins, whichever it is.
    assert tenant.api("PATCH", "/v1/links/short",
                      {"expires_at": PAST}).status == 200
    for minted in (own, never):
        assert tenant.tap(minted["token"]).headers["Location"] == \
            LINK_FALLBACK


def test_campaign_override(tenant):
    tenant.put_link("linked", OWN, campaign="c1", forward_query=True)
    tokens = [tenant.mint(link="linked")["token"],
              tenant.mint(destination=OWN, campaign="c1")["token"],
              tenant.mint(link="linked", campaign="other")["token"]]
    override = "https://override.example/now?a=1#f"

    def locations(query=""):
        return [tenant.tap(t + query).headers["Location"] for t in tokens]

    assert locations() == [OWN] * 3
    assert tenant.api("PATCH", "/v1/campaigns/c1",
                      {"override": override}).status == 200
    assert locations() == [override, override, OWN]
    assert locations("?b=2") == [
        "https://override.example/now?a=1&b=2#f", override, OWN + "?b=2"]
    assert tenant.api("PATCH", "/v1/campaigns/c1",
                      {"state": "disabled"}).status == 200
    assert locations() == [None, None, OWN]
    assert tenant.api("PATCH", "/v1/campaigns/c1", {
        "override": None, "state": "active"}).status == 200
    assert locations() == [OWN] * 3
    exported = [(c["destination"], c["outcome"])
                for c in tenant.export_all()]
    redirected, gone = "redirected", "gone"
    assert exported == [
        *[(OWN, redirected)] * 3,
        (override, redirected), (override, redirected), (OWN, redirected),
        ("https://override.example/now?a=1&b=2#f", redirected),
        (override, redirected), (OWN + "?b=2", redirected),
        (None, gone), (None, gone), (OWN, redirected),
        *[(OWN, redirected)] * 3]


def test_editing_a_link_re_points_tokens_and_not_the_past(tenant):
    tenant.put_link("sale", "https://a.example/{x}")
    token = tenant.mint(link="sale", params={"x": "1"})["token"]
    expected = []
    for i in range(20):
        destination = f"https://a.example/{i}/{{x}}?u={{new}}"
        tenant.put_link("sale", destination, defaults={"new": f"d{i}"})
        expected.append(f"https://a.example/{i}/1?u=d{i}")
        assert tenant.tap(token).headers["Location"] == expected[-1]
    assert [c["destination"] for c in tenant.export_all()] == expected


@pytest.mark.tsan
def test_edits_hold_for_every_tap_after_the_answer(tenant):
    """While others tap: each loop has turns under way when it commits."""
    tenant.put_link("sale", "https://a.example/0")
    token = tenant.mint(link="sale")["token"]
    over = threading.Event()

    def load():
        while not over.is_set():
            tenant.tap(token)

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for i in range(1, 60):
            tenant.put_link("sale", f"https://a.example/{i}")
            assert tenant.tap(token).headers["Location"] == \
                f"https://a.example/{i}"
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_every_change_survives_kill_9(server):
    family = Family(server, fallback=LINK_FALLBACK)
    tokens = {}
    for state, stop in (("revoked", family.revoke),
                        ("expired", family.end_token)):
        family.token = server.mint(family.key, link="sale")["token"]
        stop()
        tokens[state] = family.token
    live = server.mint(family.key, link="sale")["token"]
    server.put_link(family.key, "sale", "https://b.example/",
                    fallback="https://b.example/fallback")
    server.kill9()
    server.start()
    assert server.tap(live).headers["Location"] == "https://b.example/"
    for state, token in tokens.items():
        assert server.tap(token).headers["Location"] == \
            "https://b.example/fallback"
        info = server.api("GET", f"/v1/tokens/{token}", key=family.key)
        assert info.json()["state"] == state
