"""What the cases share: where files go, how long a run takes, which servers
there are, what came out, and what failed."""
import contextlib
import http.client
import itertools
import os
import shutil
import statistics
import sys

from . import loss, peers, programs
from .ctio import Ctio
from .load import LoadFailed
from .server import ServerFailed

NGINX = "nginx"
NGINX_DEFERRED = "nginx, deferred"
HAPROXY = "haproxy"
COMMITTED = "ctio, committed"
AT_ONCE = "ctio, at once"
FLOOR = "floor"
REDIS = "redis"  # for storage alone

# In the order in which tables and the plot show them.
SERVERS = (NGINX, NGINX_DEFERRED, HAPROXY, COMMITTED, AT_ONCE, FLOOR)
WAIT_OF = {COMMITTED: "100ms", AT_ONCE: "0"}  # commit_wait_max


PROGRAM_OF = {NGINX: "nginx", NGINX_DEFERRED: "nginx", HAPROXY: "haproxy",
              REDIS: "redis-server"}


class Bench:
    """One run of bench/run."""

    def __init__(self, options, folder, cores, found, tokens):
        self.options = options
        self.folder = folder
        self.core = cores[0]
        self.found = found
        self.tokens = tokens
        self.rounds = options.rounds
        self.seconds = options.seconds
        self.numbers = itertools.count()
        self.seeds = itertools.count(1)
        self.results = {}  # by name of the case, in order
        self.failures = []
        self.absent = absent(options)

    def note(self, text):
        print(text, file=sys.stderr, flush=True)

    def fail(self, where, error):
        """The run as a whole has failed, and goes on."""
        self.failures.append(f"{where}: {error}")
        self.note(f"FAILED: {where}: {error}")

    def servers(self, *without):
        """Those that were asked for and are there."""
        pattern = self.options.servers
        return [name for name in SERVERS if name not in without
                and name not in self.absent
                and (not pattern or pattern.search(name))]

    def turns(self, names):
        """(round, server) so that servers take turns, and none is always the
        one after the same other."""
        for i in range(self.rounds):
            at = i % max(len(names), 1)
            for name in names[at:] + names[:at]:
                yield i, name

    @contextlib.contextmanager
    def server(self, name, keepalive=True, options=()):
        """A freshly started server in a folder of its own, until the end of
        the block. Writing its data is over before it is measured."""
        with self.custom(lambda folder: self.start(
                name, folder, keepalive, options)) as started:
            yield started

    @contextlib.contextmanager
    def custom(self, make):
        """The same of a server that make(folder) starts."""
        folder = self.folder / f"run{next(self.numbers)}"
        folder.mkdir()
        folder.chmod(0o755)
        try:
            started = make(folder)
            os.sync()
            try:
                yield started
            finally:
                started.stop()
        finally:
            shutil.rmtree(folder)

    def start(self, name, folder, keepalive, options):
        if name in WAIT_OF:
            settings = [f"click.commit_wait_max={WAIT_OF[name]}",
                        f"click.keepalive={'yes' if keepalive else 'no'}",
                        *options]
            return Ctio(folder, self.core, self.found, self.tokens.data,
                        settings)
        given = (folder, self.core, self.tokens)
        if name == FLOOR:
            return peers.Floor(*given)
        if name == HAPROXY:
            return peers.Haproxy(*given, keepalive)
        return peers.Nginx(*given, keepalive, name == NGINX_DEFERRED)

    def taps(self, name, server):
        return Taps(self, name, server)

    @contextlib.contextmanager
    def attempt(self, where):
        """A part of a run; what goes wrong in it is a failure of the run."""
        try:
            yield
        except (LoadFailed, ServerFailed, OSError,
                http.client.HTTPException) as error:
            self.fail(where, error)


def absent(options):
    """Servers that cannot be measured. Only where nothing may be installed:
    otherwise it is an error that a peer is missing."""
    if not options.bin:
        return ()
    return [name for name, program in PROGRAM_OF.items()
            if not programs.find(program)]


class Taps:
    """Taps on one server since its start, and the check that none was
    lost."""

    def __init__(self, bench, name, server):
        self.bench = bench
        self.name = name
        self.server = server
        self.files = []
        self.answered = 0

    def run(self, load, seconds, warmup=0):
        """Loads the server: ctio-load's figures."""
        tokens = self.bench.tokens
        targets = tokens.targets
        if self.name == FLOOR:
            targets = tokens.floor_targets
        path = self.server.folder / f"answered{len(self.files)}"
        result = load.run(self.bench.found.load, self.server.port, targets,
                          path, seconds, next(self.bench.seeds), warmup)
        self.files.append(path)
        self.answered += result["answered"]
        return result

    def settle(self):
        self.server.settle(self.answered)

    def check(self):
        """The loss check's figures; raises when a click is lost. Nothing for
        a server that keeps none."""
        if self.name not in WAIT_OF:
            return None
        self.settle()
        result = loss.check(self.server, self.bench.tokens.key, self.files)
        if loss.is_loss(result):
            raise LoadFailed(f"the loss check: {result}")
        return result


def median(figures, key):
    """Over rounds; None where no round came to its end."""
    values = [f[key] for f in figures if f.get(key) is not None]
    return statistics.median(values) if values else None


def medians(figures):
    """Of every figure that the rounds have."""
    keys = figures[0].keys() if figures else ()
    return {key: median(figures, key) for key in keys
            if isinstance(figures[0][key], (int, float))}
