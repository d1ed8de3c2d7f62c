"""Latency of taps that come at half of nginx's capacity, whatever the server
does meanwhile; and what waiting for the commit adds to it."""
from .bench import AT_ONCE, COMMITTED, NGINX, NGINX_DEFERRED, median, medians
from .load import Load, latencies
from .taps import MODES, capacity

SHARE = 0.5
CONNECTIONS = 256
WARMUP_SHARE = 0.2
LONE_RATE = 200   # taps per second, one at a time
LONE_SHARE = 2.0  # of the seconds of a run
ADDED_MS = 2.0   # the budget, beyond twice a lone commit's p99


class LatencyCase:
    """An open loop at half of nginx's capacity in the same mode."""

    kind = "latency"

    def __init__(self, mode):
        self.mode = mode
        self.name = f"latency {mode}"
        self.title = f"half of nginx's rate, {MODES[mode][0]}"

    def run(self, bench):
        names = bench.servers(NGINX_DEFERRED)
        reference = NGINX if NGINX in names else COMMITTED
        rate = SHARE * capacity(bench, self.mode, CONNECTIONS, reference)
        rounds = {name: [] for name in names}
        for i, name in bench.turns(names):
            with bench.attempt(f"{self.name}, {name}, round {i + 1}"):
                figures = self.measure(bench, name, rate)
                rounds[name].append(figures)
                bench.note(f"{self.name}: round {i + 1} of {bench.rounds}: "
                           f"{name}: p99 {figures['p99_ms']:.3f} ms")
        return {"kind": self.kind, "title": self.title, "mode": self.mode,
                "rate": rate, "reference": reference,
                "servers": {name: {**medians(found), "rounds": found}
                            for name, found in rounds.items() if found},
                "wait": added_by_waiting(rounds)}

    def measure(self, bench, name, rate):
        _, mode, keepalive = MODES[self.mode]
        with bench.server(name, keepalive) as server:
            taps = bench.taps(name, server)
            figures = {}
            if name in (COMMITTED, AT_ONCE):
                lone = taps.run(Load(mode, 1, LONE_RATE),
                                bench.seconds * LONE_SHARE)
                figures["lone_p99_ms"] = latencies(lone)["p99_ms"]
            before = server.cpu()
            result = taps.run(Load(mode, CONNECTIONS, rate), bench.seconds,
                              bench.seconds * WARMUP_SHARE)
            taps.settle()
            cpu = server.cpu() - before
            return {**figures, **latencies(result), "rate": result["rate"],
                    "cpu_us": cpu / result["answered"] * 1e6,
                    "loss_check": taps.check()}


def added_by_waiting(rounds):
    """Per round, committed minus at once: of the load's p99, and of a lone
    tap's, which is a lone commit. In milliseconds; None without both."""
    pairs = list(zip(rounds.get(COMMITTED, ()), rounds.get(AT_ONCE, ())))
    if not pairs:
        return None
    figures = [{"added": committed["p99_ms"] - at_once["p99_ms"],
                "lone": max(0.0, committed["lone_p99_ms"] -
                            at_once["lone_p99_ms"])}
               for committed, at_once in pairs]
    lone = median(figures, "lone")
    return {"added_p99_ms": median(figures, "added"), "lone_p99_ms": lone,
            "budget_ms": ADDED_MS + 2 * lone}
