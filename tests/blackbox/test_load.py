"""The load generator of bench/: what it says was answered is what the server's
export holds, and what is wrong is not missed."""
import collections
import json
import pathlib
import socket
import ssl
import threading

import pytest

import harness
from ctio_load import MODES, Run, load
from redirector import CLOSE, KEEP, RESET, Redirector, found, tls_context

LOOPS = {"closed": (), "open": ("--rate", "3000")}


def some_targets(n):
    return {f"u{i}": f"https://shop.example/{i}" for i in range(n)}


def right(request):
    """What some_targets() expects."""
    return found(f"https://shop.example/{request.token[1:]}")


# Against the real server


@pytest.fixture(scope="module")
def patient_server():
    """Every click is on disk before its answer, however slow the disk."""
    made = harness.Folder()
    server = harness.Server(made / "data", ["click.commit_wait_max=60s"])
    try:
        yield server.start()
        server.stop()
    finally:
        if server.process:
            server.kill9()
        made.remove()


def mint_targets(tenant, n):
    rows = [{"destination": f"https://shop.example/{i}?q={i}#f"}
            for i in range(n)]
    return {answer["token"]: row["destination"]
            for answer, row in zip(tenant.mint_batch(rows), rows)}


def exported(tenant):
    return collections.Counter(
        click["token"] for click in tenant.export_all(limit=10000))


@pytest.mark.asan
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("mode", MODES)
def test_answers_are_the_export(folder, patient_server, mode, loop):
    tenant = harness.Tenant(patient_server)
    targets = mint_targets(tenant, 50)
    run = Run(folder, patient_server.click_port, targets, "--mode", mode,
              "--requests", 1000, "--agent", "one", "--agent", "two/2",
              *LOOPS[loop])
    run.check(answered=1000)
    assert run["requests"] == 1000
    assert run.answers == exported(tenant)
    assert len(run.answers) > 40
    agents = {click["agent"] for click in tenant.export_all(limit=10000)}
    assert agents == {"one", "two/2"}


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
def test_time_ends_and_nothing_is_cut_off(folder, patient_server, mode):
    tenant = harness.Tenant(patient_server)
    targets = mint_targets(tenant, 50)
    run = Run(folder, patient_server.click_port, targets, "--mode", mode,
              "--seconds", 0.4, "--warmup", 0.3, connections=32)
    assert run.answers == exported(tenant)
    run.check(answered=run["answered"])
    assert 0 < run["requests"] < run["answered"]
    window = run["window"]
    # A machine that is busy begins the window late; what is said is what was.
    assert 0.2 <= run["seconds"] < 60
    assert abs(window["to"] - window["from"] - run["seconds"]) < 0.1
    assert abs(run["rate"] - run["requests"] / run["seconds"]) < 1
    assert 0 < run["cpu_seconds"] < run["seconds"] + 0.1
    latency = run["latency_us"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= \
        latency["p99_9"] <= latency["max"]
    assert latency["mean"] <= latency["max"]


def test_a_revoked_token_is_seen(folder, tenant, shared_server):
    """One of the tokens leads elsewhere by the time."""
    targets = mint_targets(tenant, 2)
    gone = next(iter(targets))
    assert tenant.api("DELETE", f"/v1/tokens/{gone}").status in (200, 204)
    run = Run(folder, shared_server.click_port, targets, "--requests", 100,
              status=1)
    assert run["wrong"] > 0
    run.check(answered=100 - run["wrong"], wrong=run["wrong"])
    assert gone not in run.answers
    assert f"wrong answer to /{gone}: status 410 instead of 302" in run.stderr


# Against servers that do as they are told


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
def test_good_server(folder, mode):
    """How connections are used, and from where."""
    def answer(request):
        if mode == "close":
            assert "\r\nConnection: close\r\n" in request.head
            return [right(request)], CLOSE
        assert "onnection" not in request.head
        return [right(request)], KEEP

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(10), "--mode", mode,
                  "--requests", 200, "--agent", "a b", "--host", "h.example",
                  connections=4)
        run.check(answered=200)
    assert len(server.requests) == 200
    head = server.requests[0].head.split("\r\n")
    assert head[0] == f"GET /{server.requests[0].token} HTTP/1.1"
    assert head[1:3] == ["Host: h.example", "User-Agent: a b"]
    per_connection = collections.Counter(
        request.connection for request in server.requests)
    sources = {request.peer for request in server.requests}
    if mode == "keep-alive":
        assert len(per_connection) == 4
        assert sources == {"127.0.0.1"}
    else:
        assert set(per_connection.values()) == {1}
        assert len(sources) == 64
        assert all(source.startswith("127.") for source in sources)
    assert server.ended == {"keep-alive": 4, "close": 0,
                            "one-shot": 200}[mode]


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
def test_answer_byte_by_byte(folder, mode):
    def answer(request):
        whole = found(f"https://shop.example/{request.token[1:]}",
                      body=b"\r\n\r\nx")
        return ([whole[i:i + 1] for i in range(len(whole))],
                CLOSE if mode == "close" else KEEP)

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(3), "--mode", mode,
                  "--requests", 20, connections=2)
    run.check(answered=20)


