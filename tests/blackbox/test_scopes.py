"""Who may do what: scopes, keys that ended, accounts that were disabled, and
the administrator's socket."""
import json
import os
import stat

import pytest

from harness import Tenant, wait_until
from wire import local

pytestmark = pytest.mark.asan

OWN = "https://shop.example/p"
SCOPES = ["mint", "links", "read", "erase"]

# (method, path, body, scopes of which any will do: none means any key)
ROUTES = [
    ("POST", "/v1/tokens", {"destination": OWN}, ["mint"]),
    ("GET", "/v1/tokens?recipient=r", None, ["read"]),
    ("GET", "/v1/tokens/{token}", None, ["mint", "read"]),
    ("PATCH", "/v1/tokens/{token}", {"expires_at": None}, ["mint"]),
    ("DELETE", "/v1/tokens/{token}", None, ["mint"]),
    ("GET", "/v1/links", None, ["links", "read", "mint"]),
    ("GET", "/v1/links/sale", None, ["links", "read", "mint"]),
    ("PUT", "/v1/links/sale", {"destination": OWN}, ["links"]),
    ("PATCH", "/v1/links/sale", {"track": True}, ["links"]),
    ("DELETE", "/v1/links/sale", None, ["links"]),
    ("GET", "/v1/campaigns", None, ["links", "read"]),
    ("GET", "/v1/campaigns/autumn", None, ["links", "read"]),
    ("PATCH", "/v1/campaigns/autumn", {"state": "active"}, ["links"]),
    ("GET", "/v1/clicks", None, ["read"]),
    ("GET", "/v1/account", None, SCOPES),
]


@pytest.fixture
def furnished(tenant):
    tenant.put_link("sale", OWN)
    tenant.token = tenant.mint(destination=OWN, campaign="autumn")["token"]
    return tenant


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_on_each_route(furnished, scope):
    key, _ = furnished.add_key("--scope", scope)
    for method, path, body, scopes in ROUTES:
        path = path.format(token=furnished.token)
        answer = furnished.api(method, path, body, key)
        if scope in scopes:
            assert answer.status in (200, 201, 204), (method, path)
        else:
            assert answer.status == 403, (method, path)
            assert answer.json()["type"] == "/problems/forbidden"


def test_several_scopes(furnished):
    key, _ = furnished.add_key("--scope", "mint,read")
    assert furnished.api("GET", "/v1/account", key=key).json()["scopes"] == [
        "mint", "read"]
    assert furnished.api("GET", "/v1/clicks", key=key).status == 200
    assert furnished.api("POST", "/v1/tokens", {"destination": OWN},
                         key).status == 201
    assert furnished.api("DELETE", "/v1/links/sale", key=key).status == 403


def test_account(tenant):
    answer = tenant.api("GET", "/v1/account").json()
    assert answer.pop("created_at")
    assert answer == {
        "account": tenant.name, "region": "us1", "state": "active",
        "fallback": None, "allowed_hosts": [], "url": "https://ct5.io/{{1}}",
        "scopes": SCOPES}


def is_unauthorized(answer):
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"] == "/problems/unauthorized"
    assert answer.headers["X-Request-Id"]
    return True


def test_keys_that_are_none(tenant):
    prefix, secret = tenant.key.rsplit("_", 1)
    other = Tenant(tenant.server)
    far = Tenant(tenant.server, "eu1")
    turned = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    for header in (
            None, "", "Bearer", "Bearer ", "Basic " + tenant.key, tenant.key,
            f"Bearer {prefix}_{turned}", f"Bearer {prefix}_",
            f"Bearer {prefix}_{secret}x", f"Bearer {prefix}_{secret[:-1]}",
            f"Bearer {tenant.key} {tenant.key}",
            f"Bearer {prefix}_{other.key.rsplit('_', 1)[1]}",
            "Bearer " + tenant.key.replace("us1", "eu1"),
            "Bearer " + tenant.key.replace("us1", "xx9"),
            "Bearer " + far.key.replace("eu1", "us1"),
            "Bearer " + "x" * 3000, "Bearer \xff\xfe"):
        headers = {} if header is None else {"Authorization": header}
        answer = tenant.server.api("GET", "/v1/account", headers=headers)
        assert is_unauthorized(answer), header
    for header in (f"bearer {tenant.key}", f"Bearer   {tenant.key}"):
        assert tenant.server.api("GET", "/v1/account", headers={
            "Authorization": header}).status == 200, header


