"""Backups of a server that goes on, and what they are worth when everything else
is lost."""
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

import harness
import load
from harness import wait_until
from test_erasures import done, held, mint_and_tap, order
from wire import local


def back_up(server, path, *options, status=0):
    run = server.cli("backup", str(path), "--json", *options, status=status)
    return json.loads(run.stdout)


def restore(server, path, *options, status=0):
    run = harness.cli("restore", str(path), "--data", server.data, "--json",
                      *options, status=status)
    return json.loads(run.stdout) if status == 0 else run.stderr


def lose(server):
    """All of the data; the server is not running."""
    shutil.rmtree(server.data)


def verify(server):
    text = harness.cli("verify", "--data", server.data).stdout
    assert all(line.endswith("all is well") for line in text.splitlines())


def parts(path):
    """Relative paths of all files."""
    return sorted(os.path.relpath(os.path.join(at, name), path)
                  for at, _, names in os.walk(path) for name in names)


class Before:
    """What was answered before the backup began must be in it."""

    def __init__(self, server, key, book):
        self.leads_to = dict(book.leads_to)
        self.numbers = set(book.answered)
        self.server = server
        self.key = key

    def check(self, book, ids):
        """Their ids go to ids."""
        clicks = self.server.export_all(self.key, limit=10000)
        numbers = [int(c["query"].removeprefix("n=")) for c in clicks]
        assert len(set(numbers)) == len(numbers)
        assert self.numbers <= set(numbers)
        for click, number in zip(clicks, numbers):
            assert book.asked[number] == click["token"]
            assert click["destination"] == book.leads_to[click["token"]]
        mine = {c["id"] for c in clicks}
        assert len(mine) == len(clicks)
        ids.update(mine)
        some = list(self.leads_to.items())[::97]
        answers = load.tap_all(self.server.click_port, [t for t, _ in some])
        for (token, to), answer in zip(some, answers):
            assert answer == (302, to), token
        return clicks


@pytest.mark.asan
@pytest.mark.tsan
def test_under_load(make_server, folder):
    """Taps and mints go on while it is made; then the machine burns down."""
    server = make_server()
    key = server.account()
    book = load.Book()
    clients = load.Load(server, key, book, 1, "a", singles=1, taps=4).start()
    wait_until("some clicks", lambda: len(book.answered) > 500, 60)
    before = Before(server, key, book)
    assert server.metric("ctio_backup_last_timestamp_seconds") == 0
    status = back_up(server, folder / "backup")
    assert status["state"] == "done" and status["left_out"] == 0
    assert time.time() - server.metric(
        "ctio_backup_last_timestamp_seconds") < 600
    after = len(book.answered)
    wait_until("some more", lambda: len(book.answered) > after + 200, 60)
    server.kill9()
    clients.stop()
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], check=True,
                   cwd=folder / "backup")
    lose(server)
    result = restore(server, folder / "backup")
    assert [r["region"] for r in result["regions"]] == [
        "eu1", "in1", "sg1", "us1"]
    verify(server)
    server.start()
    clicks = before.check(book, ids := set())
    load.tally_of(server)

    # Life goes on, with numbers of its own.
    old = dict(book.leads_to)
    book.fresh, book.old = list(before.leads_to), []
    clients = load.Load(server, key, book, 2, "b", singles=1, taps=4).start()
    count = len(book.answered)
    wait_until("taps", lambda: len(book.answered) > count + 300, 60)
    clients.stop()
    assert len(book.leads_to) > len(old)
    again = server.export_all(key, limit=10000)
    assert [c["id"] for c in again[:len(clicks)]] == [c["id"] for c in clicks]
    assert len({c["id"] for c in again}) == len(again) > len(clicks)
    assert not {c["id"] for c in again[len(clicks):]} & ids
    server.stop()
    verify(server)


def test_cursors(server, folder):
    key = server.account()
    token = server.mint(key, destination="https://a.example/")["token"]
    server.tap(token)
    kept = server.export_all(key)
    back_up(server, folder / "backup")
    server.tap(token)
    lost = server.export_all(key)[1:]
    server.put_link(key, "later", "https://b.example/")
    later = server.mint(key, link="later")["token"]
    server.stop()
    lose(server)
    restore(server, folder / "backup")
    server.start()
    # What came after is not there, what came before is.
    assert server.tap(later).status == 404
    assert server.api("GET", "/v1/links/later", key=key).status == 404
    assert server.export_all(key) == kept
    answer = server.api("GET", f"/v1/clicks?after={kept[0]['cursor']}",
                        key=key)
    assert answer.status == 200 and not answer.body
    answer = server.api("GET", f"/v1/clicks?after={lost[0]['cursor']}",
                        key=key)
    assert answer.status == 410
    assert answer.json()["type"].endswith("/cursor-gone")
    server.tap(token)
    new, = server.export_all(key, after=kept[0]["cursor"])
    assert new["id"] not in (kept[0]["id"], lost[0]["id"])
    assert not new["unique"]
    status = json.loads(server.cli("status", "--json").stdout)
    us1, = [r for r in status["regions"] if r["region"] == "us1"]
    assert us1["clicks_kept"] == 2 and us1["tokens_numbered"] == 1


