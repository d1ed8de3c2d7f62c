"""What all servers have in common: a process on the servers' core, a port on
loopback, and what it costs."""
import signal
import socket
import subprocess
import time

from . import machine

START_MAX = 60  # seconds
STOP_MAX = 60
# By our signal, or by the terminal's to all of us.
ENDS = {0} | {status for s in (signal.SIGTERM, signal.SIGINT)
              for status in (-s, 128 + s)}


class ServerFailed(Exception):
    """A server did not start, answer or end as it should."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, predicate, timeout, pause=0.02):
    """Polls until predicate() is true, and returns what it returned."""
    end = time.monotonic() + timeout
    while True:
        result = predicate()
        if result:
            return result
        if time.monotonic() > end:
            raise ServerFailed(f"not within {timeout} s: {what}")
        time.sleep(pause)


class Server:
    """A running server. A subclass starts it in its __init__: self.folder,
    then self.spawn(), then self.port and self.started."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.port = 0
        self.began = 0.0
        self.started = 0.0  # seconds until it could be used

    def spawn(self, core, *command, stdout=subprocess.DEVNULL):
        words = ["taskset", "-c", str(core)] + [str(w) for w in command]
        self.began = time.monotonic()
        with open(self.folder / "stderr", "ab") as stderr:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                bufsize=0)

    def wait_for_port(self):
        """Until it accepts."""
        wait_until(f"{self.process.args} listens", self.accepts, START_MAX)
        self.started = time.monotonic() - self.began

    def accepts(self):
        if self.process.poll() is not None:
            raise ServerFailed(f"{self.process.args} ended: {self.stderr()}")
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    def stderr(self):
        return (self.folder / "stderr").read_text(errors="replace")[-2000:]

    def pids(self):
        return machine.family(self.process.pid)

    def cpu(self):
        return machine.cpu_seconds(self.pids())

    def faults(self):
        return machine.page_faults(self.pids())

    def memory(self):
        return machine.memory(self.pids())

    def settle(self, answered):
        """Until it has done all that `answered` requests since its start
        ask for."""

    def stop(self):
        """SIGTERM, and its end; raises if it complains."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerFailed(f"{self.process.args} did not end") from None
        finally:
            if self.process.stdout:
                self.process.stdout.close()
        if status not in ENDS:
            raise ServerFailed(f"{self.process.args}: exit status {status}: "
                               f"{self.stderr()}")
