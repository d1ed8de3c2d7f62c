"""Webhooks as objects of an account: made, changed, listed, removed; by the
API and by the command line. What they send is in test_webhooks.py."""
import json

import pytest

from harness import Tenant, cli, findings
from wire import local

pytestmark = pytest.mark.asan

URL = "https://crm.example/hook"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATH = "/v1/webhooks/crm"


def put(tenant, path=PATH, **fields):
    return tenant.api("PUT", path, {"url": URL, **fields})


def test_life_of_one(tenant):
    assert tenant.api("GET", PATH).status == 404
    made = put(tenant)
    assert made.status == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    shown = tenant.api("GET", PATH).json()
    # The thread that sends may not have seen it at first.
    assert {**made.json(), "lag_clicks": 0} == {
        **shown, "secret": secret, "lag_clicks": 0}
    assert shown.pop("created_at") == shown.pop("updated_at")
    assert len(shown.pop("cursor")) == 22
    shown.pop("lag_clicks")
    assert shown == {
        "name": "crm", "url": URL, "state": "active", "revisions": False,
        "next_try_at": None,
        "delivered_clicks": 0, "skipped_clicks": 0, "failures": 0,
        "last_result": "never", "last_status": None, "last_error": None,
        "last_success_at": None, "last_failure_at": None}
    # A second time it is changed, and its secret is not shown again.
    again = put(tenant, url=URL + "/2")
    assert again.status == 200 and "secret" not in again.json()
    assert again.json()["url"] == URL + "/2"
    # One that was given is known already; null asks for another one.
    assert "secret" not in put(tenant, secret=SECRET).json()
    new = tenant.api("PATCH", PATH, {"secret": None}).json()["secret"]
    assert new not in (secret, SECRET)
    assert tenant.api("DELETE", PATH).status == 204
    assert tenant.api("DELETE", PATH).status == 404
    assert tenant.api("GET", PATH).status == 404
    assert put(tenant).status == 201


def test_states(tenant):
    assert put(tenant, state="disabled").json()["state"] == "disabled"
    shown = tenant.api("GET", PATH).json()
    assert shown["lag_clicks"] is None
    patched = tenant.api("PATCH", PATH, {"url": URL + "/2"}).json()
    assert (patched["state"], patched["url"]) == ("disabled", URL + "/2")
    # What a PUT does not say is as it was made, as everywhere.
    assert put(tenant).json()["state"] == "active"
    assert tenant.api("PATCH", PATH, {}).json()["url"] == URL


def test_places(tenant):
    token = tenant.mint(destination="https://shop.example/")["token"]
    for _ in range(3):
        tenant.tap(token)
    clicks = tenant.export_all()
    # Disabled, so that it stays where it is.
    def cursor(**fields):
        answer = put(tenant, state="disabled", **fields)
        assert answer.status in (200, 201), answer
        return answer.json()["cursor"]

    assert cursor() == clicks[-1]["cursor"]
    assert cursor(after=clicks[0]["cursor"]) == clicks[0]["cursor"]
    assert cursor() == clicks[0]["cursor"]
    oldest = cursor(after=None)
    rest = tenant.api("GET", f"/v1/clicks?after={oldest}").lines()
    assert rest == clicks
    replayed = tenant.api("POST", PATH + "/replay",
                          {"after": clicks[1]["cursor"]})
    assert replayed.status == 200
    assert replayed.json()["cursor"] == clicks[1]["cursor"]
    other = Tenant(tenant.server)
    for body in ({"after": "x"}, {"after": clicks[0]["id"]}):
        assert findings(tenant.api("POST", PATH + "/replay", body)) == [
            "#/after"]
    assert put(other).status == 201
    assert findings(other.api("POST", PATH + "/replay", {
        "after": clicks[0]["cursor"]})) == ["#/after"]


