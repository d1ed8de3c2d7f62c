"""Load on a server, with a book of all that was asked and answered, and the
audit that holds the export against that book. Standard library only."""
import collections
import http.client
import json
import random
import socket
import threading

import harness

CONNECTIONS = 64
BATCH_LINES = 200
CONNECT_MAX = 60
OLD_SHARE = 0.3

# What a connection that ends under a request can look like.
BROKEN = (OSError, http.client.HTTPException, EOFError)


def read_head(file):
    """Status and headers (names in lower case) of the next answer."""
    line = file.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError("no status line")
    headers = {}
    while True:
        field = file.readline()
        if not field.endswith(b"\r\n"):
            raise EOFError("the head broke off")
        if field == b"\r\n":
            return int(line.split()[1]), headers
        name, _, value = field.partition(b":")
        headers[name.decode().lower()] = value.strip().decode()


class Taps:
    """A connection to the public listener that pipelines."""

    def __init__(self, port, timeout=CONNECT_MAX):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb", 64 << 10)

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, paths, method="GET"):
        self.socket.sendall(b"".join(
            b"%s /%s HTTP/1.1\r\nHost: ct5.io\r\n\r\n"
            % (method.encode(), path.encode()) for path in paths))

    def read(self, method="GET"):
        """Status and Location of the next answer."""
        status, headers = read_head(self.file)
        if method != "HEAD":
            length = int(headers.get("content-length", 0))
            if len(self.file.read(length)) < length:
                raise EOFError("the body broke off")
        return status, headers.get("location")


def tap_all(port, paths, width=CONNECTIONS):
    """Taps paths over that many connections side by side; yields status and
    Location of each, in order."""
    taps = [Taps(port) for _ in range(min(width, len(paths)))]
    try:
        for at in range(0, len(paths), width):
            part = paths[at:at + width]
            for tap, path in zip(taps, part):
                tap.send([path])
            for tap, _ in zip(taps, part):
                yield tap.read()
    finally:
        for tap in taps:
            tap.close()


class Book:
    """What clients asked and what they were answered. Any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.leads_to = {}      # acknowledged token: its destination
        self.fresh = []         # tokens since the last settle()
        self.old = []           # those before
        self.asked = {}         # tap's number: its token
        self.answered = set()   # taps that got their 302
        self.batches = {}       # Idempotency-Key: [rows, tokens answered]
        self.wrong = []         # answers that must never be
        self.answers = 0

    def minted(self, token, destination):
        with self.lock:
            if token in self.leads_to:
                self.wrong.append(f"{token} was given out twice")
            self.leads_to[token] = destination
            self.fresh.append(token)
            self.answers += 1

    def ask(self, token):
        """A tap's number, which it carries in its query, so that its click
        can be told from all others."""
        with self.lock:
            number = len(self.asked)
            self.asked[number] = token
            return number

    def tapped(self, number, status, location):
        token = self.asked[number]
        with self.lock:
            self.answers += 1
            if (status, location) == (302, self.leads_to[token]):
                self.answered.add(number)
            else:
                self.wrong.append(
                    f"tap {number} of {token}: {status} {location} instead of "
                    f"{self.leads_to[token]}")

    def batch_answer(self, key, i, token):
        """Line i of a keyed batch; the same again after a retry."""
        with self.lock:
            rows, tokens = self.batches[key]
            if i < len(tokens):
                if tokens[i] != token:
                    self.wrong.append(f"{key} line {i}: {token}, before the "
                                      f"kill {tokens[i]}")
                return
            tokens.append(token)
        self.minted(token, rows[i]["destination"])

    def some_token(self, rng):
        """Often a new one, now and then one of long ago."""
        with self.lock:
            tokens = self.fresh
            if self.old and (not tokens or rng.random() < OLD_SHARE):
                tokens = self.old
            return rng.choice(tokens) if tokens else None

    def settle(self):
        self.old += self.fresh
        self.fresh.clear()


class Load:
    """Threads of clients that mint and tap until stopped, or until the server
    leaves them."""

    def __init__(self, server, key, book, seed, prefix,
                 singles=2, batches=1, taps=8):
        self.server = server
        self.key = key
        self.book = book
        self.prefix = prefix
        self.stopping = threading.Event()
        self.errors = []
        work = ([self.mint_singles] * singles + [self.mint_batches] * batches +
                [self.tap] * taps)
        self.threads = [
            threading.Thread(target=self.run, args=(
                one, f"{prefix}-{i}", random.Random(seed * 1000 + i)))
            for i, one in enumerate(work)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        """To be called after the server was killed, or to end the load."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(harness.ANSWER_MAX)
            assert not thread.is_alive(), "a client hangs"
        assert not self.errors, self.errors[:5]
        assert not self.book.wrong, self.book.wrong[:5]

    def run(self, work, name, rng):
        while not self.stopping.is_set():
            try:
                work(name, rng)
            except BROKEN:
                if not self.server.is_running():
                    return
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(repr(error))
                return

    def post(self, connection, body, content_type, idempotency_key=None):
        headers = {"Authorization": f"Bearer {self.key}",
                   "Content-Type": content_type}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        connection.request("POST", "/v1/tokens", body, headers)
        return connection.getresponse()

    def connect(self):
        return http.client.HTTPConnection(
            "127.0.0.1", self.server.api_port, timeout=harness.ANSWER_MAX)

    def mint_singles(self, name, rng):
        c = self.connect()
        try:
            while not self.stopping.is_set():
                to = f"https://shop.example/{name}/{rng.getrandbits(64):x}"
                response = self.post(
                    c, json.dumps({"destination": to, "recipient": name}),
                    "application/json")
                answer = json.loads(response.read())
                assert response.status == 201, answer
                self.book.minted(answer["token"], to)
        finally:
            c.close()

    def mint_batches(self, name, rng):
        while not self.stopping.is_set():
            key = f"{name}-{rng.getrandbits(64):x}"
            rows = [{"destination": f"https://shop.example/{key}/{i}",
                     "recipient": f"r{i}"} for i in range(BATCH_LINES)]
            self.book.batches[key] = [rows, []]
            self.send_batch(key)

    def send_batch(self, key):
        """Once; all its lines are answered when it returns."""
        rows = self.book.batches[key][0]
        body = "".join(json.dumps(row) + "\n" for row in rows)
        c = self.connect()
        try:
            response = self.post(c, body, "application/x-ndjson", key)
            assert response.status == 200, response.read()
            n = 0
            for line in response:
                if not line.endswith(b"\n"):
                    raise EOFError("a line broke off")
                self.book.batch_answer(key, n, json.loads(line)["token"])
                n += 1
            if n < len(rows):
                raise EOFError("the answer broke off")
        finally:
            c.close()

    def tap(self, _name, rng):
        width = rng.choice((1, 1, 4, 16))
        method = "HEAD" if rng.random() < 0.1 else "GET"
        token = self.book.some_token(rng)
        if not token:
            self.stopping.wait(0.001)
            return
        with Taps(self.server.click_port) as taps:
            for _ in range(rng.randrange(1, 20)):
                if self.stopping.is_set():
                    return
                # Few tokens, so that some are tapped again.
                tokens = [self.book.some_token(rng) for _ in range(width)]
                numbers = [self.book.ask(token) for token in tokens]
                taps.send([f"{token}?n={number}" for token, number
                           in zip(tokens, numbers)], method)
                for number in numbers:
                    self.book.tapped(number, *taps.read(method))


