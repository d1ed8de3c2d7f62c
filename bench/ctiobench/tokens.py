"""The one set of tokens that every server serves: minted by ctio, kept as its
data folder and as each peer's map."""
import re
import shutil

from . import ctio

LINK = "shop"
TEMPLATE = "https://shop.example/cart/{cart}?u={recipient}"
FLOOR_LOCATION = "https://shop.example/cart/C123456?u=user-123456"

MINTED = re.compile(rb'"token":"([0-9A-Za-z]{23})"')


def row(i):
    """Line i of a mint."""
    return (f'{{"link":"{LINK}","recipient":"user-{i}",'
            f'"params":{{"cart":"C{i}"}}}}\n')


def rows(first, end):
    return "".join(map(row, range(first, end))).encode()


def caller_bytes(first, end):
    """What the caller brought of these rows, that is to be kept: recipient
    and the value of `cart`. Soon done for 10^8 rows, too."""
    total, digits = 0, 1
    while first < end:
        same = max(0, min(end, 10 ** digits) - first)
        total += same * (len("user-") + len("C") + 2 * digits)
        first, digits = first + same, digits + 1
    return total


def location(i):
    return f"https://shop.example/cart/C{i}?u=user-{i}"


def make_account(server):
    """An account and its link; returns the account's key."""
    key = server.command("account", "create", "bench", "--region", "us1")
    with server.api(key) as api:
        api.put_link(LINK, TEMPLATE)
    return key


def mint(server, key, first, end):
    """Mints rows over HTTP, and yields (i, token) of each."""
    with server.api(key) as api:
        for at in range(first, end, ctio.ROWS_A_REQUEST):
            last = min(at + ctio.ROWS_A_REQUEST, end)
            answer = api.mint_batch(rows(at, last)).read()
            tokens = MINTED.findall(answer)
            if len(tokens) != last - at:
                raise ctio.ServerFailed(
                    f"{last - at} rows, {len(tokens)} tokens: "
                    f"{answer[-500:]!r}")
            yield from enumerate((t.decode() for t in tokens), at)


class Tokens:
    """`count` tokens in `folder`.

    data         ctio's data folder; key: a key of the account there
    targets      for ctio-load: TOKEN LOCATION
    floor_targets  the same for the floor, whose answer is always the same
    nginx_map, haproxy_map, redis_commands
                 the same tokens for the peers
    """

    floor_location = FLOOR_LOCATION

    def __init__(self, folder, core, programs, count):
        self.programs = programs
        self.count = count
        self.data = folder / "data"
        self.targets = folder / "targets"
        self.floor_targets = folder / "floor_targets"
        self.nginx_map = folder / "nginx_map"
        self.haproxy_map = folder / "haproxy_map"
        self.redis_commands = folder / "redis_commands"
        made = folder / "mint"
        made.mkdir()
        server = ctio.Ctio(made, core, programs)
        try:
            self.key = make_account(server)
            self.write_files(mint(server, self.key, 0, count))
        finally:
            server.stop()
        shutil.move(server.data, self.data)

    def write_files(self, minted):
        with open(self.targets, "w", encoding="ascii") as targets, \
                open(self.floor_targets, "w", encoding="ascii") as floor, \
                open(self.nginx_map, "w", encoding="ascii") as nginx, \
                open(self.haproxy_map, "w", encoding="ascii") as haproxy, \
                open(self.redis_commands, "w", encoding="ascii",
                     newline="") as redis:
            for i, token in minted:
                to = location(i)
                targets.write(f"{token} {to}\n")
                floor.write(f"{token} {FLOOR_LOCATION}\n")
                nginx.write(f"/{token} {to};\n")
                haproxy.write(f"/{token} {to}\n")
                redis.write(f"*3\r\n$3\r\nSET\r\n${len(token)}\r\n{token}\r\n"
                            f"${len(to)}\r\n{to}\r\n")
