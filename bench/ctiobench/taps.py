"""Taps as fast as they can be answered: CPU per tap, taps per second, latency,
memory, for each server in turn."""
import statistics

from . import machine
from .bench import FLOOR, NGINX, NGINX_DEFERRED, medians
from .load import Load, latencies

MODES = {
    # mode: how it is called, mode of ctio-load, does the server keep alive
    "keep-alive": ("kept alive", "keep-alive", True),
    "close": ("Connection: close", "close", True),
    "one-shot": ("one each, client closes", "one-shot", True),
    "server-closes": ("one each, server closes", "one-shot", False),
}
LEFT_OUT = {
    "keep-alive": (NGINX_DEFERRED,),  # accepts nothing
    "server-closes": (FLOOR,),        # closes only when it is asked to
}
WARM_SHARE = 0.2
WARM_MIN = 0.2  # seconds
OTHERS_MAX = 0.05


class TapsCase:
    """A mode and a number of connections."""

    kind = "taps"

    def __init__(self, mode, connections):
        self.mode = mode
        self.connections = connections
        self.name = f"taps {mode} {connections}"
        self.title = f"{connections}, {MODES[mode][0]}"

    def run(self, bench):
        names = bench.servers(*LEFT_OUT.get(self.mode, ()))
        rounds = {name: {} for name in names}
        for i, name in bench.turns(names):
            with bench.attempt(f"{self.name}, {name}, round {i + 1}"):
                figures = measure(bench, name, *self.load())
                rounds[name][i] = figures
                bench.note(f"{self.name}: round {i + 1} of {bench.rounds}: "
                           f"{name}: {figures['cpu_us']:.2f} us, "
                           f"{figures['rate']:,.0f}/s{disturbed(figures)}")
        return {"kind": self.kind, "title": self.title, "mode": self.mode,
                "connections": self.connections,
                "servers": {name: summary(found, rounds.get(NGINX))
                            for name, found in rounds.items() if found}}

    def load(self):
        _, mode, keepalive = MODES[self.mode]
        return Load(mode, self.connections), keepalive


def measure(bench, name, load, keepalive):
    """One server, once. Its CPU time is all that it spends from before the
    load's first connection until its tally has caught up."""
    with bench.server(name, keepalive) as server:
        taps = bench.taps(name, server)
        taps.run(load, max(bench.seconds * WARM_SHARE, WARM_MIN))
        taps.settle()
        usage = machine.Usage(server, bench.core)
        result = taps.run(load, bench.seconds)
        at_end = usage.end()
        memory = server.memory()
        taps.settle()
        return {"cpu_us": usage.end()["cpu"] / result["answered"] * 1e6,
                "busy": at_end["busy"], "others": at_end["others"],
                "rate": result["rate"], **latencies(result), **memory,
                "load_cpu_us": result["cpu_seconds"] / result["answered"]
                * 1e6, "loss_check": taps.check()}


def disturbed(figures):
    """A word of warning."""
    if figures["others"] <= OTHERS_MAX:
        return ""
    return f" (somebody else took {figures['others']:.0%} of its core)"


def summary(rounds, nginx):
    """Medians over rounds, and of each round's ratio to nginx: the machine
    drifts, so the ratio is taken before the median."""
    figures = list(rounds.values())
    row = medians(figures)
    for key in ("cpu_us", "rate"):
        ratios = [figure[key] / nginx[i][key]
                  for i, figure in rounds.items() if i in (nginx or {})]
        row[key.split("_")[0] + "_ratio"] = \
            statistics.median(ratios) if ratios else None
    row["rounds"] = figures
    return row


def capacity(bench, mode, connections, server):
    """Taps per second of a server: as measured in this run, or by a short
    load."""
    found = bench.results.get(TapsCase(mode, connections).name, {})
    row = found.get("servers", {}).get(server)
    if row:
        return row["rate"]
    load, keepalive = TapsCase(mode, connections).load()
    return measure(bench, server, load, keepalive)["rate"]
