"""Runs ctio-load of bench/ on a server. CTIO_LOAD and CTIO_FLOOR name the
programs. Standard library only."""
import json
import os
import pathlib
import subprocess

import harness

LOAD = os.environ.get("CTIO_LOAD",
                      os.path.join(harness.ROOT, "build/dev/bin/ctio-load"))
FLOOR = os.environ.get("CTIO_FLOOR",
                       os.path.join(harness.ROOT, "build/dev/bin/ctio-floor"))
MODES = ("keep-alive", "close", "one-shot")


class Run:
    """ctio-load's exit status, figures, stderr and answers per token."""

    def __init__(self, folder, port, targets, *options, connections=8,
                 status=0):
        path = pathlib.Path(folder.path)
        targets_path, answered_path = path / "targets", path / "answered"
        targets_path.write_text("".join(
            f"{token} {location}\n" for token, location in targets.items()))
        done = load("--port", port, "--targets", targets_path,
                    "--connections", connections, "--answered",
                    answered_path, *options)
        self.stderr = done.stderr
        assert done.returncode == status, done
        self.figures = json.loads(done.stdout)
        lines = [line.split(" ") for line in
                 answered_path.read_text().splitlines()]
        self.answers = {token: int(count) for token, count in lines}
        assert sum(self.answers.values()) == self["answered"]

    def __getitem__(self, name):
        return self.figures[name]

    def check(self, **expected):
        """The counters; those not named are 0."""
        names = ("answered", "wrong", "unanswered", "connect_errors",
                 "unclean", "unsent")
        found_ = {name: self[name] for name in names}
        assert found_ == {name: expected.get(name, 0) for name in names}, \
            self.stderr


def load(*words):
    done = subprocess.run(
        [LOAD, *map(str, words)], text=True, capture_output=True, timeout=120,
        env=harness.environment(), check=False)
    assert not harness.SANITIZER.search(done.stderr), done.stderr
    return done