def test_same_seed_same_requests(folder):
    def tokens(seed):
        with Redirector(lambda r: ([right(r)], KEEP)) as server:
            Run(folder, server.port, some_targets(100), "--requests", 50,
                "--seed", seed, connections=1)
            return [request.token for request in server.requests]

    assert tokens(3) == tokens(3)
    assert tokens(3) != tokens(4)


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pieces, says", [
    ([found("https://shop.example/5")],
     'Location "https://shop.example/5" instead of "https://shop.example/1"'),
    ([found("https://shop.example/12")], 'Location "https://shop.example/12"'),
    ([found("https://shop.example/")], 'Location "https://shop.example/"'),
    ([found("https://shop.example/1", status="301 Moved")], "status 301"),
    ([found("https://shop.example/1", status="200 OK")], "status 200"),
    ([b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"], "no Location"),
    ([found("https://shop.example/1", "Location: x")], "more than one"),
    ([b"HTTP/1.1 302 Found\r\nLocation: https://shop.example/1\r\n"
      b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], "Transfer-Encoding"),
    ([b"hello\r\n\r\n"], "status line"),
    ([found("https://shop.example/1") + b"x"], "bytes behind the answer"),
])
def test_wrong_answer(folder, mode, pieces, says):
    """To u1, and to it alone."""
    def answer(request):
        ends = CLOSE if mode == "close" else KEEP
        return (pieces if request.token == "u1" else [right(request)]), ends

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(3), "--mode", mode,
                  "--requests", 60, connections=2, status=1)
    asked = sum(request.token == "u1" for request in server.requests)
    assert asked
    run.check(answered=60 - asked, wrong=asked)
    assert set(run.answers) == {"u0", "u2"}
    assert "ctio-load: wrong answer to /u1: " in run.stderr
    assert says in run.stderr


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pieces", [
    [],
    [b"HTTP/1.1 302 Found\r\nLocation: https://shop.example/1\r\n"],
    [found("https://shop.example/1", body=b"abc")[:-1]],
], ids=["nothing", "half a head", "half a body"])
@pytest.mark.parametrize("then", [CLOSE, RESET])
def test_connection_closed(folder, mode, pieces, then):
    def answer(request):
        if request.token == "u1":
            return pieces, then
        return [right(request)], CLOSE if mode == "close" else KEEP

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(3), "--mode", mode,
                  "--requests", 60, connections=2, status=1)
    asked = sum(request.token == "u1" for request in server.requests)
    assert asked
    run.check(answered=60 - asked, unanswered=asked)
    assert "no answer to /u1: " in run.stderr
    assert set(run.answers) == {"u0", "u2"}


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pieces", [
    [], [b"HTTP/1.1 302 Found\r\nLocation: https://shop.example/1\r\n"]])
