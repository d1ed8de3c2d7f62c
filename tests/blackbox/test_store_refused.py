"""A store that cannot be trusted is refused in one line that names what is
wrong with it, or its bad records are left out; never is it served wrong."""
import ctypes
import ctypes.util
import os
import random
import shutil
import struct

import pytest

import load

pytestmark = pytest.mark.asan

REGION = "us1"
NEWER = 99
KNOWN = (1, 2)  # versions of records
SEAL = 8


def path_in(server, *names):
    return os.path.join(server.data, REGION, *names)


def said_by(server):
    return server.stderr() if os.path.exists(server.stderr_path) else ""


def refused(server):
    """It does not start, and says why in one line, which is returned."""
    before = len(said_by(server))
    with pytest.raises(AssertionError, match="did not start .exit 1"):
        server.start()
    said = said_by(server)[before:].splitlines()
    assert len(said) == 1, said
    return said[0]


def filled(make_server):
    """A server that has run, and holds a token with a click; stopped."""
    server = make_server()
    key = server.account()
    token = server.mint(key, destination="https://shop.example/a",
                        recipient="someone")["token"]
    assert server.tap(token).status == 302
    load.tally_of(server)
    server.stop()
    return server, key, token


def works(server, key, token):
    server.start()
    assert server.tap(token).headers["Location"] == "https://shop.example/a"
    assert [c["token"] for c in server.export_all(key)] == [token] * 2


# The region's keys

def expose(path):
    os.chmod(path, 0o644)


def share_with_group(path):
    os.chmod(path, 0o640)


def remove(path):
    os.unlink(path)


def empty(path):
    with open(path, "wb"):
        pass


def cut(path):
    os.truncate(path, os.path.getsize(path) - 40)


def scribble(path):
    with open(path, "ab") as file:
        file.write(b"1 nonsense\n")


@pytest.mark.parametrize("harm", (expose, share_with_group, remove, empty, cut,
                                  scribble))
def test_keys(make_server, harm):
    server, key, token = filled(make_server)
    path = path_in(server, "token.keys")
    assert os.stat(path).st_mode & 0o777 == 0o600
    shutil.copy2(path, server.data + ".keys")
    harm(path)
    assert path in refused(server)
    # Nothing is made in place of what a person must decide about.
    if harm is remove:
        assert not os.path.exists(path)
    shutil.copy2(server.data + ".keys", path)
    works(server, key, token)


# A store of a newer version

def sum_of(body):
    """XXH3-64, of the library that the server uses too."""
    name = ctypes.util.find_library("xxhash")
    if not name:
        pytest.skip("libxxhash is not here")
    library = ctypes.CDLL(name)
    library.XXH3_64bits.restype = ctypes.c_uint64
    library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library.XXH3_64bits(body, len(body))


def rewrite(path, key, length, change):
    """Changes the body of the record that follows its key in LMDB's page, and
    its sum with it. The sum is that of the body, xor one of the key."""
    with open(path, "rb") as file:
        data = file.read()
    found = 0
    at = data.find(key)
    while at >= 0:
        start = at + len(key)
        body = data[start:start + length]
        seal, = struct.unpack_from(">Q", data, start + length)
        changed = change(body)
        if body[0] in KNOWN and changed:
            seal ^= sum_of(body) ^ sum_of(changed)
            data = (data[:start] + changed + struct.pack(">Q", seal) +
                    data[start + length + SEAL:])
            found += 1
        at = data.find(key, start)
    assert found
    with open(path, "wb") as file:
        file.write(data)


def newer_record(body):
    return bytes([NEWER]) + body[1:]


def newer_format(body):
    # The number itself; what else has this key's name is left alone.
    return body[:1] + struct.pack(">Q", NEWER) \
        if body[1:] == struct.pack(">Q", 2) else None


