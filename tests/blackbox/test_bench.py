"""bench/run on a tiny scale against ctio alone, so that it does not rot: it
must measure every kind of case, and its loss check must notice a click too few
and one too many. No figure is judged here."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

import pytest

import harness

RUN = pathlib.Path(harness.ROOT) / "bench/run"
PROGRAMS = pathlib.Path(harness.BIN).parent

sys.path.insert(0, str(RUN.parent))

from ctiobench import budgets, loss, plot, taps  # noqa: E402

# Runs ctio-load, and then changes what it says it was answered.
DOCTORING = """#!/usr/bin/python3
import subprocess, sys
words = sys.argv[1:]
status = subprocess.run([{load!r}, *words]).returncode
path = words[words.index("--answered") + 1]
lines = open(path).read().splitlines()
token, count = lines[0].split()
lines[0] = f"{{token}} {{int(count) + {more}}}"
open(path, "w").write("\\n".join(lines) + "\\n")
sys.exit(status)
"""

# Expects another answer for one token.
MISLED = """#!/usr/bin/python3
import subprocess, sys
words = sys.argv[1:]
at = words.index("--targets") + 1
lines = open(words[at]).read().splitlines()
lines[0] += "#"
words[at] += ".misled"
open(words[at], "w").write("\\n".join(lines) + "\\n")
sys.exit(subprocess.run([{load!r}, *words]).returncode)
"""


def bench(folder, case, programs=PROGRAMS, tokens=200):
    return subprocess.run(
        [RUN, "--quick", "--bin", programs, "--tokens", str(tokens),
         "--rounds", "1", "--seconds", "0.2", "--servers", "^ctio", "--case",
         case, "--results", folder / "results"],
        capture_output=True, text=True, env=harness.environment(),
        check=False)


def with_load(folder, script, **values):
    """A folder of programs with a ctio-load that lies."""
    programs = pathlib.Path(folder / "bin")
    programs.mkdir()
    (programs / "ctio").symlink_to(PROGRAMS / "ctio")
    (programs / "ctio-load").write_text(script.format(
        load=str(PROGRAMS / "ctio-load"), **values))
    (programs / "ctio-load").chmod(0o755)
    return programs


@pytest.mark.slow
def test_every_kind_of_case(folder):
    run = bench(folder, "taps .* 64|one-shot|idle|mint|export")
    assert run.returncode == 0, run.stderr
    with open(folder / "results/quick-part.json", encoding="utf-8") as file:
        result = json.load(file)
    assert result["failures"] == []
    kinds = {case["kind"] for case in result["cases"].values()}
    assert kinds == {"taps", "latency", "interference", "idle", "mint",
                     "export"}
    for case in result["cases"].values():
        if case["kind"] == "taps":
            check_taps(case)
    with open(folder / "results/quick-part.md", encoding="utf-8") as file:
        assert file.read() == run.stdout
    xml.etree.ElementTree.parse(folder / "results/quick-part.svg")


def check_taps(case):
    assert list(case["servers"]) == ["ctio, committed", "ctio, at once"]
    for figures in case["servers"].values():
        assert figures["cpu_us"] > 0 and figures["cpu_ratio"] is None
        assert 0 < figures["p50_ms"] <= figures["p99_ms"]
        check = figures["rounds"][0]["loss_check"]
        assert check["answered"] == check["exported"] > 0


@pytest.mark.parametrize("more, word", [(1, "'lost': 2,"),
                                        (-1, "'invented': 2")])
def test_loss_check_notices(folder, more, word):
    """Each of a run's two loads is off by one."""
    programs = with_load(folder, DOCTORING, more=more)
    run = bench(folder, "taps close 64", programs)
    assert run.returncode == 1
    assert "loss check" in run.stderr and word in run.stderr, run.stderr
    assert "FAILED: taps close 64" in run.stdout


def test_wrong_answer_is_noticed(folder):
    programs = with_load(folder, MISLED)
    run = bench(folder, "taps close 64", programs, tokens=2)
    assert run.returncode == 1
    assert "'wrong': " in run.stderr, run.stderr


def test_no_such_case(folder):
    run = bench(folder, "nonesuch")
    assert run.returncode == 2 and "--list" in run.stderr
    assert not os.path.exists(folder / "results")


@pytest.mark.parametrize("answered, exported, unique, wrong", [
    ({}, {}, 0, (0, 0, 0)),
    ({b"a": 2, b"b": 1}, {b"b": 1, b"a": 2}, 2, (0, 0, 0)),
    ({b"a": 2}, {b"a": 1}, 1, (1, 0, 0)),
    ({b"a": 2}, {b"a": 3}, 1, (0, 1, 0)),
    ({b"a": 2, b"b": 1}, {b"a": 1, b"b": 2}, 2, (1, 1, 0)),
    ({b"a": 1}, {b"c": 1}, 1, (1, 1, 0)),
    ({b"a": 2}, {b"a": 2}, 2, (0, 0, 1)),
    ({b"a": 2, b"b": 1}, {b"a": 2, b"b": 1}, 1, (0, 0, 1)),
])
def test_compare(answered, exported, unique, wrong):
    result = loss.compare(collections.Counter(answered),
                          collections.Counter(exported), unique)
    assert (result["lost"], result["invented"],
            result["miscounted"]) == wrong
    assert loss.is_loss(result) == any(wrong)


def test_ratio_is_taken_within_a_round():
    def rounds(*values):
        return {i: {"cpu_us": v, "rate": 100 / v}
                for i, v in enumerate(values) if v}
    row = taps.summary(rounds(3, 8, 1, 9), rounds(2, 8, 4, None))
    assert row["cpu_us"] == 5.5
    assert row["cpu_ratio"] == 1.0
    assert taps.summary(rounds(3), None)["cpu_ratio"] is None


@pytest.mark.parametrize("ratio, met", [(0.9, True), (0.90001, False),
                                        (None, None)])
def test_budget(ratio, met):
    case = {"kind": "taps", "title": "256, Connection: close",
            "servers": {"ctio, committed": {"cpu_ratio": ratio}}}
    rows = budgets.check({"taps close 256": case})
    found = [row for row in rows if "Connection: close, ctio, comm" in row[0]]
    assert [row[3] for row in found] == [met]
    assert len(budgets.missed(rows)) == (met is False)


def test_plot_is_xml():
    case = {"kind": "taps", "title": "64, <&>", "connections": 64,
            "servers": {"nginx": {"cpu_us": 7.5}, "floor": {"cpu_us": 0.4}}}
    root = xml.etree.ElementTree.fromstring(plot.svg([case]))
    bars = root.findall("{*}rect[{*}title]")
    assert len(bars) == 2
