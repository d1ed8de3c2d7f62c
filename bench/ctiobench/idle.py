"""A server that nobody asks anything: how soon it is there, what it holds, how
often it wakes, and what a connection costs that says nothing."""
import resource
import socket
import time

from . import machine
from .bench import NGINX_DEFERRED, WAIT_OF, medians

WATCH_MAX = 5.0
WATCH_SHARE = 5.0  # of the seconds of a run
SETTLE_SECONDS = 1.0
CONNECTIONS = 4000
FILES_SPARE = 200
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: ct5.io\r\n\r\n"
ANSWER_MAX = 4096


class IdleCase:
    """Every server with the whole set of tokens."""

    kind = "idle"
    name = "idle"
    title = "nobody taps"

    def run(self, bench):
        rounds = {name: [] for name in bench.servers(NGINX_DEFERRED)}
        for i, name in bench.turns(bench.servers(NGINX_DEFERRED)):
            with bench.attempt(f"{self.name}, {name}, round {i + 1}"):
                rounds[name].append(self.measure(bench, name, i == 0))
                bench.note(f"{self.name}: round {i + 1} of {bench.rounds}: "
                           f"{name}")
        return {"kind": self.kind, "title": self.title,
                "servers": {name: {**medians(found), "rounds": found}
                            for name, found in rounds.items() if found}}

    def measure(self, bench, name, is_first):
        """What takes long is measured in the first round alone."""
        options = ()
        if name in WAIT_OF:
            options = ("click.connections_per_ip_max=0",)
        with bench.server(name, options=options) as server:
            figures = {"start_ms": server.started * 1000, **server.memory()}
            if is_first:
                figures["wakeups"] = wakeups(
                    server, min(WATCH_MAX, WATCH_SHARE * bench.seconds))
                figures.update(idle_connections(server))
            return figures


def wakeups(server, seconds):
    """Per second."""
    time.sleep(SETTLE_SECONDS)
    before = machine.wakeups(server.pids())
    time.sleep(seconds)
    return (machine.wakeups(server.pids()) - before) / seconds


def idle_connections(server):
    """Anonymous memory per connection that was answered once and is kept.
    The kernel's own, for its sockets, is not the process's."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(CONNECTIONS, hard - FILES_SPARE)
    before = server.memory()["anon"]
    connections = []
    try:
        for _ in range(count):
            c = socket.create_connection(("127.0.0.1", server.port))
            connections.append(c)
            c.sendall(REQUEST)
            if not c.recv(ANSWER_MAX).startswith(b"HTTP/1.1 "):
                raise OSError("no answer on a connection to be kept")
        after = server.memory()["anon"]
    finally:
        for c in connections:
            c.close()
    return {"connections": count,
            "bytes_a_connection": (after - before) / count}
