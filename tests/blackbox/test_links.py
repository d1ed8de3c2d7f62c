"""Links: named destinations, their variables, their edits, their list."""
import pytest

from harness import Tenant, findings

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"
FUTURE = "2099-01-01T00:00:00.000Z"
PLAIN = {"defaults": {}, "campaign": None, "ttl": None, "expires_at": None,
         "fallback": None, "forward_query": False, "track": True,
         "state": "active"}
FULL = {
    "name": "full", "destination": "https://shop.example/{cart}?u={u}",
    "defaults": {"u": "x"}, "campaign": "autumn", "ttl": "90d",
    "expires_at": FUTURE, "fallback": "https://shop.example/late",
    "forward_query": True, "track": False, "state": "disabled"}


def test_put_and_get(tenant):
    for status in (201, 200):
        answer = tenant.api("PUT", "/v1/links/plain", {"destination": OWN})
        assert answer.status == status
        assert answer.json() == {"name": "plain", "destination": OWN, **PLAIN}
    assert tenant.api("GET", "/v1/links/plain").json() == answer.json()
    assert tenant.api("PUT", "/v1/links/full", FULL).json() == FULL
    # What was got can be put.
    got = tenant.api("GET", "/v1/links/full").json()
    assert tenant.api("PUT", "/v1/links/full", got).json() == FULL
    # And a PUT says all: what it leaves out is the default again.
    answer = tenant.api("PUT", "/v1/links/full", {
        "destination": FULL["destination"], "defaults": {"u": "x"}})
    assert answer.json() == {"name": "full", **PLAIN,
                             "destination": FULL["destination"],
                             "defaults": {"u": "x"}}


NAMES = ["a", "A", "7", "diwali-26.shop-now", "_x", "a" * 128, "a..b", "a-"]
BAD_NAMES = [".", ".a", "-a", "a%20b", "a%2Fb", "a" * 129, "a" * 1000,
             "%C3%A9", "a%00b", "a,b", "%7Bx%7D"]


def test_names(tenant):
    for name in NAMES:
        answer = tenant.api("PUT", f"/v1/links/{name}", {"destination": OWN})
        assert answer.status == 201, name
        assert answer.json()["name"] == name
    for name in BAD_NAMES:
        answer = tenant.api("PUT", f"/v1/links/{name}", {"destination": OWN})
        assert answer.status in (400, 422, 404), name
        for method, body in (("GET", None), ("DELETE", None),
                             ("PATCH", {"track": True})):
            answer = tenant.api(method, f"/v1/links/{name}", body)
            assert answer.status in (400, 404, 422), (method, name)
    listed = tenant.api("GET", "/v1/links?limit=100").json()["items"]
    assert [item["name"] for item in listed] == sorted(NAMES)


# (body of a PUT, pointers)
FINDINGS = [
    ({}, ["#/destination"]),
    ([], ["#"]),
    ({"destination": None}, ["#/destination"]),
    ({"destination": ""}, ["#/destination"]),
    ({"destination": "shop.example"}, ["#/destination"]),
    ({"destination": "https://{host}/"}, ["#/destination"]),
    ({"destination": "{scheme}://a.example/"}, ["#/destination"]),
    ({"destination": "https://a.example:{port}/"}, ["#/destination"]),
    ({"destination": "https://{u}@a.example/"}, ["#/destination"]),
    ({"destination": "https://ct5.io/{x}"}, ["#/destination"]),
    ({"destination": OWN + "/{"}, ["#/destination"]),
    ({"destination": OWN + "/}"}, ["#/destination"]),
    ({"destination": OWN + "/{}"}, ["#/destination"]),
    ({"destination": OWN + "/{+x}"}, ["#/destination"]),
    ({"destination": OWN + "/{x,y}"}, ["#/destination"]),
    ({"destination": OWN + "/{x:3}"}, ["#/destination"]),
    ({"destination": OWN + "/{x*}"}, ["#/destination"]),
    ({"destination": OWN + "/{a b}"}, ["#/destination"]),
    ({"destination": OWN + "/a b"}, ["#/destination"]),
    ({"destination": OWN + "/" + "a" * 2000}, ["#/destination"]),
    ({"destination": OWN + "".join("/{v%d}" % i for i in range(33))},
     ["#/destination"]),
    ({"destination": OWN, "defaults": {"x": "1"}}, ["#/defaults/x"]),
    ({"destination": OWN + "/{x}", "defaults": {"x": 1}}, ["#/defaults/x"]),
    ({"destination": OWN + "/{x}", "defaults": {"x": None}},
     ["#/defaults/x"]),
    ({"destination": OWN + "/{x}", "defaults": {"x": "a" * 1100}},
     ["#/defaults"]),
    ({"destination": OWN, "defaults": []}, ["#/defaults"]),
    ({"destination": OWN, "defaults": None}, ["#/defaults"]),
    ({"destination": OWN, "name": "other"}, ["#/name"]),
    ({"destination": OWN, "campaign": "a b"}, ["#/campaign"]),
    ({"destination": OWN, "campaign": ""}, ["#/campaign"]),
    ({"destination": OWN, "campaign": "c" * 129}, ["#/campaign"]),
    ({"destination": OWN, "ttl": "soon"}, ["#/ttl"]),
    ({"destination": OWN, "ttl": "0s"}, ["#/ttl"]),
    ({"destination": OWN, "ttl": 90}, ["#/ttl"]),
    ({"destination": OWN, "expires_at": "2099"}, ["#/expires_at"]),
    ({"destination": OWN, "expires_at": 5}, ["#/expires_at"]),
    ({"destination": OWN, "fallback": "nonsense"}, ["#/fallback"]),
    ({"destination": OWN, "fallback": "https://ct5.io/"}, ["#/fallback"]),
    ({"destination": OWN, "fallback": OWN + "/{x}"}, ["#/fallback"]),
    ({"destination": OWN, "forward_query": "yes"}, ["#/forward_query"]),
    ({"destination": OWN, "track": 1}, ["#/track"]),
    ({"destination": OWN, "track": None}, ["#/track"]),
    ({"destination": OWN, "state": "off"}, ["#/state"]),
    ({"destination": OWN, "state": None}, ["#/state"]),
    ({"destination": OWN, "id": 1, "Ttl": "1h"}, ["#/id", "#/Ttl"]),
    ({"destination": "x", "ttl": "y", "fallback": "z"},
     ["#/ttl", "#/fallback", "#/destination"]),
]