def test_answer_missing(folder, mode, pieces):
    """The connection stays, the answer does not come: at most the first few,
    so that the test ends."""
    def answer(request):
        if request.number in (3, 7):
            return pieces, KEEP
        return [right(request)], CLOSE if mode == "close" else KEEP

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(3), "--mode", mode,
                  "--requests", 40, "--timeout", 0.5, connections=2,
                  status=1)
        run.check(answered=38, unanswered=2)
    assert "Connection timed out" in run.stderr


@pytest.mark.asan
def test_answer_missing_at_the_end(folder):
    """Time's end waits for what is out, no longer than the timeout."""
    def answer(request):
        return ([], KEEP) if request.connection == 1 else \
            ([right(request)], KEEP)

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(3), "--seconds", 0.3,
                  "--timeout", 1, connections=2, status=1)
    run.check(answered=len(server.requests) - 1, unanswered=1)


@pytest.mark.asan
def test_server_does_not_close(folder):
    with Redirector(lambda r: ([right(r)], KEEP)) as server:
        run = Run(folder, server.port, some_targets(3), "--mode", "close",
                  "--requests", 4, "--timeout", 0.3, connections=2, status=1)
    run.check(answered=4, unclean=4)
    assert "did not close" in run.stderr


@pytest.mark.asan
def test_server_closes_kept_connections(folder):
    """As it says in its answers."""
    def answer(request):
        if request.number % 3 == 0:
            return [found(f"https://shop.example/{request.token[1:]}",
                          "Connection: close")], CLOSE
        return [right(request)], KEEP

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(5), "--requests", 100,
                  connections=3)
    run.check(answered=100)
    assert server.connections >= 34


@pytest.mark.asan
def test_server_closes_idle_connections(folder):
    """Without a word, long before the next request is due."""
    with Redirector(lambda r: ([right(r)], CLOSE)) as server:
        run = Run(folder, server.port, some_targets(5), "--requests", 3,
                  "--rate", 1, connections=1)
    run.check(answered=3)
    assert server.connections == 3


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("loop", LOOPS)
def test_no_server(folder, mode, loop):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    run = Run(folder, port, some_targets(5), "--mode", mode, "--requests", 30,
              *LOOPS[loop], connections=4, status=1)
    run.check(connect_errors=30)
    assert run["requests"] == 0 and run["rate"] == 0
    assert "Connection refused" in run.stderr


def test_describes_a_few_only(folder):
    with Redirector(lambda r: ([found("x")], KEEP)) as server:
        run = Run(folder, server.port, some_targets(5), "--requests", 500,
                  status=1)
    run.check(wrong=500)
    assert len(run.stderr.splitlines()) == 10


# Open loop


@pytest.mark.asan
def test_rate(folder):
    """Requests are made when they are due, not sooner."""
    with Redirector(lambda r: ([right(r)], KEEP)) as server:
        run = Run(folder, server.port, some_targets(5), "--requests", 200,
                  "--rate", 400)
    run.check(answered=200)
    assert run["seconds"] >= 199 / 400


@pytest.mark.asan
def test_latency_counts_from_when_it_was_due(folder):
    """The first answer takes 300 ms; meanwhile those due wait their turn, and
    the wait counts."""
    slow = threading.Event()

    def answer(request):
        if request.number == 0:
            slow.wait(0.3)
        return [right(request)], KEEP

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(5), "--requests", 20,
                  "--rate", 200, connections=1)
    run.check(answered=20)
    # The last one became due 95 ms after the first.
    assert run["latency_us"]["max"] >= 300e3
    assert run["latency_us"]["p50"] >= 200e3
    assert run["latency_us"]["mean"] >= 200e3


@pytest.mark.asan
def test_what_was_due_and_never_sent_is_said(folder):
    """One connection, busy until the time is over."""
    over = threading.Event()

    def answer(request):
        if request.number == 0:
            over.wait(0.6)
        return [right(request)], KEEP

    with Redirector(answer) as server:
        run = Run(folder, server.port, some_targets(5), "--seconds", 0.3,
                  "--rate", 100, connections=1)
    assert run["unsent"] >= 29
    run.check(answered=1, unsent=run["unsent"])


