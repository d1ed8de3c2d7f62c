"""Somebody's webhook receiver: an HTTP server that a test makes fail, hang, or
disappear, and that checks what Standard Webhooks says. Standard library
only."""
import base64
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time

import load
from harness import wait_until

OWN = "https://shop.example/p"
# A click whose redirect was answered can be exported.
LOCAL = ("webhook.allow_http=yes", "webhook.allow_private=127.0.0.0/8",
         "click.commit_wait_max=60s")
QUICK = LOCAL + ("webhook.retry_first=10ms", "webhook.retry_max=150ms",
                 "webhook.timeout=1s", "webhook.connect_timeout=500ms")


class Delivery:
    """One request, as it came."""

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body
        self.id = headers["webhook-id"]
        self.at = time.monotonic()

    def clicks(self):
        return json.loads(self.body)["data"]["clicks"]

    def is_signed(self, secret):
        """By any of the signatures that it carries."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        text = b".".join([self.id.encode(),
                          self.headers["webhook-timestamp"].encode(),
                          self.body])
        mac = hmac.new(key, text, hashlib.sha256).digest()
        return ("v1," + base64.b64encode(mac).decode()
                in self.headers["webhook-signature"].split(" "))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        receiver = self.server.receiver
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # the sender died
            self.close_connection = True
            return
        answer = receiver.take(Delivery(self.headers, body), self.path)
        if answer == "hang":
            receiver.ended.wait(60)
            answer = "drop"
        if answer == "drop":
            self.close_connection = True
            return
        status, fields = answer if isinstance(answer, tuple) else (answer, {})
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if "Content-Length" not in fields:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        pass


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, receiver, port):
        self.receiver = receiver
        self.sockets = set()
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request, client_address):
        self.sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        pass  # clients may leave


class Receiver:
    """plan(n, delivery, path) says how the nth request (from 0) is answered:
    a status, a status and header fields, "hang", or "drop" for an answer that
    never comes. `accepted` holds what was answered 2xx, `seen` everything."""

    def __init__(self, plan=None, wrap=None):
        self.plan = plan or (lambda n, delivery, path: 204)
        self.wrap = wrap
        self.lock = threading.Lock()
        self.seen = []
        self.accepted = []
        self.ended = threading.Event()
        self.port = 0
        self.listener = None
        self.thread = None
        self.appear()

    def url(self, path="/hook"):
        return f"http://127.0.0.1:{self.port}{path}"

    def take(self, delivery, path):
        with self.lock:
            answer = self.plan(len(self.seen), delivery, path)
            self.seen.append(delivery)
            status = answer[0] if isinstance(answer, tuple) else answer
            if isinstance(status, int) and 200 <= status < 300:
                self.accepted.append(delivery)
        return answer

    def appear(self):
        self.ended.clear()
        self.listener = Listener(self, self.port)
        if self.wrap:
            self.listener.socket = self.wrap(self.listener.socket)
        self.port = self.listener.server_address[1]
        self.thread = threading.Thread(target=self.listener.serve_forever,
                                       args=(0.01,), daemon=True)
        self.thread.start()

    def disappear(self):
        """With all its connections, as a machine that lost power."""
        self.ended.set()
        self.listener.shutdown()
        self.thread.join()
        for connection in list(self.listener.sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.server_close()

    close = disappear

    def clicks(self):
        """All clicks of what was accepted, as they came."""
        with self.lock:
            accepted = list(self.accepted)
        return [click for delivery in accepted for click in delivery.clicks()]

    def ids(self):
        """The ids of all clicks accepted, each once, in order."""
        return list(dict.fromkeys(click["id"] for click in self.clicks()))

    def check(self, secret, clicks):
        """It has these clicks of an export, in order, and a repeated one only
        with the whole of its delivery."""
        assert self.ids() == [click["id"] for click in clicks]
        bodies = {}
        for delivery in self.seen:
            assert delivery.is_signed(secret), delivery.headers
            ids = [click["id"] for click in delivery.clicks()]
            assert bodies.setdefault(delivery.id, ids) == ids
        first = {}
        for message, ids in bodies.items():
            for click in ids:
                assert first.setdefault(click, message) == message


class Hook:
    """A webhook of a tenant's own."""

    def __init__(self, tenant, receiver, name="crm", **fields):
        self.tenant = tenant
        self.path = f"/v1/webhooks/{name}"
        answer = tenant.api("PUT", self.path,
                            {"url": receiver.url(), **fields})
        assert answer.status == 201, answer
        self.secret = fields.get("secret") or answer.json()["secret"]

    def get(self):
        answer = self.tenant.api("GET", self.path)
        assert answer.status == 200, answer
        return answer.json()

    def patch(self, **fields):
        answer = self.tenant.api("PATCH", self.path, fields)
        assert answer.status == 200, answer
        return answer.json()

    def replay(self, after):
        answer = self.tenant.api("POST", self.path + "/replay",
                                 {"after": after})
        assert answer.status == 200, answer
        return answer.json()


def tap(tenant, n, token=None):
    """n taps, of which each has its number."""
    token = token or tenant.mint(destination=OWN)["token"]
    for status, _ in load.tap_all(tenant.server.click_port,
                                  [f"{token}?n={i}" for i in range(n)]):
        assert status == 302
    return token


def wait_for(receiver, tenant, timeout=60):
    """Until it has all that an export has now; that is the result."""
    clicks = tenant.export_all()
    wanted = [click["id"] for click in clicks]
    wait_until("all clicks have arrived",
               lambda: len(receiver.ids()) >= len(wanted), timeout)
    return clicks
