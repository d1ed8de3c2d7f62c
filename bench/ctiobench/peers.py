"""The servers that ctio is compared with, each set up as well as we know how.

nginx    one worker; the tokens are a map in memory, read from a file at its
         start; a line per request in an access log, written 64 KB at a time
         and each second: a crash loses what was not written. Ratios are to
         it as its documentation has it; "nginx, deferred" listens with
         `deferred`, which spares it work where each tap has a connection.
haproxy  one thread; the tokens are a map in memory (a tree of strings); its
         log line (option httplog) goes to a ring buffer in memory and nowhere
         else: any end loses it.
floor    bench/floor.c: epoll, read, write of one prepared answer; it looks
         nothing up and logs nothing. No server can be cheaper.
redis    for storage and minting alone: token -> destination as plain strings,
         append-only file, flushed each second. Somebody else would have to
         make the tokens and to answer HTTP.

nginx and haproxy add the headers that ctio's contract asks for."""
import re
import subprocess

from . import programs
from .server import START_MAX, Server, ServerFailed, free_port, wait_until

NGINX = """
daemon off;
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 16384; }}
http {{
    access_log {dir}/access.log combined buffer=64k flush=1s;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout {keepalive};
    map_hash_max_size {hash_size};
    map_hash_bucket_size 128;
    map $uri $to {{ default ""; include {map}; }}
    server {{
        listen 127.0.0.1:{port} reuseport backlog=4096{deferred};
        location / {{
            if ($to = "") {{ return 404; }}
            add_header Cache-Control no-store;
            add_header X-Robots-Tag noindex;
            return 302 $to;
        }}
    }}
}}
"""

HAPROXY = """
global
    nbthread 1
    maxconn 4500
    log ring@taps format raw local0
defaults
    mode http
    log global
    option httplog
    timeout client 60s
    timeout http-keep-alive 60s
    timeout http-request 60s
    timeout connect 60s
    timeout server 60s
    {close}
ring taps
    format raw
    maxlen 1200
    size 1048576
frontend taps
    bind 127.0.0.1:{port} backlog 4096
    http-after-response set-header Cache-Control no-store
    http-after-response set-header X-Robots-Tag noindex
    http-request redirect location %[path,map({map})] code 302
"""


class Nginx(Server):
    """`keepalive` false: it closes after each answer. `deferred`: accept a
    connection with its first bytes, as ctio does (TCP_DEFER_ACCEPT)."""

    def __init__(self, folder, core, tokens, keepalive=True, deferred=False):
        super().__init__(folder)
        self.port = free_port()
        conf = folder / "nginx.conf"
        conf.write_text(NGINX.format(
            dir=folder, port=self.port, map=tokens.nginx_map,
            keepalive="60s" if keepalive else "0",
            deferred=" deferred" if deferred else "",
            hash_size=max(4194304, 4 * tokens.count)))
        self.spawn(core, programs.find("nginx"), "-c", conf, "-p", folder,
                   "-e", folder / "error.log")
        self.wait_for_port()


class Haproxy(Server):
    """The same."""

    def __init__(self, folder, core, tokens, keepalive=True):
        super().__init__(folder)
        self.port = free_port()
        conf = folder / "haproxy.cfg"
        conf.write_text(HAPROXY.format(
            port=self.port, map=tokens.haproxy_map,
            close="" if keepalive else "option httpclose"))
        self.spawn(core, programs.find("haproxy"), "-db", "-f", conf)
        self.wait_for_port()


class Floor(Server):
    """Every answer leads to tokens.floor_location; it closes when asked to."""

    def __init__(self, folder, core, tokens):
        super().__init__(folder)
        self.port = free_port()
        self.spawn(core, tokens.programs.floor, "--port", self.port,
                   "--location", tokens.floor_location)
        self.wait_for_port()


class Redis(Server):
    """Empty at its start; no HTTP."""

    def __init__(self, folder, core):
        super().__init__(folder)
        self.port = free_port()
        self.spawn(core, programs.find("redis-server"), "--port", self.port,
                   "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                   "--appendonly", "yes", "--appendfsync", "everysec")
        self.wait_for_port()
        wait_until("redis answers", lambda: "PONG" in self.ask("ping"),
                   START_MAX)

    def ask(self, *words):
        done = subprocess.run(
            [programs.find("redis-cli"), "-p", str(self.port), *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        return done.stdout

    def used_memory(self):
        return int(re.search(r"used_memory:(\d+)",
                             self.ask("info", "memory")).group(1))

    def file_bytes(self):
        return sum(path.stat().st_size for path in
                   (self.folder / "appendonlydir").glob("*.aof"))

    def store(self, commands, count):
        """Runs a file of SET commands."""
        with open(commands, "rb") as file:
            done = subprocess.run(
                [programs.find("redis-cli"), "-p", str(self.port), "--pipe"],
                stdin=file, stdout=subprocess.PIPE, text=True, check=False)
        if f"errors: 0, replies: {count}" not in done.stdout:
            raise ServerFailed(f"redis refused something: {done.stdout}")
