"""How long it takes to forget one person among many, and whether taps feel it.

    bench/erase                  10^7 tokens, 10^6 clicks, three persons
    bench/erase --quick          10^5 tokens, 10^5 clicks
    bench/erase --keep FOLDER    where the data is made, or found, and stays
    bench/erase --bin FOLDER     a ctio that is built already

Taps arrive at a fixed rate all the while; their latencies are told for a time
without erasures, and for a time in which one erasure follows the other. Each is
of a person who has three tokens, all tapped. A receipt that says done is believed only if the person is nowhere in
the data folder. Server and client have a core each.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

from . import machine, programs
from .ctio import Ctio
from .export_command import make_account, tap_all
from .load import Load

CHUNK = 100000  # tokens minted in one request
TARGETS = 10000  # tokens that the load taps
DONE_MAX = 600  # seconds
TOKENS_EACH = 3
TAPS_EACH = 10
OPTIONS = ("click.trusted_proxies=127.0.0.1",)


def row(i, who):
    return ('{"link":"shop","recipient":"%s","ref":"msg-%d",'
            '"params":{"cart":"C%d"}}\n' % (who, i * 7, i * 3))


def mint(server, key, options):
    """All tokens; some of them to be tapped."""
    tapped = []
    step = max(1, options.tokens // TARGETS)
    with server.api(key) as api:
        for first in range(0, options.tokens, CHUNK):
            n = min(CHUNK, options.tokens - first)
            rows = "".join(row(i, f"user-{i}")
                           for i in range(first, first + n))
            answers = api.mint_batch(rows.encode()).read().splitlines()
            tapped += [(json.loads(line)["token"], i)
                       for i, line in enumerate(answers, first)
                       if i % step == 0]
    return tapped


def make_data(options, core, folder):
    server = Ctio(folder, core, options.programs,
                  options=OPTIONS + ("click.commit_wait_max=0",))
    try:
        key = make_account(server, "sender")
        tapped = mint(server, key, options)
        tap_all(server.port, [t for t, _ in tapped], options.clicks, 1)
        server.settle(options.clicks)
    finally:
        server.stop()
    (folder / "key").write_text(key)
    (folder / "targets").write_text("".join(
        f"{token} https://shop.example/cart/C{i * 3}?u=user-{i}\n"
        for token, i in tapped))


def make_persons(options, server, key):
    """Whom to forget, with tokens in blocks of their own, all tapped."""
    names = [f"person-{os.urandom(6).hex()}" for _ in range(options.persons)]
    with server.api(key) as api:
        tokens = [json.loads(api.mint_batch(row(i, name).encode()).read())
                  for i in range(TOKENS_EACH) for name in names]
    tap_all(server.port, [t["token"] for t in tokens],
            TAPS_EACH * len(names), 2)
    return names


def erase(api, person, folder):
    begun = time.monotonic()
    api.connection.request(
        "POST", "/v1/erasures", json.dumps({"recipient": person}),
        dict(api.headers) | {"Content-Type": "application/json"})
    answer = api.connection.getresponse()
    body = answer.read()
    if answer.status != 202:
        sys.exit(f"the erasure was refused: {body!r}")
    where = answer.headers["Location"]
    dead = None
    while True:
        receipt = json.loads(api.get(where))
        if receipt["state"] != "waiting" and dead is None:
            dead = time.monotonic() - begun
        if receipt["state"] == "done":
            break
        if time.monotonic() - begun > DONE_MAX:
            sys.exit(f"an erasure does not end: {receipt}")
        time.sleep(0.02)
    taken = time.monotonic() - begun
    found = subprocess.run(["grep", "-rqaF", person, folder / "data"],
                           check=False)
    if found.returncode == 0:
        sys.exit(f"{person} is still in the data folder")
    return {"dead": dead, "done": taken, "tokens": receipt["tokens"],
            "clicks": receipt["clicks"]}


def tap_on(options, server, folder, seconds):
    load = Load("keep-alive", 64, options.rate)
    return load.run(options.programs.load, server.port, folder / "targets",
                    folder / "answered", seconds, 7, warmup=1)


def commits(server):
    """Commits of clicks so far, and those that took over 100 ms."""
    with server.api() as api:
        text = api.get("/metrics").decode()
    name = "ctio_commit_duration_seconds"
    total = int(re.search(name + r'_count{region="us1"} (\d+)', text)[1])
    fast = int(re.search(
        name + r'_bucket{region="us1",le="0.1"} (\d+)', text)[1])
    return total, total - fast


def run(options, folder):
    core, client = machine.cores()
    os.sched_setaffinity(0, {client})
    if not (folder / "targets").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_data(options, core, folder)
    server = Ctio(folder, core, options.programs, options=OPTIONS)
    key = (folder / "key").read_text()
    try:
        persons = make_persons(options, server, key)
        alone = tap_on(options, server, folder, options.seconds)
        before = commits(server)
        results = {}
        thread = threading.Thread(target=lambda: results.update(
            beside=tap_on(options, server, folder, options.seconds * 3)))
        thread.start()
        time.sleep(1.5)
        cpu = server.cpu()
        with server.api(key) as api:
            erasures = [erase(api, p, folder) for p in persons]
        cpu = server.cpu() - cpu
        late = [b - a for a, b in zip(before, commits(server))]
        thread.join()
        metrics = server.metrics()
        return {"commits": late, "lost": metrics["ctio_clicks_lost_total"],
                "late": metrics["ctio_clicks_late_total"], "alone": alone, "beside": results["beside"],
                "erasures": erasures, "cpu": cpu,
                "scrubbed": metrics["ctio_pages_scrubbed_total"]}
    finally:
        server.stop()


def show(r):
    print("| | taps | p50 | p99 | p99.9 | slowest |")
    print("|---|---|---|---|---|---|")
    for name in ("alone", "beside"):
        t = r[name]["latency_us"]
        print(f"| {name} | {r[name]['answered']:,} | {t['p50']:.0f} µs "
              f"| {t['p99']:.0f} µs | {t['p99_9']:.0f} µs "
              f"| {t['max']:.0f} µs |")
    print()
    total, slow = r["commits"]
    print(f"commits of clicks meanwhile: {total}, {slow} of them over 100 ms; "
          f"clicks late: {r['late']:.0f}, lost: {r['lost']:.0f}")
    for e in r["erasures"]:
        print(f"forgotten: {e['tokens']} tokens dead after {e['dead']:.2f} s, "
              f"they and {e['clicks']} clicks nowhere on disk after "
              f"{e['done']:.2f} s")


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/erase", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--clicks", type=int)
    parser.add_argument("--persons", type=int, default=3)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--bin", metavar="FOLDER")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER")
    options = parser.parse_args()
    options.tokens = options.tokens or (100000 if options.quick else 10000000)
    options.clicks = options.clicks or (100000 if options.quick else 1000000)
    options.seconds = options.seconds or (3 if options.quick else 10)
    return options


def main():
    options = parse()
    options.programs = programs.prepare(options.bin, ("ctio", "bench_load"))
    with tempfile.TemporaryDirectory(prefix="ctio-bench-") as temp:
        result = run(options, options.keep or pathlib.Path(temp))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    show(result)


if __name__ == "__main__":
    main()
