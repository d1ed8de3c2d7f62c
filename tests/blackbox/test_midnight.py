"""The change of the UTC day, under load, and clocks that jump: no click is
lost or repeated, a sealed day stays sealed, and cursors go on."""
import datetime
import hashlib
import os
import random
import time

import pytest

import harness
import load

DAY = 86400
BEFORE = 1.5   # seconds of load on each side of midnight
AFTER = 1.5
SEED_BITS = 32
REGION = "us1"
FIRST = 7  # clicks of the page that a cursor is kept of


@pytest.fixture
def rng():
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    print(f"seed {seed}")
    return random.Random(seed)


class Days:
    """A server whose clock the test sets, and what it and its clients did."""

    def __init__(self, make_server, shim):
        now = time.time()
        self.midnight = (int(now) // DAY + 1) * DAY
        self.shim = shim
        self.offset = None
        self.set_clock(self.midnight - 60)
        self.server = make_server("click.commit_wait_max=60s",
                                  env=shim.env(), data=shim.data)
        self.key = self.server.account()
        self.book = load.Book()
        self.audit = load.Audit(self.server, self.key, self.book)
        self.loads = 0

    def set_clock(self, to):
        """So that it is that time now, by the server's clock."""
        self.offset = int(to - time.time())
        self.shim.set("clock", self.offset)

    def clock(self):
        return time.time() + self.offset

    def load(self, rng):
        self.loads += 1
        return load.Load(self.server, self.key, self.book,
                         rng.getrandbits(SEED_BITS), f"load{self.loads}",
                         singles=1).start()

    def some_load(self, rng, answers=300):
        goal = self.book.answers + answers
        clients = self.load(rng)
        try:
            harness.wait_until("the load goes on", lambda: (
                self.book.answers >= goal or clients.errors))
        finally:
            clients.stop()
        self.audit.check()

    def folders(self):
        return sorted(os.listdir(os.path.join(
            self.shim.data, REGION, "clicks")))

    def day(self, days=0):
        """The name of the day that ends at midnight, or of a later one."""
        at = self.midnight - 1 + days * DAY
        return datetime.datetime.fromtimestamp(
            at, datetime.timezone.utc).strftime("%Y-%m-%d")

    def digest(self, name):
        path = os.path.join(self.shim.data, REGION, "clicks", name, "data.mdb")
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def since(self, at):
        """Clicks from that time on, by the export's own filter."""
        text = datetime.datetime.fromtimestamp(
            at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.server.export_all(self.key, **{"from": text,
                                                   "limit": 10000})


@pytest.fixture
def days(folder, make_server, make_shim):
    return Days(make_server, make_shim(folder / "data"))


def across_midnight(days, rng, kill):
    """Load from before midnight until after it; with a kill on the way."""
    days.set_clock(days.midnight - BEFORE)
    clients = days.load(rng)
    goal = days.midnight + (0 if kill else AFTER)
    try:
        harness.wait_until("midnight comes", lambda: (
            days.clock() >= goal or clients.errors))
        if kill:
            time.sleep(rng.random() * 0.01)
            days.server.kill9()
    finally:
        clients.stop()
    if kill:
        days.server.start()
        days.some_load(rng)


@pytest.mark.slow
@pytest.mark.parametrize("kill", (False, True))
def test_midnight(days, rng, kill):
    days.some_load(rng)
    assert days.folders() == [days.day()]
    across_midnight(days, rng, kill)
    assert days.folders() == [days.day(), days.day(1)]
    days.audit.check()
    days.audit.check_whole()
    late = days.since(days.midnight)
    print(f"{len(days.book.answered)} taps answered, "
          f"{len(days.audit.clicks)} clicks, {len(late)} after midnight")
    assert 0 < len(late) < len(days.audit.clicks)
    assert all(c["at"].startswith(days.day(1)) for c in late)
    days.server.restart()
    days.audit.check()
    days.audit.check_whole()


@pytest.mark.slow
def test_clock_set_back(days, rng):
    days.some_load(rng)
    across_midnight(days, rng, False)
    sealed = days.digest(days.day())
    names = days.folders()
    assert names == [days.day(), days.day(1)]
    middle = days.server.api("GET", f"/v1/clicks?limit={FIRST}",
                             key=days.key).next()

    # Back: clicks go on in the newest segment, with their own times.
    days.set_clock(days.midnight - DAY)
    days.some_load(rng)
    assert days.folders() == names
    days.server.restart()
    days.some_load(rng)
    days.server.kill9()
    days.server.start()
    days.some_load(rng)
    assert days.folders() == names
    assert days.digest(days.day()) == sealed
    page = days.server.api("GET", middle, key=days.key).lines()
    assert [c["id"] for c in page] == [
        c[0] for c in days.audit.clicks[FIRST:2 * FIRST]]
    days.audit.check_whole()

    # Forward again, further than before: a new day begins.
    days.set_clock(days.midnight + 3 * DAY + 60)
    days.some_load(rng)
    assert days.folders() == names + [days.day(4)]
    assert days.digest(days.day()) == sealed
    days.audit.check()
    days.audit.check_whole()