def test_erased_again(server, folder):
    """A person who was forgotten after the backup stays forgotten."""
    key = server.account()
    server.put_link(key, "shop", "https://shop.example/{cart}")
    tokens = mint_and_tap(server, key, "user-0815")
    others = mint_and_tap(server, key, "user-4711")
    back_up(server, folder / "backup")
    done(server, key, order(server, key, "user-0815"))
    younger = server.account("younger")
    mint_and_tap_other = server.mint(
        younger, destination="https://a.example/", recipient="user-0815")
    assert mint_and_tap_other["token"]
    done(server, younger, order(server, younger, "user-0815"))
    exported = server.cli("erasure", "export").stdout
    assert "user" not in exported
    with open(folder / "erased", "w", encoding="ascii") as file:
        file.write(exported)
    server.stop()
    lose(server)
    assert held(server, "user-0815") == []
    result = restore(server, folder / "backup", "--erasures",
                     folder / "erased")
    assert result["erased_tokens"] == 3 and result["other_lines"] == 1
    assert held(server, "user-0815") == []
    assert held(server, "user-4711")
    verify(server)
    server.start()
    for token in tokens:
        assert server.tap(token).status == 410
    for token in others:
        assert server.tap(token).status == 302
    clicks = server.export_all(key)
    assert sum(c["recipient"] is None for c in clicks) == 6
    assert {c["recipient"] for c in clicks} == {None, "user-4711"}
    again = [c for c in server.export_all(key, revisions="yes")
             if c["revision"] == 2]
    assert len(again) == 6


@pytest.mark.parametrize("text", [
    "nonsense\n", '{"region":"us1","account":"acme"}\n',
    '{"region":"us1","account":"acme","tokens":["2","1"]}\n',
    '{"region":"us1","account":"acme","tokens":["1"]}', "x" * 20000 + "\n"],
    ids=["nonsense", "no tokens", "not ascending", "cut off", "too long"])
def test_bad_erasures(server, folder, text):
    back_up(server, folder / "backup")
    server.stop()
    lose(server)
    with open(folder / "erased", "w", encoding="ascii") as file:
        file.write('\n{"region":"us1","account":"acme","tokens":["1"]}\n')
        file.write(text)
    said = restore(server, folder / "backup", "--erasures",
                   folder / "erased", status=1)
    assert f"{folder / 'erased'}: line 3: is not what" in said
    assert not os.path.exists(os.path.join(server.data, "us1"))
    said = restore(server, folder / "backup", "--erasures",
                   str(folder / "none"), status=1)
    assert f"{folder / 'none'}: No such file" in said
    restore(server, folder / "backup")
    server.start()


def test_refused(server, folder):
    back_up(server, folder / "backup")
    status = back_up(server, folder / "backup", status=1)
    assert status["state"] == "failed"
    assert status["problem"] == f"{folder / 'backup'} is there already"
    assert "another ctio serves this data folder" in restore(
        server, folder / "backup", status=1)
    answer = server.api("POST", "/v1/backup", {"directory": "/x"},
                        server.account())
    assert answer.status == 404  # the socket's alone
    server.stop()
    said = restore(server, folder / "backup", status=1)
    assert "eu1: is there already; move it away first" in said
    said = restore(server, folder / "backup", "--region", "us9", status=1)
    assert "has no such region" in said
    assert "no whole backup" in restore(server, folder / "none", status=1)
    # One region of several.
    shutil.rmtree(os.path.join(server.data, "us1"))
    result = restore(server, folder / "backup", "--region", "us1")
    assert [r["region"] for r in result["regions"]] == ["us1"]
    server.start()


def test_no_keys(server, folder):
    key = server.account()
    token = server.mint(key, destination="https://a.example/")["token"]
    back_up(server, folder / "backup", "--no-keys")
    assert not [p for p in parts(folder / "backup") if "keys" in p]
    server.stop()
    os.rename(server.data, folder / "old")
    said = restore(server, folder / "backup", "--region", "us1", status=1)
    assert "us1/token.keys: is not there" in said
    shutil.copy(folder / "old/us1/token.keys",
                folder / "backup/us1/token.keys")
    restore(server, folder / "backup", "--region", "us1")
    server.start()
    assert server.tap(token).status == 302


def test_stopped(make_server, folder):
    """SIGTERM in the middle of it: nothing is left, and the disk's pace does
    not hold up the end."""
    shim = harness.Shim(folder / "control", folder / "backup.part")
    server = make_server(env=shim.env())
    shim.set("stall")
    thread = threading.Thread(
        target=lambda: server.cli("backup", folder / "backup",
                                  status=None))
    thread.start()
    wait_until("it has begun",
               lambda: os.path.exists(folder / "backup.part"))
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    shim.clear("stall")
    assert server.process.wait(harness.STOP_MAX) == 0
    server.process.stdout.close()
    server.process = None
    thread.join()
    assert not os.path.exists(folder / "backup")
    assert not os.path.exists(folder / "backup.part")


