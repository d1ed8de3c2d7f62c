"""bench/scale and what it runs, at sizes that take seconds: that they work,
and that they notice what is wrong. Figures are not looked at."""
import json
import os
import subprocess
import xml.etree.ElementTree

from harness import BIN, ROOT

SCALE = os.path.join(ROOT, "bench/scale")
PROGRAMS = os.path.dirname(BIN)
MINT_STREAM = os.path.join(PROGRAMS, "mint_stream")
MICRO = os.path.join(PROGRAMS, "micro")
WAIT_MAX = 300
DESTINATION = "https://shop.example/cart/{cart}?u={recipient}"


def run(*words, status=0):
    done = subprocess.run([str(w) for w in words], text=True,
                          capture_output=True, timeout=WAIT_MAX, check=False)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def lines_of(path):
    with open(path, encoding="ascii") as file:
        return file.read().splitlines()


def test_scale(folder):
    done = run(SCALE, "--quick", "--sizes", "500,2e3", "--singles", 100,
               "--bin", PROGRAMS, "--results", folder / "results")
    with open(folder / "results/scale.json", encoding="utf-8") as file:
        results = json.load(file)
    assert [r["size"] for r in results["rows"]] == [500, 2000]
    for row in results["rows"]:
        assert row["mint_per_cpu_second"] > 0
        assert row["beyond_callers"] > 0
        assert row["random"]["rate"] > 0
        assert row["recent"]["rate"] > 0
    assert results["clicks_checked"] > 0
    assert results["one_by_one"]["beyond_callers"] > 0
    assert "| 2,000 |" in done.stdout
    root = xml.etree.ElementTree.parse(folder / "results/scale.svg").getroot()
    assert root.tag.endswith("svg")


def test_scale_refuses_a_size_that_is_none(folder):
    for option in (("--sizes", "2000,500"), ("--sizes", "1.5"),
                   ("--max", "99999")):
        run(SCALE, *option, "--bin", PROGRAMS, "--results", folder / "none",
            status=2)
    assert not os.path.exists(folder / "none")


def test_minted_tokens_lead_where_the_samples_say(folder, server, key):
    server.put_link(key, "shop", DESTINATION)
    done = run(MINT_STREAM, "--port", server.api_port, "--key", key,
               "--from", 7, "--tokens", 3000, "--sample-every", 100,
               "--sample", folder / "sample", "--newest-count", 5,
               "--newest", folder / "newest")
    assert json.loads(done.stdout)["tokens"] == 3000
    sample = lines_of(folder / "sample")
    newest = lines_of(folder / "newest")
    assert [line.split("/C")[1] for line in sample] == [
        f"{n}?u=user-{n}" for n in range(100, 3007, 100)]
    assert {line.split("/C")[1] for line in newest} == {
        f"{n}?u=user-{n}" for n in range(3002, 3007)}
    for line in sample + newest:
        token, location = line.split(" ")
        answer = server.tap(token)
        assert answer.status == 302
        assert answer.headers["Location"] == location


def test_a_line_that_is_refused_fails_the_mint(server, key):
    server.put_link(key, "shop", DESTINATION)
    done = run(MINT_STREAM, "--port", server.api_port, "--key", key,
               "--tokens", 10, "--line", '{"link":"none"}', status=1)
    assert "answer 1: " in done.stderr
    assert "there is no link of this name" in done.stderr
    done = run(MINT_STREAM, "--port", server.api_port, "--key", "none",
               "--tokens", 10, status=1)
    assert "401" in done.stderr


def test_the_administrators_socket_mints_too(server, key):
    server.put_link(key, "shop", DESTINATION)
    done = run(MINT_STREAM, "--unix", os.path.join(server.data, "ctio.sock"),
               "--tokens", 100)
    assert json.loads(done.stdout)["tokens"] == 100


def test_micro(folder):
    os.mkdir(folder / "data")
    done = run(MICRO, "--json", "--quick", "--tokens", 5000, folder / "data")
    rows = json.loads(done.stdout)["rows"]
    kinds = {r["operation"].partition(":")[0] for r in rows}
    assert kinds >= {"request", "path", "token", "click", "resolve", "mint",
                     "feed", "log", "tally"}
    assert len({r["operation"] for r in rows}) == len(rows)
    for row in rows:
        assert 0 < row["ns_least"] <= row["ns"] <= row["ns_most"], row


def test_micro_refuses_wrong_usage(folder):
    for words in ((), ("--tokens", "0", folder / "x"), ("a", "b"),
                  ("--only", "none", folder / "x"), ("--wrong", "x")):
        run(MICRO, *words, status=2)
