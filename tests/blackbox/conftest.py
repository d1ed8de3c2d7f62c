"""Fixtures of the black-box tests. Every test has servers, folders and ports of
its own. Markers choose what else a test is for:

    slow    not in `tests/run --quick`
    asan    in the tree of AddressSanitizer too
    tsan    in the tree of ThreadSanitizer too
    alone   measures time: ctest runs nothing beside its file
"""
import os
import shutil

import pytest

import harness
import receiver

MARKERS = {
    "slow": "not in tests/run --quick",
    "asan": "runs under AddressSanitizer too",
    "tsan": "runs under ThreadSanitizer too",
    "alone": "measures time: nothing else may run beside it",
}


def pytest_configure(config):
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {text}")


def pytest_collection_modifyitems(items):
    if os.environ.get("CTIO_QUICK") == "1":
        skip = pytest.mark.skip(reason="slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)


@pytest.fixture
def folder():
    """A folder of the test's own: folder / "name" is a path in it."""
    made = harness.Folder()
    yield made
    made.remove()


@pytest.fixture
def make_server(folder):
    """make_server(*options, env=, config=, data=) starts a server with these
    `--set` options. At the end each one that still runs is stopped by SIGTERM
    and must exit with 0; what it said is shown where the test failed."""
    servers = []

    def make(*options, env=None, config=None, data=None, start=True):
        base = folder / str(len(servers))
        os.makedirs(base, exist_ok=True)
        server = harness.Server(data or os.path.join(base, "data"), options,
                                env, config)
        server.stderr_path = os.path.join(base, "stderr")
        servers.append(server)
        return server.start() if start else server

    yield make
    try:
        for server in servers:
            if server.process:
                server.stop()
    finally:
        for server in servers:
            if server.process:
                server.kill9()
            if os.path.exists(server.stderr_path):
                print(f"stderr of {server.data}:\n{server.stderr()}")


@pytest.fixture
def server(make_server):
    """A running server with the defaults."""
    return make_server()


@pytest.fixture(scope="module")
def shared_server():
    """A running server with the defaults, for a whole file: its tests have
    accounts of their own there, and read no metrics of others."""
    made = harness.Folder()
    server = harness.Server(made / "data")
    try:
        yield server.start()
        server.stop()
    finally:
        if server.process:
            server.kill9()
        print(f"stderr of {server.data}:\n{server.stderr()}")
        made.remove()


@pytest.fixture
def tenant(shared_server):
    """An account of this test's own on the shared server."""
    return harness.Tenant(shared_server)


@pytest.fixture
def key(server):
    """A key of an account of that server, in us1."""
    return server.account()


@pytest.fixture
def make_shim(folder):
    """make_shim(data) disturbs a server that is started with its env()."""
    def make(data):
        return harness.Shim(folder / "shim", data)
    return make


@pytest.fixture
def promtool():
    """The path of promtool, which tests/run installs."""
    path = os.environ.get("CTIO_PROMTOOL", "")
    if not os.access(path, os.X_OK):
        path = shutil.which("promtool")
    assert path, "promtool is missing: run tests/run"
    return path


@pytest.fixture
def make_receiver():
    """make_receiver(plan=, wrap=) starts a receiver of webhooks."""
    made = []

    def make(plan=None, wrap=None):
        made.append(receiver.Receiver(plan, wrap))
        return made[-1]

    yield make
    for one in made:
        one.close()
