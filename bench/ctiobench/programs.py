"""The programs that are measured and that measure: installs what is missing,
builds the release, and says where they are."""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"
TARGETS = ("ctio", "bench_load", "bench_floor")


class Programs:
    """Paths of what is measured and what measures, in one folder."""

    def __init__(self, folder):
        self.ctio = folder / "ctio"
        self.load = folder / "ctio-load"
        self.floor = folder / "ctio-floor"
        self.mint_stream = folder / "mint_stream"


def prepare(folder=None, targets=TARGETS):
    """Those in `folder`, or else what this tree builds."""
    if folder:
        return Programs(pathlib.Path(folder).resolve())
    quietly(ROOT / "deploy/packages", "build", "bench")
    quietly("cmake", "-S", ROOT, "--preset", "release",
            "-DCTIO_TESTS=OFF", "-DCTIO_WERROR=OFF")
    quietly("cmake", "--build", BUILD, "--target", *targets)
    return Programs(BUILD / "bin")


def quietly(*command):
    """Runs a step, and shows what it said only when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"failed: {' '.join(words)}\n{done.stdout}")


def find(name):
    """An installed program, or None; daemons are not on everybody's path."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin"
    return shutil.which(name, path=path)


def version(*command):
    """What a program says of its version, its first line."""
    if not find(command[0]):
        return None
    done = subprocess.run([find(command[0]), *command[1:]], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.stdout.partition("\n")[0].strip()


def versions(programs):
    return {"ctio": version(str(programs.ctio), "--version"),
            "commit": version("git", "-C", str(ROOT), "describe", "--always",
                              "--dirty", "--exclude", "*"),
            "nginx": version("nginx", "-v"),
            "haproxy": version("haproxy", "-v"),
            "redis": version("redis-server", "--version")}
