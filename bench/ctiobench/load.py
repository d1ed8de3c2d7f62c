"""Runs ctio-load on the load's core. It checks every Location."""
import json
import subprocess

ANSWER_MAX = 60  # seconds beyond the run's own

# What WhatsApp's browser on phones says; ctio keeps each once a day.
CHROME = ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like "
          "Gecko) Chrome/{}.0.0.0 Mobile Safari/537.36 [WA4A/2.25.32.75;]")
SAFARI = ("Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/"
          "605.1.15 (KHTML, like Gecko) Mobile/15E148")
AGENTS = [CHROME.format(n) for n in range(136, 142)] + \
    [SAFARI.format(v) for v in ("17_6_1", "18_6")]


class LoadFailed(Exception):
    """The load could not be made, or an answer was wrong or missing."""


class Load:
    """How to tap: a mode of ctio-load, how many connections at once, and for
    an open loop the rate at which taps become due."""

    def __init__(self, mode, connections, rate=None):
        self.mode = mode
        self.connections = connections
        self.rate = rate

    def words(self, seconds, warmup, seed):
        words = ["--connections", self.connections, "--mode", self.mode,
                 "--seconds", f"{seconds:.3f}", "--seed", seed]
        if warmup:
            words += ["--warmup", f"{warmup:.3f}"]
        if self.rate:
            words += ["--rate", round(self.rate)]
        for agent in AGENTS:
            words += ["--agent", agent]
        return words

    def run(self, program, port, targets, answered, seconds, seed, warmup=0):
        """ctio-load's own figures; every answer right, or LoadFailed."""
        words = [program, "--port", port, "--targets", targets, "--answered",
                 answered, *self.words(seconds, warmup, seed)]
        try:
            done = subprocess.run([str(w) for w in words], text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False,
                                  timeout=seconds + warmup + ANSWER_MAX)
            result = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise LoadFailed("ctio-load does not end") from None
        except ValueError:
            raise LoadFailed(f"ctio-load: exit status {done.returncode}: "
                             f"{done.stderr[-2000:]}") from None
        bad = {name: result[name] for name in
               ("wrong", "unanswered", "connect_errors") if result[name]}
        if bad or done.returncode or not result["answered"]:
            raise LoadFailed(f"{bad or 'no answers'} of {result['answered']} "
                             f"answered: {done.stderr[-2000:]}")
        return result


def latencies(result):
    """In milliseconds."""
    us = result["latency_us"]
    return {"p50_ms": us["p50"] / 1000, "p99_ms": us["p99"] / 1000,
            "p999_ms": us["p99_9"] / 1000, "max_ms": us["max"] / 1000}
