"""Trouble with the disk does not stop people: a redirect waits for its click
`commit_wait_max` long and no longer, and every click that was not written in
time is counted as late or lost. Mints are refused while they cannot be kept."""
import contextlib
import itertools
import os
import subprocess
import threading
import time

import pytest

import harness
import load

STALL = 2.0
REDIRECT_MAX = 1.0     # with a busy machine in mind; far below STALL
COMMIT_WAIT = 0.095    # the default, less the clocks' grain
PEOPLE = 20
TO = "https://shop.example/"
WAIT = "click.commit_wait_max=100ms"  # the default
SMALL_DISK = 16 << 20
BLOCK = 64 << 10
TRIES_MAX = 20000
DAY = 86400
MANY = 100_000  # lines, more than sockets hold
FLOOD = 70000  # more than the click writer's queue holds


class Person(threading.Thread):
    """One tap, with the time it took."""

    def __init__(self, server, token):
        super().__init__()
        self.server = server
        self.token = token
        self.answer = None
        self.seconds = None
        self.start()

    def run(self):
        begun = time.monotonic()
        self.answer = self.server.tap(self.token)
        self.seconds = time.monotonic() - begun


def tap_at_once(server, token, n):
    people = [Person(server, token) for _ in range(n)]
    for person in people:
        person.join(harness.ANSWER_MAX)
        assert not person.is_alive()
    for person in people:
        assert person.answer.status == 302, person.answer
        assert person.answer.headers["Location"] == TO
    return [person.seconds for person in people]


def counters(server):
    metrics = server.metrics()
    return tuple(sum(value for name, value in metrics.items()
                     if name.startswith(f"ctio_clicks_{what}_total"))
                 for what in ("late", "lost"))


def settled(server, total=None):
    """Late and lost clicks, once none is on its way; total is how many these
    must be, where that is known. The click loops count a moment after the
    queue is empty."""
    harness.wait_until("all clicks are decided", lambda: (
        load.region_status(server)["click_queue"] == 0))
    seen = [None]

    def stands_still():
        seen.append(counters(server))
        return seen[-1] == seen[-2] if total is None \
            else sum(seen[-1]) == total

    harness.wait_until(f"late and lost are {total}", stands_still)
    return seen[-1]


def try_mint(server, key):
    return server.api("POST", "/v1/tokens", {"destination": TO}, key)


def try_batch(server, key, n=3):
    """A batch, which may end in any way; its answer."""
    lines = f'{{"destination": "{TO}"}}\n' * n
    return server.api("POST", "/v1/tokens", key=key, body=lines.encode(),
                      headers={"Content-Type": "application/x-ndjson"})


def check_refused(answer):
    assert answer.status == 503, answer
    assert answer.headers["Retry-After"], answer
    assert answer.headers["Content-Type"] == "application/problem+json"


def readiness(server):
    return (server.api("GET", "/readyz").status,
            server.api("GET", "/readyz?for=mint").status)


@pytest.mark.alone
@pytest.mark.parametrize("wait", ("100ms", "0"))
def test_stall(folder, make_server, make_shim, wait):
    shim = make_shim(folder / "data")
    server = make_server(f"click.commit_wait_max={wait}", env=shim.env(),
                         data=folder / "data")
    key = server.account()
    token = server.mint(key, destination=TO)["token"]
    assert server.tap(token).status == 302

    shim.set("stall")
    begun = time.monotonic()
    try:
        took = tap_at_once(server, token, PEOPLE)
        took += tap_at_once(server, token, PEOPLE)
        assert server.api("GET", "/livez").status == 200
        time.sleep(max(0, begun + STALL - time.monotonic()))
    finally:
        shim.clear("stall")
    print(f"stalled: {min(took):.3f} to {max(took):.3f} s")
    assert max(took) < REDIRECT_MAX
    if wait != "0":
        assert min(took) >= COMMIT_WAIT

    # Without waiting every reply leaves before its click is on disk.
    late = 2 * PEOPLE + (wait == "0")
    assert settled(server, late) == (late, 0)
    clicks = server.export_all(key)
    assert len(clicks) == len({c["id"] for c in clicks}) == 1 + 2 * PEOPLE
    took = tap_at_once(server, token, 1)
    assert max(took) < REDIRECT_MAX
    late += wait == "0"
    assert settled(server, late) == (late, 0)


