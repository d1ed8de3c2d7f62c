"""What a token costs to make and to keep, and whether memory grows with their
number. redis stores the same tokens, ready made, for comparison."""
import os
import time

from . import machine, tokens
from .bench import REDIS, medians
from .ctio import READ_BYTES, ROWS_A_REQUEST, Ctio
from .peers import Redis

SINGLES = 20000
SINGLES_QUICK = 4000


class MintCase:
    """As many tokens as the bench has, in streams over HTTP, into an empty
    store, after a tenth of them."""

    kind = "mint"
    name = "mint"
    title = "minting"

    def run(self, bench):
        figures = []
        for i in range(bench.rounds):
            with bench.attempt(f"{self.name}, round {i + 1}"):
                figures.append(self.measure(bench, i == 0))
                bench.note(f"{self.name}: round {i + 1} of {bench.rounds}: "
                           f"{figures[-1]['per_cpu_second']:,.0f} tokens per "
                           "CPU-second")
        return {"kind": self.kind, "title": self.title,
                **medians(figures), "rounds": figures}

    def measure(self, bench, is_first):
        count = bench.tokens.count
        with new_store(bench) as server:
            key = tokens.make_account(server)
            before = used_bytes(server)
            small = mint_some(server, key, 0, count // 10)
            large = mint_some(server, key, 0, count)
            kept = used_bytes(server) - before
            brought = tokens.caller_bytes(0, count // 10) + \
                tokens.caller_bytes(0, count)
            made = count + count // 10
            figures = {"per_cpu_second": count / large["cpu"],
                       "cpu_us": large["cpu"] / count * 1e6,
                       "rate": count / large["seconds"],
                       "bytes": kept / made,
                       "beyond_callers": (kept - brought) / made,
                       "grown_tenth": small["grown"],
                       "grown": large["grown"]}
            if is_first:
                singles = SINGLES_QUICK if bench.options.quick else SINGLES
                figures["single_beyond_callers"] = one_by_one(
                    server, key, min(singles, count))
            return figures


def new_store(bench):
    """A server of ours on an empty folder, as a context manager."""
    return bench.custom(lambda folder: Ctio(folder, bench.core,
                                            bench.found))


def mint_some(server, key, first, end):
    bodies = [tokens.rows(at, min(at + ROWS_A_REQUEST, end))
              for at in range(first, end, ROWS_A_REQUEST)]
    before = server.cpu()
    begin = time.monotonic()
    with server.api(key) as api, machine.Peak(server.process.pid) as peak:
        for body in bodies:
            response = api.mint_batch(body)
            while response.read1(READ_BYTES):
                pass
    return {"cpu": server.cpu() - before,
            "seconds": time.monotonic() - begin, "grown": peak.grown()}


def one_by_one(server, key, count):
    """Bytes per token beyond the caller's, each in a commit of its own."""
    before = used_bytes(server)
    with server.api(key) as api:
        for i in range(count):
            api.mint(tokens.row(i).encode())
    kept = used_bytes(server) - before
    return (kept - tokens.caller_bytes(0, count)) / count


def used_bytes(server):
    """On disk, of the environment that holds the tokens."""
    return os.stat(server.data / "us1/links/data.mdb").st_blocks * 512


class RedisCase:
    """The same tokens into an empty redis, by redis-cli --pipe."""

    kind = "redis"
    name = "redis"
    title = "redis, storing the same tokens"

    def run(self, bench):
        figures = []
        for i in range(0 if REDIS in bench.absent else bench.rounds):
            with bench.attempt(f"{self.name}, round {i + 1}"):
                figures.append(self.measure(bench))
                bench.note(f"{self.name}: round {i + 1} of {bench.rounds}")
        return {"kind": self.kind, "title": self.title,
                **medians(figures), "rounds": figures}

    def measure(self, bench):
        count = bench.tokens.count
        with bench.custom(lambda folder: Redis(folder, bench.core)) as redis:
            memory = redis.used_memory()
            before = redis.cpu()
            redis.store(bench.tokens.redis_commands, count)
            cpu = redis.cpu() - before
            return {"cpu_us": cpu / count * 1e6,
                    "per_cpu_second": count / cpu,
                    "bytes": (redis.used_memory() - memory) / count,
                    "file_bytes": redis.file_bytes() / count}
