"""How many clicks ctio exports per CPU-second.

    bench/export                 10^5 tokens, 10^6 clicks, five rounds a case
    bench/export --quick         10^5 clicks, three rounds
    bench/export --json FILE     the results as JSON, too
    bench/export --bin FOLDER    a ctio that is built already

Real tokens of a templated link are tapped in random order, by 500 agents; then
the feed, GET /v1/clicks, is read page by page over one kept connection: as
NDJSON and as CSV, with the most clicks a page and with as many as a page has
by default, once when all clicks are one account's and once when they are taken
by a hundred accounts in turn, of which one is read. CPU is user + system of the
server's process. Before any figure is taken, one pass checks that each click
comes exactly once. Figures are medians over rounds. Server and client have a
core each. bench/run has the first of these cases on its own clicks.
"""

import argparse
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import socket
import statistics
import sys
import tempfile

from . import machine, programs
from .ctio import Ctio

ACCOUNTS = 100
LIMITS = (10000, 1000)  # the most, and the default
FORMATS = ("ndjson", "csv")
GZIP = "ndjson, gzip"
PIPELINE = 256  # taps on their way at once
AGENTS = 500
MB = 1 << 20

LANGUAGES = ("en-IN,en;q=0.9", "hi-IN,hi;q=0.9,en;q=0.8", "en-GB,en;q=0.9",
             "pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", "es-MX,es;q=0.9")

# Replies that do not wait make the clicks sooner; nothing is lost by it here.
OPTIONS = ("click.trusted_proxies=127.0.0.1", "click.commit_wait_max=0")


def make_account(server, name):
    """Its key."""
    key = server.command("account", "create", name, "--region", "us1")
    server.command("link", "set", "shop", "--account", name, "--to",
                   "https://shop.example/cart/{cart}?u={recipient}",
                   "--campaign", "diwali")
    return key


def mint(server, key, first, n):
    rows = "".join(
        '{"link":"shop","recipient":"user-%d","ref":"msg-%d",'
        '"params":{"cart":"C%d"}}\n' % (i, i * 7, i * 3)
        for i in range(first, first + n))
    with server.api(key) as api:
        return [json.loads(line)["token"]
                for line in api.mint_batch(rows.encode())]


def agents():
    return [f"Mozilla/5.0 (Linux; Android {10 + i % 6}; K{i:03}) "
            "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
            f"Chrome/14{i % 10}.0.7390.{i} Mobile Safari/537.36 "
            "[WA4A/2.25.32.75;]" for i in range(AGENTS)]


def tap_all(port, tokens, n, seed):
    """n taps of random tokens, pipelined: this makes clicks, and measures
    nothing."""
    rng = random.Random(seed)
    heads = [f" HTTP/1.1\r\nHost: ct5.io\r\nUser-Agent: {agent}\r\n"
             f"Accept-Language: {LANGUAGES[i % len(LANGUAGES)]}\r\n"
             f"X-Forwarded-For: 10.{i % 200}.{i % 250}.9\r\n\r\n"
             for i, agent in enumerate(agents())]
    with socket.create_connection(("127.0.0.1", port)) as s:
        while n > 0:
            batch = min(n, PIPELINE)
            s.sendall("".join(
                "GET /" + rng.choice(tokens) + rng.choice(heads)
                for _ in range(batch)).encode())
            text = b""
            while text.count(b"\r\n\r\n") < batch:
                piece = s.recv(1 << 18)
                if not piece:
                    sys.exit("the server closed the connection")
                text += piece
            if text.count(b"HTTP/1.1 302") != batch:
                sys.exit("a tap was not redirected")
            n -= batch