class Audit:
    """Reads the export on from where it stood, and holds every click of it
    against the book and against what was read before."""

    def __init__(self, server, key, book, region="us1"):
        self.server = server
        self.key = key
        self.book = book
        self.region = region
        self.path = "/v1/clicks?limit=10000"
        self.clicks = []
        self.ids = set()
        self.numbers = collections.Counter()
        self.seen = set()   # tokens with a counted click
        self.counted = 0

    def take(self, click):
        assert click["id"] not in self.ids, f"again: {click}"
        self.ids.add(click["id"])
        number = int(click["query"].removeprefix("n="))
        assert self.book.asked.get(number) == click["token"], (
            f"nobody asked for {click}")
        self.numbers[number] += 1
        assert self.numbers[number] == 1, f"tapped once: {click}"
        assert click["destination"] == self.book.leads_to[click["token"]]
        assert click["counted"] == (click["verdict"] == "human"), click
        first = click["counted"] and click["token"] not in self.seen
        assert click["unique"] == first, (
            f"unique should be {first}: {click}")
        if click["counted"]:
            self.counted += 1
            self.seen.add(click["token"])
        self.clicks.append((click["id"], number, click["unique"]))

    def read(self):
        """Takes every new click; True if there were any."""
        before = len(self.clicks)
        while True:
            answer = self.server.api("GET", self.path, key=self.key)
            assert answer.status == 200, answer
            for click in answer.lines():
                self.take(click)
            self.path = answer.next()
            if not answer.body:
                return len(self.clicks) > before

    def check(self):
        """With no tap under way: the export has every answered tap once and
        none that nobody asked for, and the tally agrees with it."""
        self.read()
        lost = [n for n in self.book.answered if n not in self.numbers]
        assert not lost, (f"{len(lost)} taps were answered and are not in the "
                          f"export: {lost[:10]}")
        status = tally_of(self.server, self.region)
        found = tuple(status[name] for name in (
            "tally_requests", "tally_clicks", "tally_unique_clicks"))
        expected = (len(self.clicks), self.counted, len(self.seen))
        assert found == expected, f"the tally has {found}, a recount {expected}"

    def check_whole(self):
        """The export from its beginning is what was read in parts."""
        whole = [(c["id"], int(c["query"].removeprefix("n=")), c["unique"])
                 for c in self.server.export_all(self.key, limit=10000)]
        assert whole == self.clicks


def region_status(server, region="us1"):
    """The region's part of `ctio status`."""
    status = json.loads(server.cli("status", "--json").stdout)
    return next(r for r in status["regions"] if r["region"] == region)


def tally_of(server, region="us1"):
    """The same, once the tally has caught up with the log."""
    def caught_up():
        status = region_status(server, region)
        return status if status["tally_lag"] == 0 else None

    return harness.wait_until("the tally catches up", caught_up)
