"""The command line of bench/scale."""
import argparse
import pathlib

from . import programs

SIZES = [10 ** e for e in range(5, 10)]


def count(text):
    """A number of tokens: 100000, 1e5."""
    value = float(text)
    if value < 1 or value != int(value):
        raise ValueError
    return int(value)


def counts(text):
    values = [count(t) for t in text.split(",")]
    if values != sorted(set(values)):
        raise ValueError
    return values


def parse(about, words):
    parser = argparse.ArgumentParser(
        prog="bench/scale", description=about, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--max", type=count, default=10 ** 7, metavar="N",
        help="the largest size (1e7)")
    add("--sizes", type=counts, metavar="N,N...",
        help="other sizes than the powers of ten from 1e5 on")
    add("--singles", type=count, default=20000, metavar="N",
        help="tokens to mint one by one (20000)")
    add("--quick", action="store_true", help="one short round each")
    add("--budgets", action="store_true",
        help="a missed budget is a failure")
    add("--bin", type=pathlib.Path, metavar="DIR",
        help="use ctio, ctio-load and mint_stream there; install and build "
        "nothing")
    add("--results", type=pathlib.Path, metavar="DIR",
        default=programs.ROOT / "bench/results", help="(bench/results)")
    options = parser.parse_args(words)
    if not options.sizes:
        options.sizes = [s for s in SIZES if s <= options.max]
    if not options.sizes:
        parser.error(f"--max: at least {SIZES[0]}")
    options.rounds = 1 if options.quick else 9
    options.seconds, options.warmup = (1, 0.3) if options.quick else (3, 1)
    return options
