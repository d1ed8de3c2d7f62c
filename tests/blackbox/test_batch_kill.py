"""One long batch with bad lines among them, its server killed at random places
between commit and answer, and sent again under its Idempotency-Key until it is
done: one token a good line, none twice, and the same answers again."""
import json
import random
import socket
import threading

import pytest

import harness
import load

LINES = harness.rounds(100_000, 1_000_000)
KILLS = harness.rounds(6, 30)
BAD_SHARE = 0.05
BLANK_SHARE = 0.01
SAMPLE = 1000
PEOPLE = 20
PIECE = 64 << 10
SEED_BITS = 32
KEY = "the-whole-campaign"

BAD = (
    "{",
    "[]",
    '{"destination": "https://shop.example/", "destinatoin": 1}',
    '{"destination": "ftp://shop.example/"}',
    '{"link": "no-such-link"}',
    '{"recipient": "without a destination"}',
    "\udcff{}",
)


def make_lines(rng):
    """The batch: lines, and for each answer the destination or None."""
    lines, expected = [], []
    for i in range(LINES):
        kind = rng.random()
        if kind < BLANK_SHARE:
            lines.append(rng.choice(("", " ", "\r")))
        elif kind < BLANK_SHARE + BAD_SHARE:
            lines.append(rng.choice(BAD))
            expected.append(None)
        else:
            to = f"https://shop.example/cart/{i}"
            lines.append(json.dumps({"destination": to, "recipient": f"p{i}",
                                     "ref": f"msg-{i}"}))
            expected.append(to)
    return lines, expected


class Stream:
    """The batch on its way: a thread sends, the caller reads."""

    def __init__(self, server, key, body):
        self.socket = socket.create_connection(
            ("127.0.0.1", server.api_port), harness.ANSWER_MAX)
        self.file = self.socket.makefile("rb")
        self.body = body
        self.head = (
            f"POST /v1/tokens HTTP/1.1\r\nHost: api\r\n"
            f"Authorization: Bearer {key}\r\nIdempotency-Key: {KEY}\r\n"
            f"Content-Type: application/x-ndjson\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
        self.thread = threading.Thread(target=self.send)
        self.thread.start()

    def send(self):
        try:
            self.socket.sendall(self.head)
            for at in range(0, len(self.body), PIECE):
                self.socket.sendall(self.body[at:at + PIECE])
        except OSError:
            pass  # the server was killed

    def answers(self):
        """Each whole line of the answer, until it breaks off."""
        try:
            status, headers = load.read_head(self.file)
            assert status == 200, (status, headers, self.file.read(2000))
            assert headers["transfer-encoding"] == "chunked"
            rest = b""
            while True:
                size = int(self.file.readline() or b"-1", 16)
                if size <= 0:
                    return
                chunk = self.file.read(size + 2)
                *whole, rest = (rest + chunk[:size]).split(b"\n")
                yield from whole
                if len(chunk) < size + 2:
                    return
        except (OSError, EOFError, ValueError):
            return

    def close(self):
        self.thread.join(harness.ANSWER_MAX)
        assert not self.thread.is_alive()
        self.file.close()
        self.socket.close()


def numbered(server):
    return load.region_status(server)["tokens_numbered"]


def kill_while_reading(server, stream, rng):
    """After so many answers were read."""
    goal = rng.randrange(LINES)
    got = []
    for answer in stream.answers():
        got.append(answer)
        if len(got) == goal:
            break
    server.kill9()
    got.extend(stream.answers())
    return got


def kill_without_reading(server, stream, rng):
    """While commits run ahead of what was read, which is nothing."""
    before = numbered(server)
    goal = before + rng.randrange(max((LINES - before) // 2, 1))
    harness.wait_until("the batch goes on",
                       lambda: numbered(server) >= goal
                       or not stream.thread.is_alive())
    server.kill9()
    return list(stream.answers())


def send_and_kill(server, key, body, rng):
    stream = Stream(server, key, body)
    kill = rng.choice((kill_while_reading, kill_without_reading))
    try:
        got = kill(server, stream, rng)
    finally:
        if server.process:
            server.kill9()
        stream.close()
    server.start()
    print(f"{kill.__name__}: {len(got)} answers, {numbered(server)} numbered")
    return got


def check_answers(answers, expected):
    """One token a good line, none twice, an error a bad one."""
    tokens = {}
    assert len(answers) == len(expected)
    for line, to in zip(answers, expected):
        answer = json.loads(line)
        if to is None:
            assert "token" not in answer and answer["error"]["status"] >= 400
        else:
            assert "error" not in answer, answer
            assert tokens.setdefault(answer["token"], to) == to
    assert len(tokens) == sum(to is not None for to in expected)
    return tokens


def check_sample(server, key, tokens, rng):
    sample = rng.sample(sorted(tokens), SAMPLE)
    for token, answer in zip(sample, load.tap_all(server.click_port, sample)):
        assert answer == (302, tokens[token])
    for token in rng.sample(sample, PEOPLE):
        person = "p" + tokens[token].rpartition("/")[2]
        answer = server.api("GET", f"/v1/tokens?recipient={person}", key=key)
        assert [t["token"] for t in answer.json()["items"]] == [token]


@pytest.mark.slow
@pytest.mark.asan
def test_batch_kill(make_server):
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    print(f"seed {seed}")
    rng = random.Random(seed)
    server = make_server()
    key = server.account()
    lines, expected = make_lines(rng)
    body = ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
    before = []
    for _ in range(KILLS):
        got = send_and_kill(server, key, body, rng)
        n = min(len(got), len(before))
        assert got[:n] == before[:n], "a retry was answered otherwise"
        assert len(got) <= len(expected)
        before = max(got, before, key=len)
        assert numbered(server) >= len(before), "answered, but not on disk"

    # This client writes everything before it reads a byte.
    answer = server.api("POST", "/v1/tokens", key=key, body=body, timeout=600,
                        headers={"Content-Type": "application/x-ndjson",
                                 "Idempotency-Key": KEY})
    assert answer.status == 200, answer
    answers = answer.body.splitlines()
    assert answers[:len(before)] == before
    # Refused lines take a number too.
    assert numbered(server) == len(expected)
    check_sample(server, key, check_answers(answers, expected), rng)

    stream = Stream(server, key, body)
    again = list(stream.answers())
    stream.close()
    assert again == answers
    assert numbered(server) == len(expected)
