"""Do people feel it when a sender mints or a pipeline exports? Taps at half of
ctio's capacity, on a quiet server, then while a batch mint runs flat out, then
while the whole log is exported again and again. The server has one core for
all; the load and the clients share the other, the clients at low priority."""
import os
import threading

from . import machine, tokens
from .bench import COMMITTED, median, medians
from .ctio import READ_BYTES, ROWS_A_REQUEST
from .load import Load, latencies
from .taps import MODES, capacity

SHARE = 0.5
CONNECTIONS = 256
CLIENT_NICE = 19
WARMUP_SHARE = 0.2


class Client(threading.Thread):
    """Works on the API until it is told to stop. As a context manager it runs
    during the block; what went wrong in it is raised at its end."""

    def __init__(self, server, key):
        super().__init__(daemon=True)
        self.server = server
        self.key = key
        self.stopping = threading.Event()
        self.rows = 0
        self.error = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.stopping.set()
        self.join()
        if self.error and not kind:
            raise self.error

    def run(self):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(),
                       CLIENT_NICE)
        try:
            with self.server.api(self.key) as api:
                while not self.stopping.is_set():
                    self.work(api)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error  # raised in the thread that waits

    def work(self, api):
        """One request, or a few."""
        raise NotImplementedError


class Minter(Client):
    """Streams of new tokens, one after the other."""

    body = tokens.rows(0, ROWS_A_REQUEST)

    def work(self, api):
        response = api.mint_batch(self.body)
        while piece := response.read1(READ_BYTES):
            self.rows += piece.count(b"\n")


class Exporter(Client):
    """The whole log, again and again."""

    def work(self, api):
        for page in api.click_pages():
            self.rows += page.count(b"\n")
            if self.stopping.is_set():
                break


class Nobody(Client):
    """For comparison."""

    def work(self, api):
        self.stopping.wait()


PHASES = {"quiet": Nobody, "mint": Minter, "export": Exporter}


class InterferenceCase:
    """In one mode of taps."""

    kind = "interference"

    def __init__(self, mode):
        self.mode = mode
        self.name = f"interference {mode}"
        self.title = f"half of its own rate, {MODES[mode][0]}"

    def run(self, bench):
        rate = SHARE * capacity(bench, self.mode, CONNECTIONS, COMMITTED)
        rounds = []
        for i in range(bench.rounds):
            with bench.attempt(f"{self.name}, round {i + 1}"):
                rounds.append(self.measure(bench, rate))
                bench.note(f"{self.name}: round {i + 1} of {bench.rounds}: "
                           + ", ".join(f"{phase} p99 {f['p99_ms']:.2f} ms"
                                       for phase, f in rounds[-1].items()))
        return {"kind": self.kind, "title": self.title, "mode": self.mode,
                "rate": rate,
                "phases": {phase: phase_summary(rounds, phase)
                           for phase in PHASES if rounds}}

    def measure(self, bench, rate):
        """The figures of each phase, of one server."""
        _, mode, keepalive = MODES[self.mode]
        with bench.server(COMMITTED, keepalive) as server:
            taps = bench.taps(COMMITTED, server)
            taps.run(Load(mode, CONNECTIONS), bench.seconds)  # to export
            figures = {}
            for phase, client in PHASES.items():
                taps.settle()
                usage = machine.Usage(server, bench.core)
                with client(server, bench.tokens.key) as other:
                    result = taps.run(Load(mode, CONNECTIONS, rate),
                                      bench.seconds,
                                      bench.seconds * WARMUP_SHARE)
                    rows, at_end = other.rows, usage.end()
                figures[phase] = {
                    **latencies(result), "rate": result["rate"],
                    "busy": at_end["busy"], "others": at_end["others"],
                    "rows": rows / at_end["wall"],
                    "anon": machine.anonymous(server.process.pid)}
            taps.check()
            return figures


def phase_summary(rounds, phase):
    figures = [r[phase] for r in rounds]
    moved = [{"moved": r[phase]["p99_ms"] - r["quiet"]["p99_ms"]}
             for r in rounds]
    return {**medians(figures), "moved_p99_ms": median(moved, "moved"),
            "rounds": figures}