def make_data(options, core, folder, accounts):
    """A data folder; the key of the account to be read is beside it."""
    server = Ctio(folder, core, options.programs, options=OPTIONS)
    try:
        keys, tokens = [], []
        each = options.tokens // accounts
        for i in range(accounts):
            keys.append(make_account(server, f"sender-{i}"))
            tokens += mint(server, keys[-1], i * each, each)
        tap_all(server.port, tokens, options.clicks, accounts)
        server.settle(options.clicks)
        if server.metrics()["ctio_clicks_committed_total"] != options.clicks:
            sys.exit("clicks were lost")
    finally:
        server.stop()
    (folder / "key").write_text(keys[accounts // 2])


def pages(api, form, limit):
    """Each page's body without CSV's header row; "ndjson, gzip" is unpacked
    here."""
    form, _, coding = form.partition(", ")
    path = f"/v1/clicks?limit={limit}&format={form}"
    while True:
        answer = api.ask("GET", path, coding=coding)
        body = answer.read()
        if coding:
            body = gzip.decompress(body)
        if form == "csv":
            body = body[body.index(b"\n") + 1:]
        yield body
        if int(answer.headers["Ctio-Examined"]) < limit:
            return
        path = re.match("<(.*?)>", answer.headers["Link"])[1]


def check(api):
    """How many clicks there are, each exactly once."""
    ids, total = set(), 0
    for body in pages(api, "ndjson", LIMITS[0]):
        rows = body.splitlines()
        ids.update(re.findall(rb'"id":"(\w+)"', body))
        total += len(rows)
        if rows and not json.loads(rows[0])["destination"]:
            sys.exit("a click has no destination")
    if len(ids) != total or total == 0:
        sys.exit(f"{total} clicks exported, {len(ids)} of them distinct")
    return total


def measure(server, api, form, limit, total, repeats):
    """The whole feed, so many times over."""
    rows = size = 0
    cpu = server.cpu()
    for _ in range(repeats):
        for body in pages(api, form, limit):
            rows += body.count(b"\n")
            size += len(body)
    cpu = server.cpu() - cpu
    if rows != total * repeats:
        sys.exit(f"{rows} rows of {total * repeats} came")
    return {"per_cpu_second": rows / cpu, "cpu_us": cpu / rows * 1e6,
            "row_bytes": size / rows}


def run_case(options, server, api, name, total):
    repeats = max(1, options.clicks // 4 // total)
    for form in FORMATS + ((GZIP,) if total == options.clicks else ()):
        for limit in LIMITS[:1] if form == GZIP else LIMITS:
            with machine.Peak(server.process.pid) as peak:
                runs = [measure(server, api, form, limit, total, repeats)
                        for _ in range(options.rounds)]
            row = {"case": name, "format": form, "limit": limit,
                   "clicks": total, "anonymous": peak.bytes,
                   "grown": peak.grown()}
            row.update({key: statistics.median(r[key] for r in runs)
                        for key in runs[0]})
            print(f"{name}, {form}, limit {limit}: "
                  f"{row['per_cpu_second']:,.0f} clicks per CPU-second",
                  file=sys.stderr)
            yield row


def run(options, folder):
    core, client = machine.cores()
    os.sched_setaffinity(0, {client})
    rows = []
    for accounts, name in ((1, "one account"),
                           (ACCOUNTS, f"one of {ACCOUNTS} accounts")):
        where = folder / f"accounts-{accounts}"
        if not (where / "key").exists():
            shutil.rmtree(where, ignore_errors=True)
            where.mkdir(parents=True)
            make_data(options, core, where, accounts)
        server = Ctio(where, core, options.programs, options=OPTIONS)
        try:
            with server.api((where / "key").read_text()) as api:
                total = check(api)
                rows += run_case(options, server, api, name, total)
        finally:
            server.stop()
    return rows


def print_table(rows):
    print("| case | format | limit | clicks per CPU-second | CPU per click "
          "| bytes a row | memory, and its growth |")
    print("|---|---|---|---|---|---|---|")
    for r in rows:
        print(f"| {r['case']} | {r['format']} | {r['limit']} "
              f"| {r['per_cpu_second']:,.0f} | {r['cpu_us']:.2f} µs "
              f"| {r['row_bytes']:.0f} "
              f"| {r['anonymous'] / MB:.1f} MB, {r['grown'] / MB:+.2f} |")


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/export",
        description=__doc__, formatter_class=argparse.
        RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tokens", type=int, default=100000)
    parser.add_argument("--clicks", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--bin", metavar="FOLDER")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER",
                        help="where the data is made, or found, and stays")
    options = parser.parse_args()
    if options.tokens < ACCOUNTS:
        parser.error(f"--tokens: {ACCOUNTS} at least")
    options.clicks = options.clicks or (100000 if options.quick else 1000000)
    options.rounds = options.rounds or (3 if options.quick else 5)
    return options


def main():
    options = parse()
    options.programs = programs.prepare(options.bin, ("ctio",))
    with tempfile.TemporaryDirectory(prefix="ctio-bench-") as temp:
        rows = run(options, options.keep or pathlib.Path(temp))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    print_table(rows)


if __name__ == "__main__":
    main()
