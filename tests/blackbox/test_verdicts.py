"""Who tapped, as clicks say: people count, machines are kept and do not."""
import re

import pytest

import harness
from wire import Wire, head

pytestmark = pytest.mark.asan

OWN = "https://shop.example/"
SAFARI = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) "
          "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
          "Mobile/15E148 Safari/604.1")

# (headers, verdict, reason)
VERDICTS = [
    ({}, "human", "whatsapp-app"),
    ({"User-Agent": SAFARI}, "human", "none"),
    ({"User-Agent": ""}, "bot", "empty-agent"),
    ({"User-Agent": "WhatsApp/2.24.9 A"}, "preview", "whatsapp-agent"),
    ({"User-Agent": "curl/8.5.0"}, "bot", "http-library"),
    ({"User-Agent": "facebookexternalhit/1.1"}, "preview", "meta-agent"),
    ({"Sec-Purpose": "prefetch;prerender"}, "prefetch", "sec-purpose"),
    ({"Purpose": "prefetch"}, "prefetch", "purpose"),
    ({"X-Purpose": "preview"}, "prefetch", "x-purpose"),
    ({"X-Moz": "prefetch"}, "prefetch", "x-moz"),
    ({"Sec-Purpose": "nothing", "User-Agent": "WhatsApp/2"}, "preview",
     "whatsapp-agent"),
    ({"User-Agent": SAFARI, "Referer": "https://x.emailprotection.link/?a"},
     "bot", "scanner-referer"),
]


def test_verdicts(tenant):
    tokens = [row["token"] for row in tenant.mint_batch(
        [{"destination": OWN}] * len(VERDICTS))]
    for token, (headers, _, _) in zip(tokens, VERDICTS):
        assert tenant.tap(token, headers).headers["Location"] == OWN
    clicks = {c["token"]: c for c in tenant.export_all()}
    for token, (headers, verdict, reason) in zip(tokens, VERDICTS):
        click = clicks[token]
        assert (click["verdict"], click["reason"]) == (verdict, reason), \
            headers
        human = verdict == "human"
        assert (click["counted"], click["unique"]) == (human, human)
        assert click["outcome"] == "redirected"
        assert click["rules"] == 2000


def test_no_agent_at_all(tenant):
    token = tenant.mint(destination=OWN)["token"]
    with Wire(tenant.server.click_port) as wire:
        wire.send(head("GET", f"/{token}"))
        assert wire.answer().status == 302
    click, = tenant.export_all()
    assert (click["verdict"], click["agent"]) == ("bot", None)


def test_taps_are_counted_by_verdict(server):
    key = server.account()
    server.put_link(key, "quiet", OWN, track=False)
    tokens = [server.mint(key, destination=OWN)["token"],
              server.mint(key, link="quiet")["token"]]
    for token in tokens:
        server.tap(token)
        server.tap(token, {"User-Agent": "curl/8.5.0"})
    text = server.api("GET", "/metrics").text
    found = dict(re.findall(
        r'^ctio_taps_total\{region="us1",outcome="redirected",'
        r'verdict="(\w+)"\} (\d+)$', text, re.M))
    assert (found["human"], found["bot"], found["probe"]) == ("2", "2", "0")


def test_repeats(make_server):
    """A double tap is shown and not counted; a second person counts."""
    server = make_server("click.repeat_window=10m")
    key = server.account()
    token, other = [server.mint(key, destination=OWN)["token"]
                    for _ in range(2)]
    for headers in ({}, {}, {"User-Agent": SAFARI}, {}):
        server.tap(token, headers)
    server.tap(other)
    server.kill9()
    server.start()
    server.tap(token)
    server.tap(other, {"User-Agent": SAFARI})
    assert [(c["verdict"], c["reason"], c["counted"], c["unique"])
            for c in server.export_all(key)] == [
        ("human", "whatsapp-app", True, True),
        ("repeat", "repeat", False, False),
        ("human", "none", True, False),
        ("repeat", "repeat", False, False),
        ("human", "whatsapp-app", True, True),
        ("repeat", "repeat", False, False),
        ("human", "none", True, False)]


RULES = """\
version 12
human agent contains "Acme Kiosk"
bot   agent starts   Mozilla/5.0
bot   referer host   scanner.example
"""


def write_rules(folder, text):
    path = folder / "rules"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def test_operators_rules(make_server, folder):
    path = write_rules(folder, RULES)
    server = make_server(f"click.verdict_rules={path}")
    key = server.account()
    tokens = [server.mint(key, destination=OWN)["token"] for _ in range(4)]
    server.tap(tokens[0])
    server.tap(tokens[1], {"User-Agent": "acme kiosk/1 bot"})
    server.tap(tokens[2], {"User-Agent": "Opera/9.80 (Android; Opera Mini)",
                           "Referer": "http://a.scanner.example/x"})
    server.tap(tokens[3], {"User-Agent": "WhatsApp/2.1"})
    assert [(c["verdict"], c["reason"], c["rules"])
            for c in server.export_all(key)] == [
        ("bot", "operator-rule", 2012), ("human", "operator-rule", 2012),
        ("bot", "operator-rule", 2012), ("preview", "whatsapp-agent", 2012)]


def test_check_reads_the_rules(folder):
    path = write_rules(folder, RULES + "bot agent is\nrobot agent is x\n")
    done = harness.cli("check", "--set", f"click.verdict_rules={path}",
                       status=1)
    lines = done.stderr.splitlines()
    assert len(lines) == 2 and done.stdout == ""
    assert lines[0].startswith(f"{path}:5: ")
    assert lines[1].startswith(f"{path}:6: ")
    write_rules(folder, RULES)
    done = harness.cli("check", "--set", f"click.verdict_rules={path}")
    assert done.stdout == "the defaults: fine\n"


@pytest.mark.parametrize("key", ["verdict_rules", "agents", "countries"])
def test_missing_files_are_named(folder, key):
    path = folder / "nothing"
    done = harness.cli("check", "--set", f"click.{key}={path}", status=1)
    assert path in done.stderr
    done = harness.cli("serve", "--data", folder / "data",
                       "--set", f"click.{key}={path}", status=1)
    assert path in done.stderr