@contextlib.contextmanager
def mounted(path):
    """A small disk there; where that is not allowed the test is skipped, and
    the one with the shim remains."""
    os.mkdir(path)
    run = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", path],
        capture_output=True, check=False)
    if run.returncode:
        pytest.skip(f"cannot mount: {run.stderr.decode()}")
    try:
        yield
    finally:
        # The server has ended: this fixture was made before it.
        subprocess.run(["umount", path], check=True)


class SmallDisk:
    """A file system that really fills up."""

    is_real = True

    def __init__(self, path):
        self.data = os.path.join(path, "data")
        self.filler = os.path.join(path, "filler")
        self.env = {}

    def fill(self):
        block = os.urandom(BLOCK)
        with open(self.filler, "ab", buffering=0) as file:
            with contextlib.suppress(OSError):
                while file.write(block) == len(block):
                    pass

    def free(self):
        os.unlink(self.filler)


class ShimDisk:
    """One whose writes fail as if it were full."""

    is_real = False

    def __init__(self, shim):
        self.shim = shim
        self.data = shim.data
        self.env = shim.env()

    def fill(self):
        self.shim.set("enospc")

    def free(self):
        self.shim.clear("enospc")


@pytest.fixture(params=("tmpfs", "shim"))
def disk(request, folder, make_shim):
    if request.param == "shim":
        yield ShimDisk(make_shim(folder / "data"))
        return
    with mounted(folder / "small"):
        yield SmallDisk(folder / "small")


def until_refused(attempt):
    """Free pages of the store serve a few more."""
    answers = []
    for _ in range(TRIES_MAX):
        answers.append(attempt())
        if answers[-1].status >= 400:
            return answers
    raise AssertionError("never refused")


def fill_until_late(server, disk, token):
    """Taps until the log does not take them any more; how many it were."""
    for n in itertools.count(1):
        assert n < TRIES_MAX
        assert tap_at_once(server, token, 1)[0] < REDIRECT_MAX
        if disk.is_real:
            disk.fill()  # what the store gave back
        if server.metric("ctio_commit_failures_total"):
            return n


@pytest.mark.alone
@pytest.mark.slow
def test_full_disk(disk, make_server):
    server = make_server(WAIT, env=disk.env, data=disk.data)
    key = server.account()
    token = server.mint(key, destination=TO)["token"]
    assert server.tap(token).status == 302
    assert readiness(server) == (200, 200)

    disk.fill()
    singles = until_refused(lambda: try_mint(server, key))
    check_refused(singles[-1])
    minted = [a.json()["token"] for a in singles[:-1]]
    check_refused(until_refused(lambda: try_batch(server, key))[-1])
    if disk.is_real:
        assert readiness(server) == (200, 503)
    else:
        # One who writes it all before reading learns why, too.
        check_refused(try_batch(server, key, MANY))
    taps = 1 + fill_until_late(server, disk, token)
    took = tap_at_once(server, token, PEOPLE)
    taps += PEOPLE
    print(f"full: redirects take up to {max(took):.3f} s")
    assert max(took) < REDIRECT_MAX
    # What is stored is still served.
    assert server.export_all(key)
    answer = server.api("GET", f"/v1/tokens/{token}", key=key)
    assert answer.status == 200
    check_refused(try_mint(server, key))

    disk.free()
    answer = harness.wait_until("mints work again", lambda: next(
        (a for a in [try_mint(server, key)] if a.status == 201), None))
    minted.append(answer.json()["token"])
    assert all("token" in line for line in try_batch(server, key).lines())
    assert readiness(server) == (200, 200)
    late, lost = settled(server)
    print(f"{taps} taps, {late} late, {lost} lost")
    assert late > 0
    assert len(server.export_all(key)) + lost == taps
    assert load.tally_of(server)["tally_requests"] + lost == taps
    assert tap_at_once(server, token, 1)[0] < REDIRECT_MAX
    assert settled(server) == (late, lost)

    server.restart()
    for one in minted:
        assert server.tap(one).headers["Location"] == TO
    clicks = server.export_all(key)
    assert len(clicks) + lost == taps + 1 + len(minted)
    assert len({c["id"] for c in clicks}) == len(clicks)


