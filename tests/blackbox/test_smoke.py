"""The whole main job once: start, mint, tap, export, stop."""
import re
import subprocess

import pytest

import harness

DESTINATION = "https://shop.example/cart/{cart}?u={recipient}"


@pytest.mark.asan
@pytest.mark.tsan
def test_mint_tap_export(server):
    key = server.account()
    server.put_link(key, "shop-now", DESTINATION)
    minted = server.mint(key, link="shop-now", recipient="user 1",
                         ref="msg-9", params={"cart": "A/7"})
    token = minted["token"]
    assert re.fullmatch(r"u[0-9A-Za-z]{22}", token)
    assert minted["url"] == f"https://ct5.io/{token}"
    assert minted["expires_at"] is None

    answer = server.tap(token)
    assert answer.status == 302
    assert answer.headers["Location"] == \
        "https://shop.example/cart/A%2F7?u=user%201"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Content-Length"] == "0"
    assert answer.body == b""
    assert server.tap(token, method="HEAD").status == 302

    clicks = server.export_all(key)
    assert [click["verdict"] for click in clicks] == ["human", "probe"]
    click = clicks[0]
    assert click["token"] == token
    assert click["link"] == "shop-now"
    assert click["recipient"] == "user 1"
    assert click["ref"] == "msg-9"
    assert click["destination"] == answer.headers["Location"]
    assert click["outcome"] == "redirected"
    assert click["ip"] == "127.0.0.0"
    assert (click["counted"], click["unique"]) == (True, True)
    assert (clicks[1]["counted"], clicks[1]["unique"]) == (False, False)
    server.stop()


@pytest.mark.asan
def test_survives_restart(server):
    key = server.account()
    tokens = [server.mint(key, destination=f"https://shop.example/{i}")
              for i in range(3)]
    assert server.tap(tokens[0]["token"]).status == 302
    server.restart()
    assert server.tap(tokens[1]["token"]).status == 302
    server.kill9()
    server.start()
    answer = server.tap(tokens[2]["token"])
    assert answer.headers["Location"] == "https://shop.example/2"
    clicks = server.export_all(key)
    assert [c["token"] for c in clicks] == [t["token"] for t in tokens]
    assert len({c["id"] for c in clicks}) == 3


@pytest.mark.asan
def test_batch(server):
    key = server.account()
    rows = [{"destination": f"https://shop.example/{i}", "recipient": str(i)}
            for i in range(50)]
    answers = server.mint_batch(key, rows[:25] + ["{"] + rows[25:])
    assert len(answers) == 51
    assert "error" in answers[25] and "token" not in answers[25]
    good = answers[:25] + answers[26:]
    assert len({a["token"] for a in good}) == 50
    for i in (0, 24, 25, 49):
        assert server.tap(good[i]["token"]).headers["Location"] == \
            f"https://shop.example/{i}"


def test_second_server_is_refused(server, make_server):
    other = make_server(data=server.data, start=False)
    with pytest.raises(AssertionError, match="did not start .exit 1"):
        other.start()
    lines = other.stderr().splitlines()
    assert len(lines) == 1 and server.data in lines[0]
    assert server.tap("/healthz").status == 200


@pytest.mark.asan
def test_metrics_are_well_formed(server, promtool):
    key = server.account()
    token = server.mint(key, destination="https://shop.example/")["token"]
    server.tap(token)
    text = server.api("GET", "/metrics").body
    run = subprocess.run([promtool, "check", "metrics"], input=text,
                         capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    assert run.stderr == b""
    assert server.metric("ctio_taps_total") == 1
    assert server.metric("ctio_tokens_minted_total") == 1