# (method, path, body, pointers)
FINDINGS = [
    ("PUT", PATH, {}, ["#/url"]),
    ("PUT", PATH, {"url": None}, ["#/url"]),
    ("PUT", PATH, {"url": 5, "x": 1}, ["#/url", "#/x"]),
    ("PUT", PATH, {"url": "crm.example"}, ["#/url"]),
    ("PUT", PATH, {"url": "http://crm.example/"}, ["#/url"]),
    ("PUT", PATH, {"url": "https://me@crm.example/"}, ["#/url"]),
    ("PUT", PATH, {"url": "https://ct5.io/x"}, ["#/url"]),
    ("PUT", PATH, {"url": "https://127.0.0.1/"}, ["#/url"]),
    ("PUT", PATH, {"url": "https://[::1]:8081/v1/accounts"}, ["#/url"]),
    ("PUT", PATH, {"url": "https://169.254.169.254/"}, ["#/url"]),
    ("PUT", PATH, {"url": URL + "#top"}, ["#/url"]),
    ("PUT", PATH, {"url": URL + "\r\nX: y"}, ["#/url"]),
    ("PUT", PATH, {"url": URL + "x" * 2000}, ["#/url", "#/url"]),
    ("PUT", PATH, {"url": URL, "secret": "abc", "state": "off",
                   "name": "other", "after": 7},
     ["#/after", "#/name", "#/state", "#/secret"]),
    ("PATCH", PATH, {"url": "ftp://crm.example/"}, ["#/url"]),
    ("POST", PATH + "/replay", {}, ["#/after"]),
    ("POST", PATH + "/replay", {"after": None, "url": URL}, ["#/url"]),
]


def test_findings(tenant):
    put(tenant)
    before = tenant.api("GET", PATH).json()
    for method, path, body, pointers in FINDINGS:
        assert findings(tenant.api(method, path, body)) == pointers, body
    assert tenant.api("GET", PATH).json() == before
    for name in ("-x", ".x", "a%20b", "a" * 129):
        assert put(tenant, f"/v1/webhooks/{name}").status == 422
    for method, path in (("PATCH", PATH + "x"), ("DELETE", PATH + "x"),
                         ("POST", PATH + "x/replay"),
                         ("POST", PATH + "x/test")):
        body = None if method == "DELETE" or path.endswith("test") else {
            "after": None}
        assert tenant.api(method, path, body).status == 404
    answer = tenant.api("POST", PATH, {})
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, PUT, PATCH, DELETE"


def test_list(tenant):
    assert tenant.api("GET", "/v1/webhooks").json() == {
        "items": [], "next": None}
    for name in ("b", "a", "c"):
        put(tenant, f"/v1/webhooks/{name}")
    page = tenant.api("GET", "/v1/webhooks?limit=2").json()
    assert [item["name"] for item in page["items"]] == ["a", "b"]
    assert all("secret" not in item for item in page["items"])
    page = tenant.api("GET", f"/v1/webhooks?after={page['next']}").json()
    assert [item["name"] for item in page["items"]] == ["c"]
    assert page["next"] is None
    other = Tenant(tenant.server)
    assert other.api("GET", "/v1/webhooks").json()["items"] == []
    assert other.api("GET", "/v1/webhooks/a").status == 404
    assert other.api("DELETE", "/v1/webhooks/a").status == 404


def test_most(tenant):
    for i in range(16):
        assert put(tenant, f"/v1/webhooks/w{i}").status == 201
    answer = put(tenant)
    assert answer.status == 409 and "16" in answer.json()["detail"]
    assert put(tenant, "/v1/webhooks/w3").status == 200
    assert tenant.api("DELETE", "/v1/webhooks/w3").status == 204
    assert put(tenant).status == 201


# (method, path, body, may read alone)
ROUTES = [
    ("GET", "/v1/webhooks", None, True),
    ("GET", PATH, None, True),
    ("PUT", PATH, {"url": URL}, False),
    ("PATCH", PATH, {"state": "active"}, False),
    ("POST", PATH + "/replay", {"after": None}, False),
    ("POST", PATH + "/test", None, False),
    ("DELETE", PATH, None, False),
]


