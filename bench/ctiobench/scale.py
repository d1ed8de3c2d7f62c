"""bench/scale: one data folder that grows, measured at each size."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from . import loss, machine, programs, scale_options, scale_report, tokens
from .ctio import NOT_COPIED, Ctio
from .load import Load, LoadFailed
from .mint import one_by_one, used_bytes
from .server import ServerFailed

TARGETS = ("ctio", "bench_load", "bench_mint_stream")
CONNECTIONS = 256
STARTS = 5
SAMPLE_MAX = 1000000  # targets of the random taps, at least half of it
NEWEST = 90000  # targets of the recent ones,
OLDER = 10000   # and those among them that may be of any age
DISK_A_TOKEN = 45  # bytes, with room for the clicks
WARM_RATE = 2e7  # tokens a second of warming up, at first
WARM_FAULTS = 0.01  # page faults a tap: its pages are in the server's map
WARM_ROUNDS = 12
READ_BYTES = 1 << 20


def thin(source, to, step):
    """Appends every step-th line."""
    with open(source, "rb") as lines, open(to, "ab") as out:
        for i, line in enumerate(lines):
            if i % step == 0:
                out.write(line)


class Store:
    """A data folder and the server on it."""

    def __init__(self, bench, name):
        self.bench = bench
        self.folder = bench.folder / name
        self.folder.mkdir()
        self.key = None
        self.server = None
        self.answered = 0  # since the server's start
        self.files = []  # ctio-load's, of all taps

    def start(self):
        self.server = Ctio(self.folder, self.bench.core, self.bench.programs)
        self.answered = 0

    def stop(self):
        if self.server:
            server, self.server = self.server, None
            server.stop()

    def restart(self):
        self.stop()
        self.start()

    def mint(self, first, end, every):
        """These numbers in one stream, and what that took. `added` gets one
        target in `every`, `newest` the last."""
        bench, count = self.bench, end - first
        words = [bench.programs.mint_stream, "--port", self.server.api_port,
                 "--key", self.key, "--from", first, "--tokens", count,
                 "--sample-every", every, "--sample", bench.folder / "added",
                 "--newest-count", NEWEST, "--newest", bench.newest]
        before = self.server.cpu(), used_bytes(self.server)
        with machine.Peak(self.server.process.pid) as peak:
            done = subprocess.run(
                [str(w) for w in words], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise LoadFailed(f"mint_stream: {done.stderr[-2000:]}")
        result = json.loads(done.stdout)
        cpu = self.server.cpu() - before[0]
        kept = used_bytes(self.server) - before[1]
        return {"mint_rate": count / result["seconds"],
                "mint_per_cpu_second": count / cpu,
                "mint_client_cpu_us": result["cpu_seconds"] / count * 1e6,
                "mint_anon_most": peak.bytes,
                "beyond_callers": (kept - tokens.caller_bytes(first, end))
                / count}

    def warm(self, targets, seconds):
        """Has the store's file in the kernel's cache, wherever memory was
        taken back meanwhile, and its pages in the server's map."""
        with (self.folder / "data/us1/links/data.mdb").open("rb") as file:
            while file.read(READ_BYTES):
                pass
        for _ in range(WARM_ROUNDS):
            if self.tap(targets, seconds)["faults"] < WARM_FAULTS:
                return
        self.bench.note("the pages of the store do not stay mapped: what "
                        "follows is not warm")

    def tap(self, targets, warmup=None):
        """A round of taps, until all are counted."""
        bench = self.bench
        seed = bench.seed = bench.seed + 1
        answered = bench.folder / f"answered{seed}"
        before = self.server.cpu(), self.server.faults()
        result = Load("keep-alive", CONNECTIONS).run(
            bench.programs.load, self.server.port, targets, answered,
            bench.seconds, seed, warmup or bench.warmup)
        self.files.append(answered)
        self.answered += result["answered"]
        self.server.settle(self.answered)
        cpu = self.server.cpu() - before[0]
        faults = self.server.faults() - before[1]
        return {"rate": result["rate"],
                "cpu_us": cpu / result["answered"] * 1e6,
                "faults": faults / result["answered"]}

    def check(self):
        """The number of clicks in the export; raises if one was lost."""
        result = loss.check(self.server, self.key, self.files)
        if loss.is_loss(result):
            raise LoadFailed(f"the loss check: {result}")
        return result["exported"]


