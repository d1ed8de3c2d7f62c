"""The command line of bench/run."""
import argparse
import pathlib
import re

from . import cases, programs

ABOUT = """Redirects by ctio, nginx, haproxy and a bare loop, side by side.

  bench/run                     some 25 minutes on two cores
  bench/run --quick             some five
  bench/run --budgets           ends with 1 if a budget of the design is missed
  bench/run --case 'taps.*256'  cases whose name fits, see --list

All serve the same tokens on loopback from one core; the load has the other
and checks every Location. CPU is user + system of all the server's
processes, from before the first connection until ctio's tally has caught up.
ctio looks each token up in its store and answers when the click is on disk
("committed") or at once (commit_wait_max = 0). Servers take turns; figures
are medians over rounds, ratios to nginx are taken within a round. A server
that was less than busy waited for the load, which pays more for a connection
than servers do. After each run of ctio its export must hold exactly the
clicks that were answered, token by token: a run that lost or invented one
has failed. bench/ctiobench/peers.py says how the others are set up.

The tables go to stdout, and with all rounds and a plot to bench/results/.
Status 1: a run failed, or --budgets and one was missed."""


def expression(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"no expression: {error}")


def positive(kind):
    def convert(text):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError("must be more than 0")
        return value
    convert.__name__ = kind.__name__  # argparse shows it
    return convert


def parse(words):
    parser = argparse.ArgumentParser(
        prog="bench/run", description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true",
        help="fewer cases, shorter and fewer rounds")
    add("--budgets", action="store_true",
        help="a missed budget is a failure")
    add("--case", type=expression, metavar="REGEX",
        help="only cases whose name contains it")
    add("--servers", type=expression, metavar="REGEX",
        help="only servers whose name contains it")
    add("--tokens", type=positive(int), default=100000, metavar="N",
        help="how many tokens (100000)")
    add("--rounds", type=positive(int), metavar="N", help="(5; quick: 3)")
    add("--seconds", type=positive(float), metavar="S",
        help="of a run (5; quick: 1)")
    add("--bin", type=pathlib.Path, metavar="DIR",
        help="use ctio, ctio-load and ctio-floor there; install and build "
        "nothing")
    add("--results", type=pathlib.Path, metavar="DIR",
        default=programs.ROOT / "bench/results", help="(bench/results)")
    add("--list", action="store_true", help="print the cases' names")
    options = parser.parse_args(words)
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (1.0 if options.quick else 5.0)
    return options


def chosen(options):
    """The cases that were asked for."""
    pattern = options.case
    if pattern:
        return [c for c in cases.ALL if pattern.search(c.name)]
    return [c for c in cases.ALL
            if not options.quick or c.name not in cases.SLOW]


def stem(options):
    """The files' name: a part of a run does not replace a whole one."""
    name = "quick" if options.quick else "run"
    return name + ("-part" if options.case or options.servers else "")
