"""An export that breaks off, at any line, goes on: with a state file at least
once and without a hole, into a file exactly once."""
import csv
import io
import json
import os
import random
import signal
import subprocess

import pytest

import harness
import load

CLICKS = harness.rounds(35_000, 200_000)  # several pages
KILLS = harness.rounds(8, 40)
PAGE = 100
PIECE = 4096
SEED_BITS = 32
FORMATS = ("ndjson", "csv")
COLUMNS = ("cursor id revision at region account campaign link token recipient "
           "ref destination outcome verdict reason rules counted unique test "
           "method query ip country os device browser agent referer "
           "accept_language template template_language button card").split()


@pytest.fixture
def rng():
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    print(f"seed {seed}")
    return random.Random(seed)


def tap_some(server, token, n):
    """n taps, with blanks and quotes in them, as CSV likes them least."""
    paths = [f'{token}?n={i}&q="%0D%0A",' for i in range(n)]
    for status, _ in load.tap_all(server.click_port, paths):
        assert status == 302


@pytest.fixture(scope="module")
def filled():
    """A server with clicks, shared by tests that add to them alone."""
    folder = harness.Folder()
    server = harness.Server(folder / "data")
    try:
        tap_some(server.start(), mint(server), CLICKS)
        yield server
        server.stop()
    finally:
        if server.process:
            server.kill9()
        folder.remove()


def mint(server):
    return server.mint(server.account(), destination="https://shop.example/",
                       recipient='"a",\r\nb')["token"]


def read_rows(data, form, has_header):
    """Clicks as objects, without a last row that broke off."""
    if form == "ndjson":
        return [json.loads(line) for line in
                data[:data.rfind(b"\n") + 1].splitlines()]
    text = whole_rows(data).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if has_header and rows:
        assert rows.pop(0) == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert COLUMNS not in rows
    return [dict(zip(COLUMNS, row)) for row in rows]


def whole_rows(data):
    """CSV up to its last whole row: a line's end within quotes ends none."""
    end = at = 0
    is_quoted = False
    for part in data.splitlines(keepends=True):
        at += len(part)
        is_quoted ^= part.count(b'"') % 2 == 1
        if not is_quoted and part.endswith(b"\n"):
            end = at
    return data[:end]


def cursors(rows):
    return [row["cursor"] for row in rows]


def start_export(server, *options):
    return subprocess.Popen(
        [harness.BIN, "export", "--data", server.data, *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=harness.environment())


def export(server, *options):
    """All of it, as bytes: CSV's line ends are a matter of this test."""
    process = start_export(server, *options)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return out


def read_and_kill(process, n):
    """What came through the pipe of a process that was killed after about n
    bytes; more than what the pipe holds it cannot have written ahead."""
    got = b""
    while len(got) < n:
        piece = process.stdout.read1(PIECE)
        if not piece:
            break
        got += piece
    process.kill()
    rest, _ = process.communicate(timeout=60)
    return got + rest


def read_state(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as file:
        return file.read().strip()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.slow
def test_state(filled, folder, rng, form):
    server = filled
    whole = export(server, "--format", form)
    truth = cursors(read_rows(whole, form, True))
    place = {cursor: i + 1 for i, cursor in enumerate(truth)}
    assert len(place) == len(truth) >= CLICKS
    state = folder / "state"
    options = ("--state", state, "--format", form)
    received = at = 0  # whole rows the consumer has; where the state stands
    for i in range(KILLS):
        if i % 4 == 3:
            tap_some(server, read_rows(whole, form, True)[0]["token"], PAGE)
            whole = export(server, "--format", form)
            truth = cursors(read_rows(whole, form, True))
            place = {cursor: i + 1 for i, cursor in enumerate(truth)}
        left = len(whole) * (len(truth) - at) // len(truth)
        data = read_and_kill(start_export(server, *options),
                             rng.randrange(left + 1))
        rows = cursors(read_rows(data, form, at == 0))
        assert rows == truth[at:at + len(rows)]
        received = max(received, at + len(rows))
        cursor = read_state(state)
        at = place[cursor] if cursor else 0
        assert at <= received, "the state is ahead of what came out"
        print(f"{len(rows)} rows, the state at {at} of {len(truth)}")
    data = export(server, *options)
    assert cursors(read_rows(data, form, at == 0)) == truth[at:]
    assert place[read_state(state)] == len(truth)
    assert export(server, *options) == b""


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.slow
def test_output(filled, folder, rng, form):
    server = filled
    whole = export(server, "--format", form)
    output = folder / "clicks"
    options = ("-o", output, "--format", form)
    for i in range(KILLS):
        # Each goes a part of what is left, so that every kill finds some.
        size = os.path.getsize(output) if os.path.exists(output) else 0
        goal = size + rng.randrange((len(whole) - size) // 4 + 1)
        process = start_export(server, *options)
        harness.wait_until("the file grows", lambda: (
            process.poll() is not None or os.path.exists(output) and
            os.path.getsize(output) > goal))
        process.kill()
        process.communicate()
        if i % 2:
            # As if it had been killed within a row.
            size = os.path.getsize(output)
            os.truncate(output, max(size - rng.randrange(200), 0))
        with open(output, "rb") as file:
            data = file.read()
        assert whole.startswith(data)
        print(f"{len(data)} of {len(whole)} bytes")
    export(server, *options)
    with open(output, "rb") as file:
        assert file.read() == whole
    export(server, *options)
    with open(output, "rb") as file:
        assert file.read() == whole


@pytest.mark.slow
@pytest.mark.asan
def test_follow(server, folder, rng):
    """Followed into a file while people tap, killed on both sides."""
    token = mint(server)
    output = folder / "clicks"
    for i in range(KILLS):
        follower = start_export(server, "-o", output, "--follow")
        tap_some(server, token, rng.randrange(1, PAGE))
        if i % 3 == 2:
            server.kill9()
            server.start()
        follower.kill()
        follower.communicate()

    # The last one outlives a server.
    follower = start_export(server, "-o", output, "--follow")
    wait_for(output, export(server))
    server.kill9()
    server.start()
    tap_some(server, token, PAGE)
    truth = export(server)
    wait_for(output, truth)
    follower.send_signal(signal.SIGTERM)
    _, said = follower.communicate(timeout=60)
    assert follower.returncode == 0, said
    with open(output, "rb") as file:
        assert file.read() == truth


def wait_for(output, truth):
    harness.wait_until("all is followed", lambda: (
        os.path.exists(output) and os.path.getsize(output) >= len(truth)))


@pytest.mark.parametrize("form", FORMATS)
def test_every_line(server, form):
    key = server.account()
    token = server.mint(key, destination="https://shop.example/")["token"]
    tap_some(server, token, PAGE)
    answer = server.api("GET", f"/v1/clicks?limit={PAGE}&format={form}",
                        key=key)
    rows = read_rows(answer.body, form, True)
    assert len(rows) == PAGE
    for i, cursor in enumerate(cursors(rows)):
        limit = 1 + i % 7
        page = server.api("GET", f"/v1/clicks?after={cursor}&limit={limit}"
                          f"&format={form}", key=key)
        rest = read_rows(page.body, form, True)
        assert rest == rows[i + 1:i + 1 + limit]
        # By the page's own link it goes on without a hole, too.
        following = read_rows(server.api("GET", page.next(), key=key).body,
                              form, True)
        assert following == rows[i + 1 + len(rest):][:limit]
