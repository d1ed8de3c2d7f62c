"""What black-box tests share: the real binary as a server, its command line,
its two listeners. Standard library only.

CTIO_BIN names the binary, CTIO_SHIM the library that disturbs disk and clock
(tests/shim), CTIO_FULL=1 asks for as many rounds as a release wants."""
import http.client
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BIN = os.environ.get("CTIO_BIN", os.path.join(ROOT, "build/dev/bin/ctio"))
SHIM = os.environ.get("CTIO_SHIM",
                      os.path.join(ROOT, "build/dev/lib/ctio_shim.so"))
FULL = os.environ.get("CTIO_FULL") == "1"

START_MAX = 60  # seconds: sanitizers are slow, and so are busy machines
STOP_MAX = 60
ANSWER_MAX = 60
PAGES_MAX = 100000

SANITIZER = re.compile(
    r"(AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:|"
    r"broken invariant:)[^\n]*")


def rounds(ci, full):
    """How often to repeat: the first number in CI, the second for a
    release."""
    return full if FULL else ci


def wait_until(what, predicate, timeout=30):
    """Polls until predicate() is true, and returns what it returned."""
    deadline = time.monotonic() + timeout
    while True:
        result = predicate()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(0.005)


def environment(extra=None):
    """This process's, without what would lead commands elsewhere."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("CTIO_URL", "CTIO_KEY", "CTIO_ACCOUNT")
           and not k.lower().endswith("_proxy")}
    env.update(extra or {})
    return env


# What WhatsApp's browser on phones says.
PHONE = ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like "
         "Gecko) Chrome/141.0.7390.124 Mobile Safari/537.36 "
         "[WA4A/2.25.32.75;]")


class Answer:
    """An HTTP answer, read whole. Header names are matched without case."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    def lines(self):
        """The objects of an NDJSON body."""
        return [json.loads(line) for line in self.body.splitlines()]

    def next(self):
        """The target of Link rel="next": path and query."""
        for link in self.headers.get_all("Link") or []:
            m = re.match(r'<([^>]*)>;\s*rel="next"', link)
            if m:
                url = urllib.parse.urlsplit(m.group(1))
                return url.path + ("?" + url.query if url.query else "")
        return None

    def __repr__(self):
        return f"<{self.status} {self.headers.items()} {self.body[:500]!r}>"


