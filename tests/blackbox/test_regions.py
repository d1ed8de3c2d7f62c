"""Data stays in its region: two regions in one process share no file, and a
token of a region that is not served leaves nothing behind."""
import hashlib
import os
import random

import pytest

REGIONS = {"eu1": "ct1.io", "us1": "ct5.io"}


def marker(rng, what):
    return f"{what}{rng.getrandbits(64):016x}"


class Tenant:
    """An account in a region, with a text of its own in each thing it can
    leave behind."""

    def __init__(self, server, region, rng):
        self.region = region
        self.words = {what: marker(rng, what) for what in (
            "account", "link", "campaign", "default", "recipient", "ref",
            "param", "path", "fallback", "agent", "referer", "query",
            "language", "idempotency")}
        word = self.words
        self.key = server.account(word["account"], region)
        server.put_link(
            self.key, word["link"],
            f"https://shop.example/{word['path']}/{{cart}}/{{size}}",
            defaults={"size": word["default"]}, campaign=word["campaign"],
            fallback=f"https://shop.example/{word['fallback']}")
        self.token = server.mint(
            self.key, link=word["link"], recipient=word["recipient"],
            ref=word["ref"], params={"cart": word["param"]})["token"]
        batch = server.mint_batch(
            self.key, [{"link": word["link"], "recipient": word["recipient"],
                        "params": {"cart": word["param"]}}, "{"],
            idempotency_key=word["idempotency"])
        self.tokens = [self.token, batch[0]["token"]]

    def tap(self, server):
        word = self.words
        for token in self.tokens:
            answer = server.tap(f"{token}?{word['query']}", {
                "Host": REGIONS[self.region], "User-Agent": word["agent"],
                "Referer": f"https://{word['referer']}.example/",
                "Accept-Language": word["language"]})
            assert answer.headers["Location"] == (
                f"https://shop.example/{word['path']}/{word['param']}/"
                f"{word['default']}")


def contents(folder):
    """All bytes of all files under a folder."""
    parts = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            parts.append(path.encode())
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    parts.append(file.read())
    return b"\n".join(parts)


def digests(folder):
    """Every file under a folder but LMDB's lock files, and its digest."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if name != "lock.mdb" and os.path.isfile(path):
                with open(path, "rb") as file:
                    found[path] = hashlib.file_digest(
                        file, "sha256").hexdigest()
    return found


@pytest.mark.asan
@pytest.mark.tsan
def test_two_regions_share_nothing(make_server):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    server = make_server()
    tenants = [Tenant(server, region, rng) for region in REGIONS]
    for tenant in tenants:
        tenant.tap(server)
    for tenant, other in zip(tenants, reversed(tenants)):
        clicks = server.export_all(tenant.key)
        assert [c["token"] for c in clicks] == tenant.tokens
        assert {c["region"] for c in clicks} == {tenant.region}
        # One region's key sees nothing of the other.
        for path in (f"/v1/tokens/{other.token}",
                     f"/v1/links/{other.words['link']}"):
            assert server.api("GET", path, key=tenant.key).status == 404
        cursor = server.export_all(other.key)[0]["cursor"]
        assert server.api("GET", f"/v1/clicks?after={cursor}",
                          key=tenant.key).status == 400
    server.stop()

    folders = {name: contents(os.path.join(server.data, name))
               for name in os.listdir(server.data)
               if os.path.isdir(os.path.join(server.data, name))}
    assert set(REGIONS) <= set(folders)
    for tenant in tenants:
        for what, text in tenant.words.items():
            assert text.encode() not in b"".join(
                data for name, data in folders.items()
                if name != tenant.region), f"{what} of {tenant.region}"
            # Or this test would find nothing anywhere.
            if what != "idempotency":
                assert text.encode() in folders[tenant.region], what
    rest = b"".join(
        open(os.path.join(server.data, name), "rb").read()
        for name in os.listdir(server.data)
        if os.path.isfile(os.path.join(server.data, name)))
    for tenant in tenants:
        assert not [t for t in tenant.words.values() if t.encode() in rest]
    # The tokens' keys differ.
    keys = [open(os.path.join(server.data, region, "token.keys"),
                 "rb").read().splitlines()[-1] for region in REGIONS]
    assert len(set(keys)) == len(keys)


@pytest.mark.asan
@pytest.mark.tsan
def test_region_served_elsewhere(make_server):
    """This server knows eu1's domain, and serves us1 alone."""
    everywhere = make_server()
    key = everywhere.account("acme", "eu1")
    token = everywhere.mint(key, destination="https://shop.example/")["token"]

    here = make_server(*(f"region {name}.serve=no"
                         for name in ("eu1", "in1", "sg1")))
    mine = here.account()
    assert os.listdir(here.data).count("eu1") == 0
    before = digests(here.data)
    for path in (token, f"{token}?click_id=7&x=%20", f"{token}/", f"{token}."):
        answer = here.tap(path, {"Host": "ct5.io", "User-Agent": "someone"})
        assert answer.status == 302
        assert answer.headers["Location"] == f"https://ct1.io/{path}"
        assert answer.headers["Cache-Control"] == "no-store"
    assert here.metric("ctio_taps_sent_on_total") == 4
    # There already: never a loop.
    answer = here.tap(token, {"Host": "ct1.io"})
    assert answer.status == 404 and "Location" not in answer.headers
    assert here.metric("ctio_taps_looped_total") == 1
    assert here.metric("ctio_taps_total") == 0
    assert here.export_all(mine) == []
    assert here.api("GET", f"/v1/tokens/{token}", key=mine).status == 404
    assert digests(here.data) == before
    here.stop()
    assert digests(here.data) == before
    assert "eu1" not in os.listdir(here.data)

    # And the region's own server is where it leads to.
    assert everywhere.tap(token).status == 302
    assert len(everywhere.export_all(key)) == 1


def test_account_in_a_region_not_served(make_server):
    server = make_server("region eu1.serve=no")
    run = server.cli("account", "create", "acme", "--region", "eu1", status=1)
    assert "eu1" in run.stderr and run.stdout == ""
    assert not os.path.exists(os.path.join(server.data, "eu1"))
