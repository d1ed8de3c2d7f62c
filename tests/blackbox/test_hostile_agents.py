"""Agents made to hurt: long, nested, each another one. Taps are answered all
the same, and memory stays within its bound."""
import os
import random
import re

import pytest

import harness
import load
from wire import Wire, head

OWN = "https://shop.example/"
AGENTS = 100000 if os.environ.get("CTIO_FULL") else 6000
PIPELINED = 50
# What the click writer and the segment keep of agents, and then some.
MEMORY_MAX_KB = 80 << 10
PIECES = ["(KHTML, ", "Mobile", "Build/", ";;;;", "Android 4.", "((((", "))))",
          "Opera/9.80 ", "Chrome/1.1.1.1.1.1.", "Version/", "aaaaaaaaaaaa",
          "-_-_-_", "SAMSUNG ", "MSIE 9.0; ", "Windows NT ", "iPhone OS 1_1_",
          "bot", "compatible; ", "[FBAN/", "\xc3\xa4", "........", "0" * 40,
          "Dalvik/2.1.0 (Linux; U; ", "Mozilla/5.0 "]


def hostile(rng, number):
    text = f"{number} "
    size = rng.choice([20, 200, 511, 2000])
    while len(text) < size:
        text += rng.choice(PIECES) * rng.randint(1, 8)
    return text[:size]


def anonymous_kb(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"^RssAnon:\s*(\d+)", file.read(), re.M).group(1))


@pytest.mark.slow
def test_hostile_agents(make_server):
    server = make_server("click.commit_wait_max=10s")
    key = server.account()
    token = server.mint(key, destination=OWN)["token"]
    server.tap(token)
    load.tally_of(server)
    before, rng = anonymous_kb(server), random.Random(7)
    with Wire(server.click_port) as wire:
        for i in range(0, AGENTS, PIPELINED):
            wire.send(b"".join(
                head("GET", f"/{token}",
                     f"User-Agent: {hostile(rng, i + k)}")
                for k in range(PIPELINED)))
            for _ in range(PIPELINED):
                assert wire.answer()["Location"] == OWN
    assert server.metric("ctio_clicks_lost_total") == 0
    assert server.metric("ctio_clicks_late_total") == 0
    load.tally_of(server)
    assert anonymous_kb(server) - before < MEMORY_MAX_KB
    # People among them are told apart as ever.
    server.tap(token)
    last = server.export_all(key)[-1]
    assert (last["verdict"], last["os"]) == ("human", "Android")
    load.tally_of(server)
    stats = server.api("GET", "/v1/stats?by=os", key=key).json()
    assert sum(row["requests"] for row in stats["rows"]) == AGENTS + 2
    assert harness.PHONE == last["agent"]
