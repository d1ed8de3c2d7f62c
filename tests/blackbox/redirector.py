"""A server that redirects as a test tells it to, wrongly if it likes: for tests
of clients. A thread a connection. Standard library only."""
import collections
import socket
import ssl
import struct
import subprocess
import threading

HEAD_MAX = 65536
STOP_MAX = 60

# What becomes of the connection after an answer.
KEEP, CLOSE, RESET = "keep", "close", "reset"

Request = collections.namedtuple(
    "Request", "number token head connection peer")


def found(location, *fields, status="302 Found", body=b""):
    """The bytes of an answer as it should be."""
    lines = [f"HTTP/1.1 {status}", f"Location: {location}", *fields,
             f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def tls_context(folder, version=None):
    """With a P-256 certificate of its own, made in that folder."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=ct5.io", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class Redirector:
    """answer(request) gives the pieces to send, one by one, and KEEP, CLOSE or
    RESET. Requests are kept in .requests; .ended counts the connections that
    the client ended, .names what TLS clients asked for. Takes a listener
    over."""

    def __init__(self, answer, tls=None, listener=None):
        self.answer = answer
        self.tls = tls
        self.lock = threading.Lock()
        self.requests = []
        self.connections = 0
        self.ended = 0
        self.names = []
        self.errors = []
        self.sockets = set()
        self.threads = []
        if tls:
            tls.sni_callback = lambda _socket, name, _context: \
                self.names.append(name)
        self.listener = listener or socket.create_server(
            ("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.start(self.accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def stop(self):
        # Wakes accept(), which closing alone does not.
        self.listener.shutdown(socket.SHUT_RDWR)
        with self.lock:
            for connection in self.sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self.threads:
            thread.join(STOP_MAX)
            assert not thread.is_alive(), "a connection's thread hangs"
        self.listener.close()
        assert not self.errors, self.errors[:3]

    def accept(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
                self.sockets.add(connection)
            self.start(self.serve, connection, number, peer[0])

    def serve(self, connection, number, peer):
        raw = connection
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection,
                                                  server_side=True)
            self.talk(connection, number, peer)
        except (OSError, EOFError):
            pass  # a client may go at any time
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(repr(error))
        finally:
            with self.lock:
                self.sockets.discard(raw)
            connection.close()

    def talk(self, connection, number, peer):
        file = connection.makefile("rb")
        while True:
            head = self.read_head(file)
            if not head:
                with self.lock:
                    self.ended += 1
                return
            token = head.split(b" ")[1].decode().removeprefix("/")
            with self.lock:
                request = Request(len(self.requests), token, head.decode(),
                                  number, peer)
                self.requests.append(request)
            pieces, then = self.answer(request)
            for piece in pieces:
                connection.sendall(piece)
            if then == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
            if then != KEEP:
                file.close()
                return

    @staticmethod
    def read_head(file):
        """Empty when the client has ended."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = file.readline(HEAD_MAX)
            if not line or len(head) > HEAD_MAX:
                return b""
            head += line
        return head