def test_findings(tenant):
    for body, pointers in FINDINGS:
        answer = tenant.api("PUT", "/v1/links/a", body)
        assert findings(answer) == pointers, body
    assert tenant.api("GET", "/v1/links/a").status == 404
    assert tenant.api("GET", "/v1/links").json() == {
        "items": [], "next": None}


def test_refused_edit_changes_nothing(tenant):
    tenant.api("PUT", "/v1/links/full", FULL)
    for method in ("PUT", "PATCH"):
        answer = tenant.api(method, "/v1/links/full", {
            "destination": OWN, "defaults": {}, "campaign": "new",
            "ttl": "x"})
        assert answer.status == 422
    assert tenant.api("GET", "/v1/links/full").json() == FULL
    assert tenant.api("GET", "/v1/campaigns/new").status == 404


# RFC 7396: (patch, what differs from FULL afterwards)
PATCHES = [
    ({}, {}),
    ({"ttl": None}, {"ttl": None}),
    ({"ttl": "36h"}, {"ttl": "36h"}),
    ({"ttl": "24h"}, {"ttl": "1d"}),
    ({"expires_at": None}, {"expires_at": None}),
    ({"campaign": None}, {"campaign": None}),
    ({"campaign": "other"}, {"campaign": "other"}),
    ({"fallback": None}, {"fallback": None}),
    ({"forward_query": None, "track": None, "state": None},
     {"forward_query": False, "track": True, "state": "active"}),
    ({"defaults": {"cart": "c"}}, {"defaults": {"u": "x", "cart": "c"}}),
    ({"defaults": {"u": "y"}}, {"defaults": {"u": "y"}}),
    ({"defaults": {"cart": None}}, {}),
    ({"destination": "https://shop.example/{cart}",
      "defaults": {"u": None}},
     {"destination": "https://shop.example/{cart}", "defaults": {}}),
    ({"destination": "https://shop.example/", "defaults": None},
     {"destination": "https://shop.example/", "defaults": {}}),
    ({"name": "full"}, {}),
]


def test_patch_merges(tenant):
    for i, (patch, changed) in enumerate(PATCHES):
        name = f"full{i}"
        tenant.api("PUT", f"/v1/links/{name}", {**FULL, "name": name})
        patch = {**patch, "name": name} if "name" in patch else patch
        answer = tenant.api("PATCH", f"/v1/links/{name}", patch)
        assert answer.status == 200, patch
        assert answer.json() == {**FULL, **changed, "name": name}, patch
        assert tenant.api("GET", f"/v1/links/{name}").json() == answer.json()
    assert tenant.api("PATCH", "/v1/links/nothing", {}).status == 404
    assert findings(tenant.api("PATCH", "/v1/links/full1",
                               {"destination": None})) == ["#/destination"]


