"""HTTP spoken by hand: what http.client would not send, or would not send that
way. Standard library only."""
import json
import os
import socket

from harness import PHONE

ANSWER_MAX = 60  # seconds


class Head:
    """Status and fields of an answer, and its body."""

    def __init__(self, status, fields, body, whole):
        self.status = status
        self.fields = fields
        self.body = body
        self.whole = whole  # False: it broke off

    def __getitem__(self, name):
        return self.fields.get(name.lower())

    def lines(self):
        return [json.loads(line) for line in self.body.splitlines()]

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:300]!r}>"


class Wire:
    """One connection. Answers are read in order, one at a time."""

    def __init__(self, port, timeout=ANSWER_MAX, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def end(self):
        """Says that no more is coming."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Leaves at once, as a process that is killed does not even."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               b"\1\0\0\0\0\0\0\0")
        self.close()

    def at_end(self):
        """Whether the server closed, with nothing unread before."""
        return self.file.read(1) == b""

    def answer(self, is_head=False):
        """The next answer, or None when the server closed before it."""
        line = self.file.readline()
        if not line:
            return None
        status = int(line.split()[1])
        fields = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        if status == 100:
            return Head(status, fields, b"", True)
        if is_head or status == 204:
            body, whole = b"", True
        elif fields.get("transfer-encoding") == "chunked":
            body, whole = self.chunks()
        elif "content-length" in fields:
            length = int(fields["content-length"])
            body = self.file.read(length)
            whole = len(body) == length
        else:
            body, whole = self.file.read(), True
        return Head(status, fields, body, whole)

    def chunk(self):
        """The next chunk of a body; b"" is the last, None that it broke
        off."""
        try:
            line = self.file.readline()
            if not line:
                return None
            length = int(line, 16)
            data = self.file.read(length)
            end = self.file.readline()
        except ConnectionResetError:
            return None
        return data if len(data) == length and end == b"\r\n" else None

    def chunks(self):
        body = b""
        while data := self.chunk():
            body += data
        return body, data is not None


def head(method, path, *fields, host="localhost"):
    """The bytes of a request's head; fields are whole lines."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def tap_many(port, paths):
    """The answers to GETs of these paths, pipelined on one connection."""
    answers = []
    with Wire(port) as wire:
        for i in range(0, len(paths), 16):
            part = paths[i:i + 16]
            wire.send(b"".join(head("GET", path, f"User-Agent: {PHONE}")
                               for path in part))
            answers += [wire.answer() for _ in part]
    return answers


def local(server, method, path, *fields, body=None):
    """A request to the administrator's socket."""
    wire = Wire.__new__(Wire)
    wire.socket = socket.socket(socket.AF_UNIX)
    wire.socket.settimeout(ANSWER_MAX)
    wire.socket.connect(os.path.join(server.data, "ctio.sock"))
    wire.file = wire.socket.makefile("rb")
    data = b""
    if body is not None:
        data = json.dumps(body).encode()
        fields += ("Content-Type: application/json",
                   f"Content-Length: {len(data)}")
    with wire:
        wire.send(head(method, path, *fields) + data)
        return wire.answer()
