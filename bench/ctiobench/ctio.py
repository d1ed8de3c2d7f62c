"""ctio as a server under measurement, and its API as the bench uses it."""
import http.client
import re
import select
import shutil
import subprocess
import time

from .server import START_MAX, Server, ServerFailed, wait_until

API_TIMEOUT = 300  # seconds
SETTLE_MAX = 120
SETTLE_PAUSE = 0.1
PAGE_CLICKS = 10000  # the most that the API gives at once
ROWS_A_REQUEST = 100000
READ_BYTES = 1 << 18

NOT_COPIED = shutil.ignore_patterns("ctio.sock", "ctio.lock", "lock.mdb")


class Api:
    """One connection to the API, kept."""

    def __init__(self, port, key):
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=API_TIMEOUT, blocksize=READ_BYTES)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, method, path, body=None, content_type=None, coding=None):
        """The response, its body not read yet."""
        headers = dict(self.headers)
        if coding:
            headers["Accept-Encoding"] = coding
        if content_type:
            headers["Content-Type"] = content_type
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        if response.status not in (200, 201):
            raise ServerFailed(f"{method} {path}: {response.status} "
                               f"{response.read()[:1000]!r}")
        return response

    def get(self, path):
        return self.ask("GET", path).read()

    def put_link(self, name, destination):
        self.ask("PUT", f"/v1/links/{name}",
                 f'{{"destination":"{destination}"}}',
                 "application/json").read()

    def mint(self, row):
        return self.ask("POST", "/v1/tokens", row, "application/json").read()

    def mint_batch(self, rows):
        """The response to a stream of rows, each a line of bytes."""
        return self.ask("POST", "/v1/tokens", rows, "application/x-ndjson")

    def click_pages(self):
        """Every click of the account as NDJSON, a page at a time."""
        path = f"/v1/clicks?limit={PAGE_CLICKS}"
        while path:
            response = self.ask("GET", path)
            following = re.search(r'<([^>]*)>;\s*rel="next"',
                                  response.getheader("Link", ""))
            body = response.read()
            if body:
                yield body
            whole = body.count(b"\n") == PAGE_CLICKS
            path = following.group(1) if whole else None


class Ctio(Server):
    """`ctio serve` on a data folder of its own: a copy of `data`, if given,
    so that every run begins with the same store."""

    def __init__(self, folder, core, programs, data=None, options=()):
        super().__init__(folder)
        self.programs = programs
        self.data = folder / "data"
        if data:
            shutil.copytree(data, self.data, ignore=NOT_COPIED)
        words = [programs.ctio, "serve", "--data", self.data]
        for option in ("click.listen=127.0.0.1:0", "api.listen=127.0.0.1:0",
                       "server.loops=1", *options):
            words += ["--set", option]
        self.spawn(core, *words, stdout=subprocess.PIPE)
        self.port = self.read_port()
        self.started = time.monotonic() - self.began
        self.api_port = self.read_port()

    def read_port(self):
        """From the next line of what it prints."""
        ready, _, _ = select.select([self.process.stdout], [], [], START_MAX)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.process.kill()
            self.process.wait()
            raise ServerFailed(f"ctio did not start: {self.stderr()}")
        return int(line.rsplit(b":", 1)[1])

    def command(self, *words):
        """Runs another command of ctio's on this server: its one line."""
        done = subprocess.run(
            [self.programs.ctio, *words, "--data", self.data],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
        if done.returncode:
            raise ServerFailed(f"ctio {' '.join(words)}: {done.stderr}")
        return done.stdout.strip()

    def api(self, key=None):
        return Api(self.api_port, key)

    def pids(self):
        return [self.process.pid]

    def metrics(self):
        """Sums over all labels, by name."""
        with self.api() as api:
            text = api.get("/metrics").decode()
        sums = {}
        for name, value in re.findall(r"^(\w+)(?:{[^}]*})? (\S+)$", text,
                                      re.M):
            sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def settle(self, answered):
        """Until every click is in the log and the tally has counted it."""
        def is_settled():
            m = self.metrics()
            done = m["ctio_clicks_committed_total"] + \
                m["ctio_clicks_lost_total"]
            return done >= answered and not m["ctio_tally_lag_clicks"] \
                and not m["ctio_click_queue_depth"]
        # Asking is work for it, too.
        wait_until("clicks are in the log and counted", is_settled,
                   SETTLE_MAX, SETTLE_PAUSE)