# (destination and defaults before, after, pointers of the findings)
VARIABLES = [
    (("/{a}", {}), ("/{a}/{b}", {}), ["#/defaults/b"]),
    (("/{a}", {}), ("/{a}/{b}", {"b": "x"}), []),
    (("/{a}/{b}", {}), ("/{a}", {}), []),
    (("/{a}", {"a": "x"}), ("/{a}", {}), ["#/defaults/a"]),
    (("/{a}", {}), ("/{a}", {"a": "x"}), []),
    (("", {}), ("/{recipient}", {}), ["#/defaults/recipient"]),
    (("/{a}", {}), ("/{b}/{c}", {}), ["#/defaults/b", "#/defaults/c"]),
]


def test_new_variables_need_defaults(tenant):
    """Tokens already sent have no values for them."""
    for i, (before, after, pointers) in enumerate(VARIABLES):
        path = f"/v1/links/l{i}"
        for n, (template, defaults) in enumerate((before, after)):
            answer = tenant.api("PUT", path, {
                "destination": OWN + template, "defaults": defaults})
            if n == 1 and pointers:
                assert findings(answer) == pointers, after
            else:
                assert answer.status in (200, 201), (before, after)


def test_default_taken_away_and_back(tenant):
    """A variable that once had a default may lack a value in a token that
    was minted then, however often the link was edited since."""
    tenant.put_link("cart", OWN + "/{a}", defaults={"a": "x"})
    token = tenant.mint(link="cart")["token"]
    tenant.put_link("cart", OWN)
    answer = tenant.api("PUT", "/v1/links/cart",
                        {"destination": OWN + "/{a}"})
    assert findings(answer) == ["#/defaults/a"]
    tenant.put_link("cart", OWN + "/{a}", defaults={"a": "y"})
    assert tenant.tap(token).headers["Location"] == OWN + "/y"


def test_delete_disables(tenant):
    tenant.put_link("sale", OWN)
    token = tenant.mint(link="sale")["token"]
    for _ in range(2):
        answer = tenant.api("DELETE", "/v1/links/sale")
        assert (answer.status, answer.body) == (204, b"")
    assert tenant.api("GET", "/v1/links/sale").json()["state"] == "disabled"
    assert tenant.tap(token).status == 410
    assert tenant.api("POST", "/v1/tokens", {"link": "sale"}).status == 422
    tenant.put_link("sale", OWN)
    assert tenant.tap(token).status == 302
    assert tenant.api("DELETE", "/v1/links/nothing").status == 404


def pages(tenant, path, limit):
    names, after = [], ""
    while True:
        page = tenant.api("GET", f"{path}?limit={limit}{after}").json()
        assert len(page["items"]) <= limit
        names.append([item["name"] for item in page["items"]])
        if page["next"] is None:
            return names
        assert page["next"] == names[-1][-1]
        after = f"&after={page['next']}"


def test_list_in_pages(tenant):
    other = Tenant(tenant.server)
    other.put_link("m", OWN)
    names = sorted(f"link-{i}" for i in range(25)) + ["z"]
    for name in reversed(names):
        tenant.put_link(name, OWN)
    assert pages(tenant, "/v1/links", 1) == [[name] for name in names]
    assert pages(tenant, "/v1/links", 13) == [names[:13], names[13:]]
    assert pages(tenant, "/v1/links", 1000) == [names]
    everything = tenant.api("GET", "/v1/links").json()
    assert [i["name"] for i in everything["items"]] == names
    behind = tenant.api("GET", "/v1/links?after=link-24x").json()["items"]
    assert [i["name"] for i in behind] == \
        [n for n in names if n > "link-24x"]
    for after in ("zz", "%FF", "a" * 600):
        answer = tenant.api("GET", f"/v1/links?after={after}")
        assert answer.status == 200, after
    for query in ("?limit=0", "?limit=x", "?limit=-1", "?limit=1000000",
                  "?limit=1&limit=2", "?offset=1"):
        assert tenant.api("GET", "/v1/links" + query).status == 400, query


def test_links_of_others_are_not_there(tenant):
    other = Tenant(tenant.server)
    other.put_link("theirs", OWN)
    for method, body in (("GET", None), ("DELETE", None),
                         ("PATCH", {"destination": "https://x.example/"})):
        answer = tenant.api(method, "/v1/links/theirs", body)
        assert answer.status == 404
        assert answer.json()["type"] == "/problems/not-found"
    assert findings(tenant.api("POST", "/v1/tokens", {
        "link": "theirs"})) == ["#/link"]
    assert tenant.api("PUT", "/v1/links/theirs", {
        "destination": "https://mine.example/"}).status == 201
    assert other.api("GET", "/v1/links/theirs").json()["destination"] == OWN
