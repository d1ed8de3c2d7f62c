"""`ctio status`: what an operator is told."""
import json
import os

from harness import wait_until


def status(server):
    return json.loads(server.cli("status", "--json").stdout)


def us1(server):
    return next(region for region in status(server)["regions"]
                if region["region"] == "us1")


def test_status_counts(server):
    key = server.account()
    tokens = [answer["token"] for answer in server.mint_batch(
        key, [{"destination": "https://shop.example/"}] * 10)]
    for token in tokens[:3] + tokens[:1]:
        assert server.tap(token).status == 302
    wait_until("the tally", lambda: us1(server)["tally_lag"] == 0)
    region = us1(server)
    assert region["mints"] == region["clicks"] == "ok"
    assert region["tokens_numbered"] == 10
    assert region["clicks_kept"] == region["tally_requests"] == 4
    assert region["tally_clicks"] == 4
    assert region["tally_unique_clicks"] == 3


def test_days_left(make_server, make_shim, folder):
    """At the rate since the start, once that says something."""
    data = os.path.join(folder.path, "data")
    shim = make_shim(data)
    server = make_server(env=shim.env(), data=data)
    key = server.account()
    assert status(server)["storage_days_left"] is None
    server.mint_batch(key, [{"destination": "https://shop.example/"}] * 10000)
    shim.set("clock", 3600)
    wait_until("an hour later",
               lambda: status(server)["uptime_seconds"] >= 3600)
    now = status(server)
    # Some 200 KB an hour, and gigabytes to go.
    assert 0 < now["storage_days_left"] <= 36500
    assert now["storage_free_bytes"] > 0
