"""bench/run from its begin to its end."""
import os
import pathlib
import sys
import tempfile
import time

from . import budgets, machine, options, programs, report
from .bench import Bench
from .server import ServerFailed
from .tokens import Tokens


def main(words=None):
    asked = options.parse(words)
    chosen = options.chosen(asked)
    if asked.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if not chosen:
        print("no case has such a name; see --list", file=sys.stderr)
        return 2
    found = programs.prepare(asked.bin)
    try:
        with tempfile.TemporaryDirectory(prefix="ctio-bench-") as folder:
            bench = run(asked, chosen, found, pathlib.Path(folder))
    except ServerFailed as error:
        print(f"the tokens could not be made: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    about = {"about": describe(asked, found)}
    print(report.text(bench), end="")
    for path in report.write(bench, about, asked.results,
                             options.stem(asked)):
        bench.note(f"wrote {path}")
    return status(bench, asked)


def run(asked, chosen, found, folder):
    cores = machine.cores()
    os.sched_setaffinity(0, {cores[1]})  # and all that is no server
    folder.chmod(0o755)  # nginx's worker is somebody else
    tokens = Tokens(folder, cores[0], found, asked.tokens)
    bench = Bench(asked, folder, cores, found, tokens)
    for name in bench.absent:
        bench.note(f"{name} is not there and is left out")
    for case in chosen:
        with bench.attempt(case.name):
            bench.results[case.name] = case.run(bench)
    return bench


def describe(asked, found):
    return {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": machine.describe(), "versions":
            programs.versions(found), "tokens": asked.tokens,
            "rounds": asked.rounds, "seconds": asked.seconds,
            "quick": asked.quick}


def status(bench, asked):
    if bench.failures:
        bench.note(f"{len(bench.failures)} runs failed")
    missed = budgets.missed(budgets.check(bench.results))
    if asked.budgets and missed:
        bench.note(f"{len(missed)} budgets were missed")
        return 1
    return 1 if bench.failures else 0
