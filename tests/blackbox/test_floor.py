"""The floor of bench/: the same 302 to every head, whatever it says."""
import pathlib
import subprocess

import pytest

import harness
from ctio_load import FLOOR, MODES, Run
from wire import Wire

LOCATION = "https://floor.example/x"
HEAD = b"GET /u1 HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
def port(folder):
    with open(folder / "stderr", "wb") as stderr:
        process = subprocess.Popen([FLOOR, "--location", LOCATION],
                                   stdout=subprocess.PIPE, stderr=stderr)
    try:
        yield int(process.stdout.readline())
        assert process.poll() is None, "it ended"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    text = pathlib.Path(folder / "stderr").read_text()
    assert not harness.SANITIZER.search(text), text


@pytest.mark.asan
@pytest.mark.parametrize("mode", MODES)
def test_load(folder, port, mode):
    targets = {f"u{i}": LOCATION for i in range(10)}
    run = Run(folder, port, targets, "--mode", mode, "--requests", 2000,
              connections=32)
    run.check(answered=2000)


@pytest.mark.asan
def test_pieces(port):
    """Heads that come in pieces, and many at once."""
    with Wire(port) as wire:
        for byte in HEAD:
            wire.send(bytes([byte]))
        assert wire.answer()["Location"] == LOCATION
        wire.send(HEAD * 50 + HEAD[:10])
        for _ in range(50):
            assert wire.answer().status == 302
        wire.send(HEAD[10:])
        assert wire.answer().status == 302


@pytest.mark.asan
@pytest.mark.parametrize("field, closes", [
    ("Connection: close", True),
    ("connection: CLOSE", True),
    ("Connection: keep-alive", False),
    ("X-Connection: close", False),
    ("C: d", False),
    ("Cookie: Connection: close", False),
])
def test_close(port, field, closes):
    head = f"GET / HTTP/1.1\r\nHost: h\r\n{field}\r\nA: b\r\n\r\n".encode()
    with Wire(port) as wire:
        wire.send(head)
        answer = wire.answer()
        assert answer["Location"] == LOCATION
        assert (answer["Connection"] == "close") == closes
        if closes:
            assert wire.at_end()
        else:
            wire.send(HEAD)
            assert wire.answer().status == 302


@pytest.mark.asan
def test_head_too_long(port):
    with Wire(port) as wire:
        wire.send(b"G" * 8192)
        assert wire.at_end()


@pytest.mark.parametrize("words", [
    ["--port"], ["--port", "x"], ["--port", "65536"], ["--port", ""],
    ["--x", "1"], ["--location", "x" * 5000]])
def test_usage(words):
    done = subprocess.run([FLOOR, *words], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 2
    assert b"usage: " in done.stderr