def test_every_route_wants_a_key(furnished):
    for method, path, body, _ in ROUTES:
        path = path.format(token=furnished.token)
        assert is_unauthorized(
            furnished.server.api(method, path, body)), (method, path)


def test_revoked_key(tenant):
    key, key_id = tenant.add_key()
    assert tenant.api("GET", "/v1/account", key=key).status == 200
    tenant.server.cli("account", "key", "revoke", tenant.name, key_id)
    assert is_unauthorized(tenant.api("GET", "/v1/account", key=key))
    assert tenant.api("GET", "/v1/account").status == 200
    listed = tenant.server.cli("account", "key", "list", tenant.name).stdout
    assert "revoked" in listed and key_id in listed
    assert key.rsplit("_", 1)[1] not in listed


def test_expired_key(tenant):
    key, _ = tenant.add_key("--expires", "1s")
    wait_until("the key has expired", lambda: tenant.api(
        "GET", "/v1/account", key=key).status == 401)


def test_keys_outlive_kill_9(server):
    tenant = Tenant(server)
    key, _ = tenant.add_key("--scope", "read")
    gone, gone_id = tenant.add_key()
    server.cli("account", "key", "revoke", tenant.name, gone_id)
    server.kill9()
    server.start()
    assert tenant.api("GET", "/v1/clicks", key=key).status == 200
    assert is_unauthorized(tenant.api("GET", "/v1/clicks", key=gone))


def test_secrets_are_not_on_disk(server):
    tenant = Tenant(server)
    server.stop()
    secret = tenant.key.rsplit("_", 1)[1].encode()
    for folder, _, names in os.walk(server.data):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.stat(path).st_mode):
                with open(path, "rb") as file:
                    assert secret not in file.read(), path
    server.start()


def test_disabled_account(furnished):
    name = furnished.name
    furnished.server.cli("account", "disable", name)
    for method, path, body, _ in ROUTES:
        answer = furnished.api(method, path.format(token=furnished.token),
                               body)
        assert answer.status == 403, (method, path)
    assert furnished.tap(furnished.token).status == 410
    furnished.server.cli("account", "enable", name)
    assert furnished.api("GET", "/v1/account").status == 200
    assert furnished.tap(furnished.token).status == 302


ADMIN_ROUTES = [
    ("GET", "/v1/accounts"), ("POST", "/v1/accounts"),
    ("GET", "/v1/accounts/{name}"), ("PATCH", "/v1/accounts/{name}"),
    ("DELETE", "/v1/accounts/{name}"), ("GET", "/v1/accounts/%zz"),
    ("GET", "/v1/accounts/{name}/keys"), ("POST", "/v1/accounts/{name}/keys"),
    ("DELETE", "/v1/accounts/{name}/keys/x"), ("GET", "/v1/status"),
    ("PUT", "/v1/status"), ("GET", "/v1/explain/{token}"),
]


def test_admin_routes_are_not_there_on_tcp(furnished):
    """Not even as a 405: the answers are those of any path that is none."""
    reference = furnished.api("GET", "/v1/nothing")
    assert reference.status == 404
    for method, path in ADMIN_ROUTES:
        path = path.format(name=furnished.name, token=furnished.token)
        for key in (furnished.key, None):
            body = {} if method in ("POST", "PATCH", "PUT") else None
            answer = furnished.server.api(method, path, body, key)
            assert answer.status == 404, (method, path)
            assert answer.body == reference.body
            assert answer.headers["Allow"] is None