# TLS


@pytest.mark.asan
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("mode", MODES)
def test_tls(folder, mode, loop, version):
    def answer(request):
        pieces = [right(request)]
        if request.number % 5 == 0:
            pieces = [pieces[0][:30], pieces[0][30:]]
        return pieces, CLOSE if mode == "close" else KEEP

    context = tls_context(pathlib.Path(folder.path), version)
    with Redirector(answer, context) as server:
        run = Run(folder, server.port, some_targets(5), "--mode", mode,
                  "--tls", "--requests", 60, "--host", "ct5.io",
                  *LOOPS[loop], connections=4)
    run.check(answered=60)
    assert set(server.names) == {"ct5.io"}
    connections = {request.connection for request in server.requests}
    assert len(server.names) == len(connections)
    assert len(connections) == 4 or mode != "keep-alive" or loop == "open"
    assert len(connections) == 60 or mode == "keep-alive"
    assert context.session_stats()["hits"] == 0


@pytest.mark.asan
def test_tls_faults(folder):
    """Wrong, broken off, and right."""
    def answer(request):
        if request.token == "u1":
            return [found("x")], KEEP
        if request.token == "u2":
            return [], CLOSE
        return [right(request)], KEEP

    context = tls_context(pathlib.Path(folder.path))
    with Redirector(answer, context) as server:
        run = Run(folder, server.port, some_targets(4), "--tls",
                  "--requests", 60, connections=2, status=1)
    asked = collections.Counter(r.token for r in server.requests)
    run.check(answered=asked["u0"] + asked["u3"], wrong=asked["u1"],
              unanswered=asked["u2"])


@pytest.mark.asan
def test_tls_with_a_server_that_has_none(folder):
    """It answers, but not as TLS: no request was ever sent."""
    def answer(_request):
        return [b"HTTP/1.1 400 Bad Request\r\n\r\n"], CLOSE

    class Plain(Redirector):
        def talk(self, connection, number, peer):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Plain(answer) as server:
        run = Run(folder, server.port, some_targets(4), "--tls",
                  "--requests", 10, connections=2, status=1)
    run.check(connect_errors=10)


# The command line


@pytest.mark.parametrize("text, says", [
    ("", "targets: there are no targets"),
    ("u1 a\nu2\n", "targets:2: there is no location behind the token"),
    ("u1 a\nu2 b\n\nu3 c\n", "targets:3: the line is empty"),
    (" a\n", "targets:1: the line begins with a blank"),
])
def test_targets_are_checked(folder, text, says):
    path = pathlib.Path(folder.path) / "targets"
    path.write_text(text)
    done = load("--port", 1, "--targets", path, "--connections", 1,
                "--seconds", 1)
    assert done.returncode == 1
    assert done.stderr == f"ctio-load: {folder.path}/{says}\n"
    assert done.stdout == ""


def test_files_that_cannot_be(folder):
    words = ["--port", 1, "--connections", 1, "--requests", 1]
    done = load(*words, "--targets", folder / "none")
    assert done.returncode == 1
    assert "none" in done.stderr
    path = pathlib.Path(folder.path) / "targets"
    path.write_text("u1 a\n")
    done = load(*words, "--targets", path, "--answered", folder / "no/file")
    assert done.returncode == 1
    assert "no/file" in done.stderr


def test_usage():
    done = load()
    assert done.returncode == 2
    assert "--port is missing" in done.stderr
    done = load("--help")
    assert done.returncode == 0
    assert "usage: ctio-load" in done.stdout


def test_ipv6(folder):
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    with Redirector(lambda r: ([right(r)], KEEP), listener=listener) as server:
        run = Run(folder, server.port, some_targets(3), "--address", "::1",
                  "--mode", "one-shot", "--requests", 5, connections=1)
    run.check(answered=5)
