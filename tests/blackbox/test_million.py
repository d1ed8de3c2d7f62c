"""A campaign's recipients through `ctio mint`: a token each, all distinct, in
memory that does not grow; random ones tapped lead where they should, and the
export holds exactly those clicks. And `ctio mint -o` interrupted at random."""
import contextlib
import csv
import json
import os
import random
import re
import subprocess
import urllib.parse

import pytest

import harness
import load

ROWS = harness.rounds(100_000, 1_000_000)
TAPS = harness.rounds(1_000, 10_000)
INTERRUPTED_ROWS = harness.rounds(60_000, 300_000)
INTERRUPTIONS = harness.rounds(6, 30)
GROWTH_MAX_KB = 16 << 10  # of anonymous memory, between 20 % and all of a run
SETTLED = 0.2
SAMPLE_EVERY = 0.005
SEED_BITS = 32

LINK = "cart"
TO = "https://shop.example/cart/{cart}?u={recipient}#top"
HEADER = ["recipient", "name", "cart", "ref"]
PIECES = ["A7", "é", "日本", "👍", " ", "+", "%", "%41", "&", "=", "/", "?", "#",
          ",", '"', "''", "\n", "\r\n", "\t", "{x}", "~", "-", "_", ".", "<b>",
          "\\", "a b", ":@"]


def row_of(rng, i):
    """Row i, as CSV's fields: no two have the same recipient."""
    return [f"user-{i}" + rng.choice(PIECES),
            "".join(rng.choices(PIECES, k=3)),
            "c" + "".join(rng.choices(PIECES, k=rng.randrange(4))),
            f"msg-{i}"]


def destination_of(row):
    """What RFC 6570 makes of the link, by another implementation."""
    def encoded(text):
        return urllib.parse.quote(text, safe="")

    return (f"https://shop.example/cart/{encoded(row[2])}"
            f"?u={encoded(row[0])}#top")


def write_recipients(path, seed, n):
    rng = random.Random(seed)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(row_of(rng, i) for i in range(n))


def read_minted(path, seed, n):
    """The tokens of n rows, after each was held against what went in."""
    rng = random.Random(seed)
    tokens = []
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        assert next(reader) == [*HEADER, "token", "url", "error"]
        for i, row in enumerate(reader):
            *before, token, url, error = row
            assert before == row_of(rng, i)
            assert error == "" and url == f"https://ct5.io/{token}", row
            tokens.append(token)
    assert len(tokens) == n
    assert len(set(tokens)) == n
    return tokens


def anonymous_kb(pid):
    """Memory of the process without files: LMDB's map does not count. None
    once the process has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            m = re.search(r"^RssAnon:\s*(\d+)", file.read(), re.MULTILINE)
    except OSError:
        return None
    return int(m.group(1)) if m else None


class Memory:
    """Samples of two processes' memory, while a file grows."""

    def __init__(self, pids, output):
        self.pids = pids
        self.output = output
        self.samples = []

    def sample(self):
        now = [anonymous_kb(pid) for pid in self.pids.values()]
        if None not in now and os.path.exists(self.output):
            self.samples.append((os.path.getsize(self.output), now))

    def check(self):
        whole = os.path.getsize(self.output)
        late = [now for size, now in self.samples if size >= SETTLED * whole]
        assert len(late) >= 5, f"only {len(late)} of {len(self.samples)}"
        for i, name in enumerate(self.pids):
            used = [now[i] for now in late]
            print(f"{name}: {used[0]} KiB at {SETTLED:.0%}, at most "
                  f"{max(used)} KiB, {used[-1]} KiB at the end, "
                  f"{len(used)} samples")
            assert max(used) - used[0] < GROWTH_MAX_KB, name


def start_mint(server, source, output):
    return subprocess.Popen(
        [harness.BIN, "mint", "--data", server.data, "--link", LINK, "-o",
         output, source], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=harness.environment(), text=True)


def finish(process):
    _, text = process.communicate(timeout=600)
    assert process.returncode == 0, text
    return text


def check_taps(server, tokens, seed, rng, export):
    """Taps random tokens and reads what the export says of them."""
    tapped = sorted(rng.sample(range(len(tokens)), TAPS))
    people = random.Random(seed)
    rows = [row_of(people, i) for i in range(len(tokens))]
    answers = load.tap_all(server.click_port, [tokens[i] for i in tapped])
    for i, answer in zip(tapped, answers):
        assert answer == (302, destination_of(rows[i])), rows[i]
    server.cli("export", "-o", export)
    with open(export, encoding="utf-8") as file:
        clicks = [json.loads(line) for line in file]
    found = sorted((c["token"], c["recipient"], c["ref"], c["destination"],
                    c["link"]) for c in clicks)
    assert found == sorted(
        (tokens[i], rows[i][0], rows[i][3], destination_of(rows[i]), LINK)
        for i in tapped)
    assert len({c["id"] for c in clicks}) == TAPS


@pytest.mark.slow
def test_million(server, folder):
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    print(f"seed {seed}")
    server.put_link(server.account(), LINK, TO)
    source, output = folder / "recipients.csv", folder / "minted.csv"
    write_recipients(source, seed, ROWS)
    process = start_mint(server, source, output)
    memory = Memory({"server": server.process.pid, "client": process.pid},
                    output)
    while process.poll() is None:
        memory.sample()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SAMPLE_EVERY)
    finish(process)
    memory.check()
    tokens = read_minted(output, seed, ROWS)
    assert load.region_status(server)["tokens_numbered"] == ROWS
    check_taps(server, tokens, seed, random.Random(seed), folder / "clicks")


@pytest.mark.slow
def test_interrupted(server, folder):
    """Killed at random moments and run again, it mints no row twice, and what
    it had written stays."""
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    print(f"seed {seed}")
    rng = random.Random(seed)
    server.put_link(server.account(), LINK, TO)
    source, output = folder / "recipients.csv", folder / "minted.csv"
    write_recipients(source, seed, INTERRUPTED_ROWS)
    whole = os.path.getsize(source) * 2
    before = b""
    for _ in range(INTERRUPTIONS):
        process = start_mint(server, source, output)
        goal = len(before) + rng.randrange(max((whole - len(before)) // 3, 1))
        harness.wait_until("the output grows", lambda: (
            process.poll() is not None or os.path.exists(output) and
            os.path.getsize(output) > goal))
        process.kill()
        process.communicate()
        if rng.random() < 0.3:
            server.kill9()
            server.start()
        with open(output, "rb") as file:
            now = file.read()
        # A line that broke off is written anew.
        kept = before[:before.rfind(b"\n") + 1]
        assert now.startswith(kept)
        before = now
        print(f"killed with {now.count(bytes([10]))} lines of output, "
              f"{load.region_status(server)['tokens_numbered']} numbered")
    print(finish(start_mint(server, source, output)))
    read_minted(output, seed, INTERRUPTED_ROWS)
    with open(output, "rb") as file:
        assert file.read().startswith(before[:before.rfind(b"\n") + 1])
    assert load.region_status(server)["tokens_numbered"] == INTERRUPTED_ROWS
    assert not os.path.exists(output + ".ctio-mint")
    # Once more: all is there already.
    print(finish(start_mint(server, source, output)))
    assert load.region_status(server)["tokens_numbered"] == INTERRUPTED_ROWS