def test_admin_socket(server):
    path = os.path.join(server.data, "ctio.sock")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    empty = local(server, "GET", "/v1/clicks")
    assert empty.status == 404 and "no account" in empty.json()["detail"]
    one = Tenant(server)
    assert local(server, "GET", "/v1/account").json()["account"] == one.name
    two = Tenant(server, "eu1")
    answer = local(server, "GET", "/v1/account")
    assert answer.status == 400 and "several" in answer.json()["detail"]
    for tenant in (one, two):
        got = local(server, "GET", "/v1/account",
                    f"Ctio-Account: {tenant.name}").json()
        assert got["account"] == tenant.name
        assert got["scopes"] == SCOPES
    for name in ("nobody", "a" * 600):
        answer = local(server, "GET", "/v1/account", f"Ctio-Account: {name}")
        assert answer.status == 404, name
    # On TCP the field says nothing.
    answer = one.api("GET", "/v1/account",
                     headers={"Ctio-Account": two.name})
    assert answer.json()["account"] == one.name


def test_two_accounts_in_one_region_are_several(server):
    Tenant(server)
    Tenant(server)
    assert local(server, "GET", "/v1/account").status == 400


# (method, path, body, status, pointers)
ADMIN_FINDINGS = [
    ("POST", "/v1/accounts", {}, 422, ["#/region"]),
    ("POST", "/v1/accounts", {"account": "Ä", "region": "us1"}, 422,
     ["#/account"]),
    ("POST", "/v1/accounts", {"account": "a" * 65, "region": "us1"}, 422,
     ["#/account"]),
    ("POST", "/v1/accounts", {"account": "-a", "region": "us1"}, 422,
     ["#/account"]),
    ("POST", "/v1/accounts", {"account": 5, "region": "us1"}, 422,
     ["#/account", "#/account"]),
    ("POST", "/v1/accounts", {"account": "b", "region": "xx"}, 422,
     ["#/region"]),
    ("POST", "/v1/accounts", {"account": "b", "region": "us1", "x": 1}, 422,
     ["#/x"]),
    ("PATCH", "/v1/accounts/{name}", {"state": "off"}, 422, ["#/state"]),
    ("PATCH", "/v1/accounts/{name}", {"fallback": "x"}, 422, ["#/fallback"]),
    ("PATCH", "/v1/accounts/{name}", {"allowed_hosts": ["a b"]}, 422,
     ["#/allowed_hosts"]),
    ("PATCH", "/v1/accounts/{name}", {"allowed_hosts": [5]}, 422,
     ["#/allowed_hosts"]),
    ("POST", "/v1/accounts/{name}/keys", {"scopes": ["all"]}, 422,
     ["#/scopes"]),
    ("POST", "/v1/accounts/{name}/keys", {"scopes": []}, 422, ["#/scopes"]),
    ("POST", "/v1/accounts/{name}/keys", {"ttl": "x"}, 422, ["#/ttl"]),
    ("POST", "/v1/accounts/{name}/keys", {"ttl": 5}, 422, ["#/ttl"]),
]


def test_admin_findings(tenant):
    for method, path, body, status, pointers in ADMIN_FINDINGS:
        answer = local(tenant.server, method,
                       path.format(name=tenant.name), body=body)
        assert answer.status == status, body
        assert [e["pointer"] for e in answer.json()["errors"]] == pointers, \
            body
    for method, path in (("GET", "/v1/accounts/nobody"),
                         ("GET", "/v1/accounts/nobody/keys"),
                         ("DELETE", f"/v1/accounts/{tenant.name}/keys/x"),
                         ("DELETE", "/v1/accounts/nobody/keys/x")):
        assert local(tenant.server, method, path).status == 404, path
    taken = local(tenant.server, "POST", "/v1/accounts",
                  body={"account": tenant.name, "region": "eu1"})
    assert taken.status == 409


def test_explain(furnished):
    def explain(token):
        return local(furnished.server, "GET", f"/v1/explain/{token}").json()

    known = explain(furnished.token)
    assert (known["valid"], known["found"], known["account"],
            known["region"]) == (True, True, furnished.name, "us1")
    assert known["details"]["token"] == furnished.token
    for text in ("u" + "0" * 22, "u", "Z" * 23, "e" + furnished.token[1:]):
        answer = explain(text)
        assert answer["valid"] is False and answer["reason"], text
    assert json.loads(furnished.server.cli(
        "token", furnished.token, "--json").stdout) == known
