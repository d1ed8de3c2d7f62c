"""`ctio verify`: a store that no server has open, every record of it, and the
clicks counted again."""
import json
import os

import harness
import recount

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Needle/7"}


def fill(server):
    tenant = harness.Tenant(server)
    tenant.put_link("shop", "https://a.example/{recipient}", campaign="diwali")
    made = tenant.mint_batch(
        [{"link": "shop", "recipient": f"haystack-{i}"} for i in range(400)])
    for i in range(120):
        server.tap(made[i % 90]["token"], PHONE)
    recount.await_clicks(server, tenant.key, 120)
    return tenant


def verify(server, *words, status=0):
    return harness.cli("verify", "--data", server.data, *words, status=status)


def flip(path, needle):
    """Turns a byte of the last place where the file has this."""
    with open(path, "r+b") as file:
        data = file.read()
        at = data.rindex(needle) + 2
        file.seek(at)
        file.write(bytes([data[at] ^ 1]))


def test_sound(server):
    fill(server)
    run = verify(server, status=1)
    assert "another ctio serves this data folder" in run.stderr
    server.stop()
    lines = verify(server).stdout.splitlines()
    assert len(lines) == 4
    assert all(line.endswith("all is well") for line in lines)
    assert "120 clicks kept, 120 counted" in [
        line for line in lines if line.startswith("us1")][0]
    regions = json.loads(verify(server, "--json").stdout)
    assert [(r["region"], r["found"], r["differences"])
            for r in regions] == [(name, [], {}) for name in
                                  ("eu1", "in1", "sg1", "us1")]
    assert not os.path.exists(os.path.join(server.data, "us1",
                                           "tally.verify"))
    server.start()


def test_flipped_bytes(server):
    fill(server)
    server.stop()
    us1 = os.path.join(server.data, "us1")
    day, = os.listdir(os.path.join(us1, "clicks"))
    flip(os.path.join(us1, "links", "data.mdb"), b"haystack-7")
    flip(os.path.join(us1, "clicks", day, "data.mdb"), b"Needle")
    run = verify(server, status=1)
    kinds = {line.split(": ")[1] for line in run.stdout.splitlines()[3:-1]}
    # Whose agent is lost, of those the system is no longer known either.
    assert kinds == {"token blocks", "agents", "clicks", "counts"}, run.stdout
    assert "a backup may have them" in run.stderr
    region = json.loads(verify(server, "--json", status=1).stdout)[3]
    assert region["differences"]["clicks"] == 120
    assert sum(f["kind"] == "clicks" for f in region["found"]) == 20
    assert "and 100 more" in run.stdout


def test_killed(server):
    """Whatever a `kill -9` leaves is sound, the tally behind or not."""
    tenant = fill(server)
    token = tenant.mint(link="shop", recipient="x")["token"]
    for i in range(harness.rounds(3, 20)):
        for _ in range(20 + i):
            server.tap(token, PHONE)
        server.kill9()
        verify(server)
        server.start()


def test_nothing_there(folder):
    run = harness.cli("verify", "--data", folder / "nowhere", status=1)
    assert "nowhere" in run.stderr
    assert harness.cli("verify", "more", status=2)