@pytest.mark.slow
def test_killed(server, folder):
    """A backup or a restore that is killed leaves nothing that passes for a
    whole one, and the next one works."""
    key = server.account()
    rows = [{"destination": f"https://a.example/{i}/{'x' * 900}"}
            for i in range(20000)]
    tokens = [r["token"] for r in server.mint_batch(key, rows)]
    for token in tokens[:20]:
        server.tap(token)
    clicks = server.export_all(key)
    for i in range(harness.rounds(4, 40)):
        path = folder / f"killed-{i}"
        thread = threading.Thread(
            target=lambda to=path: server.cli("backup", str(to), status=None))
        thread.start()
        time.sleep(0.005 * (i + 1))
        server.kill9()
        thread.join()
        if os.path.exists(path):
            subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"],
                           check=True, cwd=path)
        server.start()
    back_up(server, folder / "backup")
    server.stop()
    outcomes = []
    for i in range(harness.rounds(6, 60)):
        lose(server)
        run = subprocess.Popen(
            [harness.BIN, "restore", folder / "backup", "--data",
             server.data], stdout=subprocess.DEVNULL,
            env=harness.environment())
        time.sleep(0.01 * (i + 1))
        run.kill()
        run.wait()
        part = os.path.join(server.data, "restore.part")
        outcomes.append(finish_restore(server, folder / "backup",
                                       os.path.exists(part)))
        verify(server)
        server.start()
        assert server.export_all(key) == clicks
        assert server.tap(tokens[-1]).status == 302
        server.stop()
    assert "anew" in outcomes, outcomes


def finish_restore(server, backup, is_part):
    """After one that was killed: what it takes, and whether that works."""
    if is_part:
        run = harness.cli("serve", "--data", server.data, status=1)
        assert "a restore was cut off" in run.stderr
        return "finished" if restore(server, backup)["finished"] else "anew"
    if not os.path.exists(os.path.join(server.data, "us1")):
        restore(server, backup)
        return "anew"
    assert "is there already" in restore(server, backup, status=1)
    return "had ended"


@pytest.mark.asan
def test_beside_the_slow_work(make_server, folder):
    """Erasures, and clicks judged anew, while backups are made: each is of one
    moment, and whole."""
    rules = folder / "rules"
    with open(rules, "w", encoding="ascii") as file:
        file.write("version 1\n")
    server = make_server(f"click.verdict_rules={rules}")
    key = server.account()
    server.put_link(key, "shop", "https://shop.example/{cart}")
    people = [f"user-{i:04}" for i in range(harness.rounds(30, 300))]
    for who in people:
        mint_and_tap(server, key, who)
    stopping = threading.Event()
    errors = []

    def erase():
        for who in people[::2]:
            if stopping.is_set():
                return
            done(server, key, order(server, key, who))

    def judge():
        for version in range(2, 200):
            if stopping.is_set():
                return
            with open(rules, "w", encoding="ascii") as file:
                file.write(f"version {version}\n"
                           + ("bot agent contains agent-of\n"
                              if version % 2 else ""))
            server.cli("rejudge")

    def run(work):
        try:
            work()
        except Exception as error:  # pylint: disable=broad-except
            errors.append(repr(error))

    threads = [threading.Thread(target=run, args=(work,))
               for work in (erase, judge)]
    for thread in threads:
        thread.start()
    for i in range(harness.rounds(4, 20)):
        assert back_up(server, folder / f"b{i}")["state"] == "done"
    stopping.set()
    for thread in threads:
        thread.join(harness.ANSWER_MAX)
    assert not errors, errors
    server.stop()
    for i in range(harness.rounds(4, 20)):
        lose(server)
        restore(server, folder / f"b{i}")
        server.start()
        # What had begun there comes to its end.
        wait_until("it is judged", lambda: local(
            server, "GET", "/v1/rejudge").json()["state"] != "running")
        wait_until("erasures end", lambda: {
            e["state"] for e in server.api(
                "GET", "/v1/erasures?limit=1000", key=key).json()["items"]
        } <= {"done"}, 60)
        load.tally_of(server)
        clicks = server.export_all(key)
        assert len({c["id"] for c in clicks}) >= 3 * len(people)
        server.stop()
        verify(server)
    server.start()


def test_full_disk(make_server, folder):
    """It fails, says so, leaves nothing, and does not touch what goes on."""
    shim = harness.Shim(folder / "control", folder / "backup.part")
    server = make_server(env=shim.env())
    key = server.account()
    token = server.mint(key, destination="https://a.example/")["token"]
    shim.set("enospc")
    status = back_up(server, folder / "backup", status=1)
    assert status["state"] == "failed"
    assert "disk full" in status["problem"], status
    assert folder / "backup" in status["problem"]
    assert not os.path.exists(folder / "backup.part")
    assert server.tap(token).status == 302
    shim.clear("enospc")
    assert back_up(server, folder / "backup")["state"] == "done"
