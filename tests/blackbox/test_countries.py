"""Countries, from a MaxMind DB file that the operator names, and systems, from
the agents: in the feed and in the statistics, whatever is kept of the
address."""
import json
import os

import pytest

import harness
import load
import mmdb

pytestmark = pytest.mark.asan

OWN = "https://shop.example/"
FIRST = {"203.0.113.0/24": "IN", "198.51.100.0/25": "BR",
         "2001:db8::/32": "JP"}
# (X-Forwarded-For, country, address as it is kept when truncated)
VISITORS = [
    ("203.0.113.77", "IN", "203.0.113.0"),
    ("198.51.100.1", "BR", "198.51.100.0"),
    ("198.51.100.200", None, "198.51.100.0"),
    ("2001:db8:1:2::3", "JP", "2001:db8:1::"),
    ("192.0.2.1", None, "192.0.2.0"),
]


@pytest.mark.parametrize("ip", ["truncated", "full", "none"])
def test_countries(make_server, folder, ip):
    path = folder / "countries.mmdb"
    mmdb.write(path, FIRST)
    server = make_server(f"click.countries={path}", f"region us1.ip={ip}",
                         "click.trusted_proxies=127.0.0.1/32")
    key = server.account()
    token = server.mint(key, destination=OWN)["token"]
    for address, _, _ in VISITORS:
        server.tap(token, {"X-Forwarded-For": address})
    clicks = server.export_all(key)
    for click, (address, country, kept) in zip(clicks, VISITORS):
        assert click["country"] == country, address
        assert click["ip"] == {"truncated": kept, "full": address,
                               "none": None}[ip]
        assert (click["os"], click["device"], click["browser"]) == (
            "Android", "K", "Chrome Mobile")
    load.tally_of(server)
    for by, want in (("country", {"IN": 1, "BR": 1, "JP": 1, None: 2}),
                     ("os", {"Android": 5})):
        stats = server.api("GET", f"/v1/stats?by={by}", key=key).json()
        assert {row[by]: row["requests"] for row in stats["rows"]} == want


def test_a_file_that_is_replaced(make_server, folder):
    path = folder / "countries.mmdb"
    mmdb.write(path, {"203.0.113.0/24": "IN"})
    server = make_server(f"click.countries={path}",
                         "click.trusted_proxies=127.0.0.1/32")
    key = server.account()
    token = server.mint(key, destination=OWN)["token"]

    def country():
        server.tap(token, {"X-Forwarded-For": "203.0.113.7"})
        return server.export_all(key)[-1]["country"]

    assert country() == "IN"
    mmdb.write(folder / "next.mmdb", {"203.0.113.0/24": "NP"})
    os.rename(folder / "next.mmdb", path)
    harness.wait_until("the new file is read", lambda: country() == "NP")
    # One that cannot be read leaves the former one in force.
    with open(folder / "broken.mmdb", "wb") as file:
        file.write(b"no database")
    os.rename(folder / "broken.mmdb", path)
    harness.wait_until("the broken file is refused", lambda: (
        country() and "the former ones stay" in server.stderr()))
    assert country() == "NP"


def test_no_rules_on_agents(make_server):
    server = make_server("click.agents=")
    key = server.account()
    server.tap(server.mint(key, destination=OWN)["token"])
    click, = server.export_all(key)
    assert (click["os"], click["device"], click["browser"]) == \
        (None, None, None)
    assert click["verdict"] == "human"


def test_the_same_in_stats_and_export(make_server):
    """Of many agents each system has as many clicks in both."""
    server = make_server()
    key = server.account()
    rows = [{"destination": OWN}] * 40
    agents = [harness.PHONE, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like "
              "Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
              "Version/18.6 Mobile/15E148 Safari/604.1",
              "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) "
              "Gecko/20100101 Firefox/140.0", "curl/8.5.0", ""]
    for i, row in enumerate(server.mint_batch(key, rows)):
        server.tap(row["token"], {"User-Agent": agents[i % 5]})
    clicks = server.export_all(key)
    load.tally_of(server)
    found = {}
    for click in clicks:
        found[click["os"]] = found.get(click["os"], 0) + 1
    stats = json.loads(server.cli("stats", "--by", "os", "--json").stdout)
    assert {r["os"]: r["requests"] for r in stats["rows"]} == found
    assert found["Android"] == found["iOS"] == 8 and found[None] == 8