class Bench:
    def __init__(self, options, folder):
        self.folder = folder
        self.programs = programs.prepare(options.bin, TARGETS)
        self.core, load_core = machine.cores()
        os.sched_setaffinity(0, {load_core})  # and all that is no server
        self.options = options
        self.rounds, self.seconds, self.warmup = options.rounds, \
            options.seconds, options.warmup
        self.seed = 0
        self.grown = Store(self, "grown")
        self.small = None  # as it was at the first size
        self.sample = folder / "sample"
        self.sample_every = 1
        self.newest = folder / "newest"

    def note(self, words):
        print(words, file=sys.stderr, flush=True)

    def run(self):
        rows = []
        try:
            self.grown.start()
            self.grown.key = tokens.make_account(self.grown.server)
            self.grown.restart()  # making its files took memory
            for size in self.options.sizes:
                rows.append(self.stage(rows[-1]["size"] if rows else 0, size))
            clicks = self.grown.check() + self.small.check()
            self.note(f"the exports have each of {clicks:,} answered taps")
        finally:
            for store in (self.grown, self.small):
                if store:
                    store.stop()
        return {"rows": rows, "clicks_checked": clicks,
                "one_by_one": self.one_by_one()}

    def stage(self, size_before, size):
        """Grows to this size, and measures."""
        row = {"size": size, **self.mint(size_before, size)}
        self.note(f"{size:,} tokens: {row['mint_per_cpu_second']:,.0f} minted "
                  f"per CPU-second, {row['beyond_callers']:.1f} B each")
        row["start_ms"] = self.start_ms()
        if not self.small:
            self.keep_small()
        row["at_start"] = self.grown.server.memory()
        row.update(self.taps(size))
        row["after_taps"] = self.grown.server.memory()
        self.note(f"{size:,} tokens: random taps at {row['ratio']:.2f}, "
                  f"recent ones at {row['ratio_recent']:.2f} of the rate "
                  f"over {self.options.sizes[0]:,}")
        return row

    def start_ms(self):
        """Of a server on the store as it is."""
        found = []
        for _ in range(STARTS):
            self.grown.restart()
            found.append(self.grown.server.started * 1000)
        return statistics.median(found)

    def mint(self, first, end):
        """Afterwards `sample` is of all tokens, and `newest` mostly of the
        newest."""
        every = max(1, end // SAMPLE_MAX)
        row = self.grown.mint(first, end, every)
        older = self.folder / "older"
        older.unlink(missing_ok=True)
        if first:
            thin(self.sample, older, every // self.sample_every)
        thin(self.folder / "added", older, 1)
        older.rename(self.sample)
        self.sample_every = every
        thin(self.sample, self.newest, max(1, end // every // OLDER))
        return row

    def keep_small(self):
        """A copy of the store as it is, with a server of its own from here
        on."""
        self.grown.stop()
        self.small = Store(self, "small")
        shutil.copytree(self.grown.folder / "data",
                        self.small.folder / "data", ignore=NOT_COPIED)
        shutil.copyfile(self.sample, self.folder / "small-sample")
        self.small.key = self.grown.key
        self.small.start()
        self.grown.start()

    def taps(self, size):
        """Rounds, in which the stores take turns: the machine drifts. None is
        always the one after the same other."""
        small, random, recent = [], [], []
        self.grown.warm(self.sample, max(self.warmup, size / WARM_RATE))
        turns = [(small, self.small, self.folder / "small-sample"),
                 (random, self.grown, self.sample),
                 (recent, self.grown, self.newest)]
        for i in range(self.rounds):
            at = i % len(turns)
            for figures, store, targets in turns[at:] + turns[:at]:
                figures.append(store.tap(targets))
        return {"small": medians(small), "random": medians(random),
                "recent": medians(recent),
                "ratio": ratio(random, small, "rate"),
                "ratio_recent": ratio(recent, small, "rate"),
                "ratio_cpu": ratio(random, small, "cpu_us"),
                "ratio_recent_cpu": ratio(recent, small, "cpu_us")}

    def one_by_one(self):
        """A token a request, each after the answer to the one before."""
        store = Store(self, "single")
        count = self.options.singles
        store.start()
        try:
            key = tokens.make_account(store.server)
            cpu, begin = store.server.cpu(), time.monotonic()
            beyond = one_by_one(store.server, key, count)
            seconds = time.monotonic() - begin
            cpu = store.server.cpu() - cpu
        finally:
            store.stop()
        return {"tokens": count, "rate": count / seconds,
                "cpu_us": cpu / count * 1e6, "beyond_callers": beyond}


def medians(rounds):
    return {key: statistics.median(r[key] for r in rounds)
            for key in rounds[0]}


def ratio(ours, theirs, key):
    return statistics.median(a[key] / b[key] for a, b in zip(ours, theirs))


def check_disk(folder, size):
    needed = size * DISK_A_TOKEN
    if shutil.disk_usage(folder).free < needed:
        sys.exit(f"{size:,} tokens need {needed / 1e9:.1f} GB free under "
                 "TMPDIR")


def main(about, words=None):
    options = scale_options.parse(about, words)
    with tempfile.TemporaryDirectory(prefix="ctio-scale-") as folder:
        check_disk(folder, options.sizes[-1])
        try:
            results = Bench(options, pathlib.Path(folder)).run()
        except (ServerFailed, LoadFailed, OSError) as error:
            print(f"FAILED: {error}", file=sys.stderr)
            return 1
    results["machine"] = machine.describe()
    return scale_report.finish(results, options)