def test_scopes(tenant):
    """To see one takes links or read. To change one takes both: whoever may
    not read clicks must not have them sent away."""
    put(tenant)
    keys = {scopes: tenant.add_key("--scope", scopes)[0] for scopes in (
        "mint", "erase", "read", "links", "mint,read", "links,mint,erase",
        "links,read")}
    for scopes, key in keys.items():
        has = set(scopes.split(","))
        for method, path, body, sees in ROUTES:
            answer = tenant.api(method, path, body, key)
            allowed = has >= {"links", "read"} or (
                sees and has & {"links", "read"})
            if allowed:
                assert answer.status in (200, 204), (scopes, method)
            else:
                assert answer.status == 403, (scopes, method)
                words = " or " if sees else " and "
                assert "links" + words + "read" in answer.json()["detail"]
    for method, path, body, _ in ROUTES:
        answer = tenant.server.api(method, path, body)
        assert answer.status == 401


def test_administrator(tenant):
    """For an account, over the socket; not his secrets."""
    put(tenant)
    answer = local(tenant.server, "GET", PATH,
                   f"Ctio-Account: {tenant.name}")
    assert answer.json()["url"] == URL and "secret" not in answer.json()


# The command line

def run(tenant, *words, status=0):
    return tenant.server.cli("webhook", *words, "--account", tenant.name,
                             status=status)


def test_commands(tenant):
    made = json.loads(run(tenant, "set", "crm", "--url", URL,
                          "--json").stdout)
    assert made["secret"].startswith("whsec_")
    text = run(tenant, "show", "crm").stdout
    assert f"url: {URL}" in text and "whsec_" not in text
    assert "whsec_" in run(tenant, "set", "crm", "--new-secret").stdout
    run(tenant, "set", "crm", "--secret", SECRET)
    assert "revisions: yes" in run(tenant, "set", "crm", "--revisions",
                                   "yes").stdout
    assert "revisions: no" in run(tenant, "set", "crm", "--revisions",
                                  "no").stdout
    assert "state: disabled" in run(tenant, "disable", "crm").stdout
    listed = run(tenant, "list").stdout.splitlines()
    assert listed[0].split() == ["WEBHOOK", "STATE", "LAG", "FAILURES",
                                 "LAST", "URL"]
    assert listed[1].split()[:2] == ["crm", "disabled"]
    token = tenant.mint(destination="https://shop.example/")["token"]
    tenant.tap(token)
    cursor = tenant.export_all()[0]["cursor"]
    assert f"cursor: {cursor}" in run(tenant, "replay", "crm", "--after",
                                      cursor).stdout
    assert cursor not in run(tenant, "replay", "crm", "--all").stdout
    assert "state: active" in run(tenant, "enable", "crm").stdout
    assert run(tenant, "delete", "crm").stdout == ""
    assert "no webhook" in run(tenant, "show", "crm", status=1).stderr
    assert "#/url" in run(tenant, "set", "x", "--url", "http://10.0.0.1/",
                          status=1).stderr


def test_wrong_usage(tenant):
    for words in (["replay", "crm"], ["replay", "crm", "--all", "--after",
                                      "x"], ["set"], ["set", "a", "b"],
                  ["set", "a", "--after", "x", "--all"],
                  ["set", "a", "--secret", SECRET, "--new-secret"],
                  ["set", "a", "--revisions", "perhaps"]):
        run(tenant, *words, status=2)
    assert "ctio webhook replay NAME" in cli("webhook", "--help").stdout
    assert "--new-secret" in cli("webhook", "set", "--help").stdout


def test_over_http(tenant):
    url = f"http://127.0.0.1:{tenant.server.api_port}"
    env = {"CTIO_URL": url, "CTIO_KEY": tenant.key}
    cli("webhook", "set", "crm", "--url", URL, env=env)
    assert "crm" in cli("webhook", "list", env=env).stdout


def test_settings(make_server):
    for words in (["webhook.retry_max=1s", "webhook.retry_first=2s"],
                  ["webhook.timeout=1s"], ["webhook.allow_private=x"],
                  ["webhook.retry_first=0"], ["webhook.allow_https=yes"]):
        options = [word for option in words for word in ("--set", option)]
        answer = cli("check", *options, status=1)
        assert "webhook" in answer.stderr, words