def request(port, method, path, headers=None, body=None, timeout=ANSWER_MAX):
    """One request on a connection of its own. Path and headers go out as they
    are; an iterable body goes chunked."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    # A test may send what http.client thinks is wrong.
    c._validate_path = lambda url: None  # pylint: disable=protected-access
    try:
        c.request(method, path, body=body, headers=headers or {})
        response = c.getresponse()
        return Answer(response, response.read())
    finally:
        c.close()


class Server:
    """`ctio serve` with a data folder, on ports of the system's choice."""

    def __init__(self, data, options=(), env=None, config=None):
        self.data = data
        self.options = list(options)
        self.env = dict(env or {})
        self.config = config
        self.process = None
        self.click_port = 0
        self.api_port = 0
        self.stderr_path = os.path.join(os.path.dirname(data), "stderr")

    # Its life

    def command(self):
        words = [BIN, "serve", "--data", self.data]
        if self.config:
            words += ["-c", self.config]
        # After a restart the same ports, so that clients find it again.
        for name, port in (("click", self.click_port),
                           ("api", self.api_port)):
            words += ["--set", f"{name}.listen=127.0.0.1:{port}"]
        # One token is tapped many times a second here; and who was answered
        # finds the click in the export, however slow the disk is.
        words += ["--set", "click.repeat_window=0s",
                  "--set", "click.commit_wait_max=60s"]
        for option in self.options:
            words += ["--set", option]
        return words

    def start(self):
        """Returns once it accepts on both listeners."""
        assert self.process is None
        with open(self.stderr_path, "ab") as stderr:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=stderr,
                env=environment(self.env))
        deadline = time.monotonic() + START_MAX
        text = b""
        while text.count(b"\n") < 2:
            left = deadline - time.monotonic()
            out = self.process.stdout
            ready, _, _ = select.select([out], [], [], max(left, 0))
            piece = os.read(out.fileno(), 4096) if ready else b""
            if not piece:
                status = self.ended()
                self.kill9()
                raise AssertionError(
                    f"the server did not start (exit {status}, stdout "
                    f"{text!r}):\n{self.stderr()}")
            text += piece
        m = re.fullmatch(
            r"ctio: clicks on http://127\.0\.0\.1:(\d+)\n"
            r"ctio: api on http://127\.0\.0\.1:(\d+)\n", text.decode())
        if not m:
            self.kill9()
            raise AssertionError(f"unexpected on stdout: {text!r}")
        self.click_port = int(m.group(1))
        self.api_port = int(m.group(2))
        return self

    def ended(self):
        """The exit status, which may come a moment after stdout's end; None
        for a process that goes on."""
        try:
            return self.process.wait(1)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, expected=0):
        """SIGTERM, and the exit status that belongs to it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_MAX)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(
                f"still there {STOP_MAX} s after SIGTERM:\n"
                f"{self.stderr()}") from None
        self.process.stdout.close()
        self.process = None
        self.check_stderr()
        assert status == expected, (
            f"exit status {status} instead of {expected}:\n{self.stderr()}")

    def kill9(self):
        """What no process can prepare for."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def restart(self):
        if self.process:
            self.stop()
        return self.start()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stderr(self):
        with open(self.stderr_path, encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    def check_stderr(self):
        m = SANITIZER.search(self.stderr())
        assert not m, f"{m.group()}\n{self.stderr()}"

    def rss_kb(self):
        """Memory of the process, in KiB."""
        with open(f"/proc/{self.process.pid}/status",
                  encoding="ascii") as file:
            return int(re.search(r"^VmRSS:\s*(\d+)", file.read(),
                                 re.MULTILINE).group(1))

    # Its command line

    def cli(self, *args, input=None, status=0, env=None, timeout=300):
        """Runs a subcommand against this server and checks its exit status;
        the result has .stdout and .stderr as text."""
        return cli(*args, "--data", self.data, input=input, status=status,
                   env=env, timeout=timeout)

    def account(self, name="acme", region="us1"):
        """Makes an account and returns its key."""
        key = self.cli("account", "create", name, "--region",
                       region).stdout
        assert re.fullmatch(rf"ctio_{region}_\w+\n", key), key
        return key.strip()

    # Its listeners

    def tap(self, path, headers=None, method="GET"):
        """A request to the public listener, a person's unless the headers
        say otherwise; a bare token is a path too."""
        if not path.startswith("/"):
            path = "/" + path
        return request(self.click_port, method, path,
                       {"User-Agent": PHONE, **(headers or {})})

    def api(self, method, path, json_body=None, key=None, headers=None,
            body=None, timeout=ANSWER_MAX):
        headers = dict(headers or {})
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if json_body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(json_body).encode()
        return request(self.api_port, method, path, headers, body, timeout)

    def mint(self, key, **fields):
        """One token, as the API answers it: token, url, expires_at."""
        answer = self.api("POST", "/v1/tokens", fields, key)
        assert answer.status == 201, answer
        return answer.json()

    def mint_batch(self, key, rows, query="", idempotency_key=None):
        """The answers to a stream, one for each row; rows are objects, or
        lines as they are."""
        lines = [row if isinstance(row, str) else json.dumps(row)
                 for row in rows]
        headers = {"Content-Type": "application/x-ndjson"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        answer = self.api("POST", "/v1/tokens" + query, key=key,
                          headers=headers, timeout=300,
                          body=("\n".join(lines) + "\n").encode())
        assert answer.status == 200, answer
        return answer.lines()

    def put_link(self, key, name, destination, **fields):
        answer = self.api("PUT", f"/v1/links/{name}",
                          {"destination": destination, **fields}, key)
        assert answer.status in (200, 201), answer
        return answer.json()

    def export_pages(self, key, path="/v1/clicks", **params):
        """Yields the pages of the feed to its end, following rel=next."""
        if params:
            path += "?" + urllib.parse.urlencode(params)
        for _ in range(PAGES_MAX):
            answer = self.api("GET", path, key=key)
            assert answer.status == 200, answer
            following = answer.next()
            assert following, answer
            if answer.body:
                yield answer
            # A filter can leave a page empty that is not the last one; at
            # the end the cursor stays where it is.
            elif following == path or len(params) == 0:
                return
            path = following
        raise AssertionError("the feed has no end")

    def export_all(self, key, **params):
        """Every click of the account, as objects in order."""
        return [click for page in self.export_pages(key, **params)
                for click in page.lines()]

    def metrics(self):
        """The metrics, from `name{labels}` to number."""
        answer = self.api("GET", "/metrics")
        assert answer.status == 200, answer
        values = {}
        for line in answer.text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values

    def metric(self, name):
        """The sum over all labels; 0 for one that is not there yet."""
        return sum(value for key, value in self.metrics().items()
                   if key == name or key.startswith(name + "{"))


class Tenant:
    """An account on a server that others use too, and what it asks."""

    number = itertools.count(1)

    def __init__(self, server, region="us1"):
        self.server = server
        self.name = f"tenant-{next(Tenant.number)}"
        self.key = server.account(self.name, region)

    def api(self, method, path, json_body=None, key=None, **options):
        return self.server.api(method, path, json_body, key or self.key,
                               **options)

    def tap(self, path, headers=None, method="GET"):
        return self.server.tap(path, headers, method)

    def add_key(self, *options):
        """A further key; returns it and its id."""
        made = json.loads(self.server.cli(
            "account", "key", "add", self.name, "--json", *options).stdout)
        return made["key"], made["key_id"]

    def mint(self, **fields):
        return self.server.mint(self.key, **fields)

    def mint_batch(self, rows, query="", idempotency_key=None):
        return self.server.mint_batch(self.key, rows, query, idempotency_key)

    def put_link(self, name, destination, **fields):
        return self.server.put_link(self.key, name, destination, **fields)

    def export_all(self, **params):
        return self.server.export_all(self.key, **params)


def findings(answer, status=422):
    """The pointers of a problem's findings, in order."""
    assert answer.status == status, answer
    return [error["pointer"] for error in answer.json()["errors"]]


def cli(*args, input=None, status=0, env=None, timeout=300):
    """Runs the binary; a status of None is not checked."""
    run = subprocess.run([BIN, *args], input=input or "", text=True,
                         capture_output=True, env=environment(env),
                         timeout=timeout, check=False)
    m = SANITIZER.search(run.stderr)
    assert not m, f"{args}: {run.stderr}"
    assert status is None or run.returncode == status, (
        f"ctio {' '.join(args)}: exit status {run.returncode} instead of "
        f"{status}\nstdout: {run.stdout[:2000]}\nstderr: {run.stderr[:2000]}")
    return run


class Shim:
    """Disturbs the disk and the clock of a server started with env()."""

    def __init__(self, folder, data):
        self.folder = folder
        self.data = data
        os.makedirs(folder)

    def env(self):
        return {"LD_PRELOAD": SHIM, "CTIO_SHIM_PATH": self.data,
                "CTIO_SHIM_CONTROL": self.folder}

    def set(self, name, text=""):
        """name: stall, eio, enospc or clock (seconds, as text)."""
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(str(text))
        os.rename(path + ".new", path)

    def clear(self, name):
        os.unlink(os.path.join(self.folder, name))


class Folder:
    """A temporary folder with a short name: a unix socket's path has 107
    bytes."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="ctio-")

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
