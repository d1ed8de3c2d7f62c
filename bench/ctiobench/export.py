"""What a click costs to export, and whether memory grows with their number:
the whole log as NDJSON over HTTP, first when it is short, then when it is
long."""
import time

from . import machine
from .bench import COMMITTED, medians
from .load import Load

CONNECTIONS = 256
SHORT_SHARE = 0.25  # of a run's seconds
SHORT_MIN = 0.2


class ExportCase:
    """Of clicks on the bench's tokens."""

    kind = "export"
    name = "export"
    title = "export"

    def run(self, bench):
        figures = []
        for i in range(bench.rounds):
            with bench.attempt(f"{self.name}, round {i + 1}"):
                figures.append(self.measure(bench))
                bench.note(f"{self.name}: round {i + 1} of {bench.rounds}: "
                           f"{figures[-1]['per_cpu_second']:,.0f} clicks per "
                           "CPU-second")
        return {"kind": self.kind, "title": self.title,
                **medians(figures), "rounds": figures}

    def measure(self, bench):
        load = Load("keep-alive", CONNECTIONS)
        with bench.server(COMMITTED) as server:
            taps = bench.taps(COMMITTED, server)
            taps.run(load, max(bench.seconds * SHORT_SHARE, SHORT_MIN))
            taps.settle()
            short = export_all(server, bench.tokens.key)
            taps.run(load, bench.seconds)
            taps.settle()
            whole = export_all(server, bench.tokens.key)
            taps.check()
            return {"clicks": whole["rows"],
                    "per_cpu_second": whole["rows"] / whole["cpu"],
                    "rate": whole["rows"] / whole["seconds"],
                    "bytes": whole["bytes"] / whole["rows"],
                    "grown_short": short["grown"], "grown": whole["grown"],
                    "clicks_short": short["rows"]}


def export_all(server, key):
    rows = size = 0
    before = server.cpu()
    begin = time.monotonic()
    with server.api(key) as api, machine.Peak(server.process.pid) as peak:
        for page in api.click_pages():
            rows += page.count(b"\n")
            size += len(page)
    return {"rows": rows, "bytes": size, "cpu": server.cpu() - before,
            "seconds": time.monotonic() - begin, "grown": peak.grown()}
