"""Campaigns: stop or re-point all of their tokens at once."""
import pytest

from harness import Tenant, findings

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"


def patch(tenant, body, name="autumn"):
    return tenant.api("PATCH", f"/v1/campaigns/{name}", body)


def test_made_by_token_or_link(tenant):
    tenant.mint(destination=OWN, campaign="by-token")
    tenant.put_link("sale", OWN, campaign="by-link")
    for name in ("by-token", "by-link"):
        assert tenant.api("GET", f"/v1/campaigns/{name}").json() == {
            "name": name, "state": "active", "override": None}
    for name in ("nothing", "a" * 600, "a%20b", "a%00"):
        for answer in (tenant.api("GET", f"/v1/campaigns/{name}"),
                       patch(tenant, {"state": "active"}, name)):
            assert answer.status in (400, 404), name


def test_patch(tenant):
    tenant.mint(destination=OWN, campaign="autumn")
    state = {"name": "autumn", "state": "active", "override": None}
    for change in ({"state": "disabled"}, {"override": OWN + "?x=1#f"}, {},
                   {"state": "active"}, {"override": None},
                   {"state": "disabled", "override": OWN}):
        state.update(change)
        answer = patch(tenant, change)
        assert (answer.status, answer.json()) == (200, state)
        assert tenant.api("GET", "/v1/campaigns/autumn").json() == state


FINDINGS = [
    ([], ["#"]), ({"state": "off"}, ["#/state"]), ({"state": 1}, ["#/state"]),
    ({"state": None}, ["#/state"]), ({"override": ""}, ["#/override"]),
    ({"override": 1}, ["#/override"]), ({"override": "x"}, ["#/override"]),
    ({"override": "https://ct5.io/x"}, ["#/override"]),
    ({"override": "ftp://a.example/"}, ["#/override"]),
    ({"override": OWN + "a" * 2000}, ["#/override"]),
    ({"override": OWN + "/{x}"}, ["#/override"]),
    ({"name": "autumn"}, ["#/name"]),
    ({"state": "off", "override": "x", "y": 1},
     ["#/y", "#/state", "#/override"]),
]


def test_findings(tenant):
    tenant.mint(destination=OWN, campaign="autumn")
    for body, pointers in FINDINGS:
        assert sorted(findings(patch(tenant, body))) == sorted(pointers), body
    assert tenant.api("GET", "/v1/campaigns/autumn").json() == {
        "name": "autumn", "state": "active", "override": None}


def test_override_is_within_the_allowed_hosts(tenant):
    tenant.server.cli("account", "set", tenant.name, "--allow-host",
                      "shop.example")
    tenant.mint(destination=OWN, campaign="autumn")
    assert findings(patch(tenant, {"override": "https://x.example/"})) == \
        ["#/override"]
    assert patch(tenant, {"override": OWN}).status == 200


def test_list_in_pages(tenant):
    names = sorted(f"c{i}" for i in range(7))
    tenant.mint_batch([{"destination": OWN, "campaign": n} for n in names])
    Tenant(tenant.server).mint(destination=OWN, campaign="c3x")
    got, after = [], ""
    while after is not None:
        page = tenant.api("GET", f"/v1/campaigns?limit=3{after}").json()
        got.append([c["name"] for c in page["items"]])
        after = page["next"] and f"&after={page['next']}"
    assert got == [names[:3], names[3:6], names[6:]]
    assert tenant.api("GET", "/v1/campaigns?states=x").status == 400


def test_campaigns_of_others_are_not_there(tenant):
    other = Tenant(tenant.server)
    token = other.mint(destination=OWN, campaign="autumn")["token"]
    for answer in (tenant.api("GET", "/v1/campaigns/autumn"),
                   patch(tenant, {"state": "disabled"})):
        assert answer.status == 404
        assert answer.json()["type"] == "/problems/not-found"
    tenant.mint(destination=OWN, campaign="autumn")
    patch(tenant, {"state": "disabled"})
    assert tenant.tap(token).headers["Location"] == OWN


def test_disabled_campaign_takes_no_more_tokens(tenant):
    tenant.put_link("sale", OWN, campaign="autumn")
    assert patch(tenant, {"state": "disabled"}).status == 200
    assert findings(tenant.api("POST", "/v1/tokens", {
        "destination": OWN, "campaign": "autumn"})) == ["#/campaign"]