@pytest.mark.slow
@pytest.mark.parametrize("disk", ("tmpfs",), indirect=True)
def test_full_at_start(disk, make_server):
    """A server that comes up on a full disk leads people on too. Not with the
    shim, which fails flushes that a full disk lets pass."""
    server = make_server(WAIT, env=disk.env, data=disk.data)
    key = server.account()
    token = server.mint(key, destination=TO)["token"]
    assert server.tap(token).status == 302
    load.tally_of(server)
    disk.fill()
    server.kill9()
    server.start()
    assert max(tap_at_once(server, token, PEOPLE)) < REDIRECT_MAX
    disk.free()
    harness.wait_until("mints work again",
                       lambda: try_mint(server, key).status == 201)
    late, lost = settled(server)
    print(f"{late} late, {lost} lost")
    clicks = server.export_all(key)
    assert len(clicks) + lost == 1 + PEOPLE
    assert [c["unique"] for c in clicks] == [True] + [False] * (
        len(clicks) - 1)


@pytest.mark.slow
def test_full_at_midnight(folder, make_server, make_shim):
    """The new day's segment cannot be made: it is made later."""
    shim = make_shim(folder / "data")
    disk = ShimDisk(shim)
    server = make_server(WAIT, env=disk.env, data=disk.data)
    key = server.account()
    token = server.mint(key, destination=TO)["token"]
    assert server.tap(token).status == 302
    load.tally_of(server)
    disk.fill()
    shim.set("clock", DAY)
    folder_of_clicks = os.path.join(disk.data, "us1", "clicks")

    def tomorrow_comes():
        tap_at_once(server, token, 1)
        return server.metric("ctio_commit_failures_total")

    harness.wait_until("the commits fail", tomorrow_comes)
    assert max(tap_at_once(server, token, PEOPLE)) < REDIRECT_MAX
    disk.free()
    late, lost = settled(server)
    assert lost == 0 and late >= PEOPLE
    harness.wait_until("the day has begun", lambda: len(
        [n for n in os.listdir(folder_of_clicks) if len(n) == 10]) == 2)
    ids = {c["id"] for c in server.export_all(key)}
    assert len(ids) == server.metric("ctio_taps_total")


@pytest.mark.slow
def test_queue_is_full(folder, make_server, make_shim):
    """More people than clicks that can wait for space: all are led on, and
    the clicks that had no room are counted as lost."""
    disk = ShimDisk(make_shim(folder / "data"))
    server = make_server(WAIT, env=disk.env, data=disk.data)
    key = server.account()
    token = server.mint(key, destination=TO)["token"]
    disk.fill()
    for answer in load.tap_all(server.click_port, [token] * FLOOD):
        assert answer == (302, TO)
    disk.free()
    late, lost = settled(server, FLOOD)
    print(f"{FLOOD} taps, {late} late, {lost} lost")
    assert lost > 0 and late > 0
    kept = load.tally_of(server)["tally_requests"]
    assert kept == late
    ids = {c["id"] for c in server.export_all(key, limit=10000)}
    assert len(ids) == kept
    assert server.tap(token).status == 302
    assert load.tally_of(server)["tally_requests"] == kept + 1


@pytest.mark.slow
def test_disk_is_broken(folder, make_server, make_shim):
    """EIO, with space left: what was written may be gone whatever a second try
    says, so nothing more is written before a restart."""
    shim = make_shim(folder / "data")
    server = make_server(WAIT, env=shim.env(), data=folder / "data")
    key = server.account()
    token = server.mint(key, destination=TO)["token"]
    assert server.tap(token).status == 302

    shim.set("eio")
    check_refused(try_mint(server, key))
    check_refused(try_batch(server, key))
    assert max(tap_at_once(server, token, PEOPLE)) < REDIRECT_MAX
    assert readiness(server) == (200, 503)
    assert settled(server, PEOPLE) == (0, PEOPLE)

    shim.clear("eio")
    check_refused(try_mint(server, key))
    assert max(tap_at_once(server, token, 1)) < REDIRECT_MAX
    assert readiness(server) == (200, 503)
    assert settled(server, PEOPLE + 1) == (0, PEOPLE + 1)
    said = server.stderr()
    assert said.count("clicks cannot be written") == 1, said
    assert said.count("mints are refused") == 1, said
    assert len(server.export_all(key)) == 1

    server.restart()
    assert readiness(server) == (200, 200)
    assert server.tap(token).headers["Location"] == TO
    token = server.mint(key, destination=TO)["token"]
    assert server.tap(token).headers["Location"] == TO
    assert len(server.export_all(key)) == 3
