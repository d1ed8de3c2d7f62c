"""What a wrong flag, a wrong config or a port in use gets: one clear line on
stderr that names the place, the right exit status, and nothing else."""
import json
import os
import socket
import stat

import pytest

from harness import ROOT, cli

pytestmark = pytest.mark.asan

COMMANDS = [
    ["serve"], ["check"], ["account", "create"], ["account", "list"],
    ["account", "show"], ["account", "set"], ["account", "disable"],
    ["account", "enable"], ["account", "key", "list"],
    ["account", "key", "add"], ["account", "key", "revoke"], ["link", "set"],
    ["link", "show"], ["link", "list"], ["link", "disable"], ["mint"],
    ["export"], ["status"], ["token"],
]


def one_line(run):
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    return lines[0]


def test_help_and_version():
    assert cli("--version").stdout.startswith("ctio ")
    whole = cli("help").stdout
    for words in COMMANDS:
        text = cli(*words, "--help").stdout
        assert text.startswith(f"usage: ctio {' '.join(words)}"), text
        assert f"  {' '.join(words)} " in whole


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_unknown_option(words):
    line = one_line(cli(*words, "--no-such-option", status=2))
    assert "--no-such-option" in line


WRONG_USAGE = [
    ([], "ctio"),
    (["no-such-command"], "no-such-command"),
    (["serve", "surplus"], "surplus"),
    (["serve", "--data"], "--data"),
    (["serve", "--data", "a", "--data", "b"], "--data"),
    (["account", "create", "acme"], "--region"),
    (["account", "create", "--region", "us1"], "NAME"),
    (["link", "set", "a"], "--to"),
    (["token"], "TOKEN"),
]


@pytest.mark.parametrize("words,named", WRONG_USAGE)
def test_wrong_usage(words, named):
    run = cli(*words, status=2)
    assert run.stdout == ""
    assert named in run.stderr


# (content of the file, what the line on stderr must hold)
WRONG_CONFIG = [
    ("[click]\nlissten = 127.0.0.1:80\n", [":2:", "lissten"]),
    ("[clicks]\nlisten = 127.0.0.1:80\n", ["clicks"]),
    ("[click]\n\nlisten = localhost\n", [":3:", "listen", "localhost"]),
    ("[click]\ncommit_wait_max = 100\n", [":2:", "commit_wait_max"]),
    ("[click]\nkeepalive = maybe\n", [":2:", "keepalive"]),
    ("[api]\nbody_max = 64 K\n", [":2:", "body_max"]),
    ("[region us1]\nip = some\n", [":2:", "ip"]),
    ("[region us1]\ntag = ee\n", [":2:", "tag"]),
    ("[region xx1]\ntag = x\n", ["xx1", "url"]),
    ("[click]\nlisten\n", [":2:"]),
    ("listen = 127.0.0.1:80\n", [":1:"]),
    ("[click\n", [":1:"]),
]


@pytest.mark.parametrize("text,named", WRONG_CONFIG)
def test_wrong_config(folder, text, named):
    path = folder / "ctio.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    checked = one_line(cli("check", "-c", path, status=1))
    for word in [path, *named]:
        assert word in checked
    served = one_line(cli("serve", "-c", path, "--data", folder / "data",
                          status=1))
    assert served == checked
    assert not os.path.exists(folder / "data")


def test_every_wrong_line_is_named(folder):
    path = folder / "ctio.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write("[click]\na = 1\nlisten = *:80\nb = 2\n")
    run = cli("check", "-c", path, status=1)
    assert [line.split(" ")[0] for line in run.stderr.splitlines()] == \
        [f"{path}:2:", f"{path}:4:"]


def test_missing_config(folder):
    assert folder / "none" in one_line(cli("check", "-c", folder / "none",
                                           status=1))


WRONG_SET = ["click.lissten=1", "click", "click.listen", ".listen=1",
             "region us1.tag=", "region nowhere.tag=x", "click.listen="]


@pytest.mark.parametrize("setting", WRONG_SET)
def test_wrong_set(folder, setting):
    line = one_line(cli("serve", "--data", folder / "data", "--set", setting,
                        status=1))
    assert setting.split("=", maxsplit=1)[0] in line
    assert not os.path.exists(folder / "data")


def test_shipped_config_is_the_defaults(folder):
    shipped = os.path.join(ROOT, "deploy", "ctio.conf")
    cli("check", "-c", shipped)
    with open(shipped, encoding="utf-8") as file:
        assert file.read() == cli("check", "--print-defaults").stdout


@pytest.mark.parametrize("listener", ["click", "api"])
def test_port_in_use(make_server, listener):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = make_server(f"{listener}.listen={address}", start=False)
        with pytest.raises(AssertionError, match="did not start .exit 1"):
            server.start()
    lines = server.stderr().splitlines()
    assert len(lines) == 1 and address in lines[0], lines


def test_port_of_another_server(server, make_server):
    """Loops share a port among themselves, but not with other processes."""
    address = f"127.0.0.1:{server.click_port}"
    other = make_server(f"click.listen={address}", start=False)
    with pytest.raises(AssertionError, match="did not start .exit 1"):
        other.start()
    lines = other.stderr().splitlines()
    assert len(lines) == 1 and address in lines[0], lines
    assert server.tap("/healthz").status == 200


def test_commands_without_a_server(folder):
    for words in (["status"], ["account", "list"], ["export"],
                  ["account", "create", "a", "--region", "us1"]):
        line = one_line(cli(*words, "--data", folder / "data", status=1))
        assert folder / "data" in line
    assert not os.path.exists(folder / "data")


def test_data_folder_is_private(server):
    key = server.account()
    assert server.api("GET", "/v1/account", key=key).status == 200
    for name, mode in (("ctio.sock", 0o600), ("us1/token.keys", 0o600)):
        path = os.path.join(server.data, name)
        assert stat.S_IMODE(os.stat(path).st_mode) == mode, name


def test_keys_that_others_can_read_are_refused(server):
    server.stop()
    path = os.path.join(server.data, "us1", "token.keys")
    os.chmod(path, 0o644)
    with pytest.raises(AssertionError, match="did not start .exit 1"):
        server.start()
    lines = server.stderr().splitlines()
    assert path in lines[-1]
    os.chmod(path, 0o600)
    server.start()


def test_account_errors(server):
    server.account("acme")
    line = one_line(server.cli("account", "create", "acme", "--region",
                               "us1", status=1))
    assert "acme" in line
    line = one_line(server.cli("account", "create", "b", "--region",
                               "nowhere", status=1))
    assert "nowhere" in line
    one_line(server.cli("account", "show", "nobody", status=1))
    made = server.cli("account", "create", "c", "--region", "eu1",
                      "--json").stdout
    assert set(json.loads(made)) == {
        "account", "region", "key", "key_id"}