@pytest.mark.parametrize("folder_name, key, change", (
    ("links", b"format", newer_record),
    ("links", b"format", newer_format),
    ("clicks", b"segment", newer_record),
))
def test_newer_version(make_server, folder_name, key, change):
    server, account_key, token = filled(make_server)
    path = path_in(server, folder_name)
    if folder_name == "clicks":
        path = os.path.join(path, os.listdir(path)[0])
    mdb = os.path.join(path, "data.mdb")
    shutil.copy2(mdb, server.data + ".mdb")
    rewrite(mdb, key, 10 if folder_name == "clicks" else 9, change)
    with open(mdb, "rb") as file:
        before = file.read()
    line = refused(server)
    assert path in line and "version" in line, line
    with open(mdb, "rb") as file:
        assert file.read() == before, "a store of a newer version was changed"
    shutil.copy2(server.data + ".mdb", mdb)
    works(server, account_key, token)


# Damage

def flip(path, text):
    """A bit in every copy of the text."""
    with open(path, "r+b") as file:
        data = file.read()
        assert text in data
        at = data.find(text)
        while at >= 0:
            file.seek(at + len(text) // 2)
            file.write(bytes([data[at + len(text) // 2] ^ 1]))
            at = data.find(text, at + 1)


@pytest.mark.parametrize("what", ("recipient", "destination", "param"))
def test_damaged_token(make_server, what):
    server = make_server("region us1.fallback=https://shop.example/sorry")
    key = server.account()
    server.put_link(key, "cart", "https://shop.example/{cart}?u={recipient}")
    rng = random.Random(7)
    word = {name: f"{name}-{rng.getrandbits(64):x}"
            for name in ("recipient", "destination", "param")}
    if what == "destination":
        fields = {"destination": f"https://shop.example/{word[what]}",
                  "recipient": word["recipient"]}
    else:
        fields = {"link": "cart", "recipient": word["recipient"],
                  "params": {"cart": word["param"]}}
    bad = server.mint(key, **fields)["token"]
    good = server.mint(key, destination="https://shop.example/good")["token"]
    assert server.tap(bad).status == 302
    assert server.tap(good).status == 302
    server.stop()
    flip(path_in(server, "links", "data.mdb"), word[what].encode())
    server.start()

    answer = server.tap(bad)
    location = answer.headers.get("Location")
    assert (answer.status, location) == (302, "https://shop.example/sorry")
    assert server.metric("ctio_tap_errors_total") == 1
    answer = server.api("GET", f"/v1/tokens/{bad}", key=key)
    assert answer.status >= 500, answer
    assert word[what][:8] not in answer.text
    answer = server.tap(good)
    assert answer.headers["Location"] == "https://shop.example/good"
    # Of the damaged token's click only what the log itself knows is told.
    answer = server.api("GET", "/v1/clicks", key=key)
    assert answer.status == 200
    clicks = answer.lines()
    assert [c["token"] for c in clicks].count(good) == 2
    for click in clicks:
        if click["token"] == bad:
            assert click["recipient"] is None
            assert click["destination"] is None
    assert server.mint(key, destination="https://shop.example/")["token"]


def test_damaged_click(make_server):
    server = make_server()
    key = server.account()
    token = server.mint(key, destination="https://shop.example/")["token"]
    word = "query-0123456789abcdef"
    for query in ("first", word, "last"):
        assert server.tap(f"{token}?{query}").status == 302
    load.tally_of(server)
    server.stop()
    folder = path_in(server, "clicks")
    flip(os.path.join(folder, os.listdir(folder)[0], "data.mdb"),
         word.encode())
    server.start()
    clicks = server.export_all(key)
    assert [c["query"] for c in clicks] == ["first", "last"]
    assert "cannot be trusted" in server.stderr()
    assert server.tap(f"{token}?more").status == 302
    clicks = server.export_all(key)
    assert [c["query"] for c in clicks] == ["first", "last", "more"]
    assert len({c["id"] for c in clicks}) == 3
    assert [c["unique"] for c in clicks] == [True, False, False]


def test_cut_file(make_server):
    """A file that lacks its end would be a SIGBUS, not an error."""
    server = make_server()
    key = server.account()
    server.mint_batch(key, [{"destination": f"https://shop.example/{i}"}
                            for i in range(50_000)])
    server.stop()
    path = path_in(server, "links")
    mdb = os.path.join(path, "data.mdb")
    os.truncate(mdb, os.path.getsize(mdb) // 2)
    assert path in refused(server)


def test_second_server(server, make_server):
    other = make_server(data=server.data, start=False)
    assert server.data in refused(other)
    assert server.tap("/healthz").status == 200
    server.restart()
