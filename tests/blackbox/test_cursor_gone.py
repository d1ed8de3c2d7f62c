"""A cursor from a history that is no more: 410, and where to go on."""
import shutil

from harness import Tenant, wait_until
from wire import tap_many

OWN = "https://shop.example/p"
AHEAD = 16384 + 100  # more than one commit of the log can hold


def test_cursor_from_ahead(make_server):
    server = make_server("click.commit_wait_max=0s")
    tenant = Tenant(server)
    token = tenant.mint(destination=OWN)["token"]
    tenant.tap(token)
    server.stop()
    shutil.copytree(server.data, server.data + ".old")
    server.start()
    tap_many(server.click_port, [f"/{token}"] * AHEAD)
    wait_until("all are on disk", lambda: server.metric(
        "ctio_clicks_committed_total") == AHEAD)
    first = tenant.api("GET", "/v1/clicks?limit=1").lines()[0]
    path = f"/v1/clicks?limit=10000&after={first['cursor']}"
    for _ in range(2):
        answer = tenant.api("GET", path)
        last = answer.lines()[-1]["cursor"]
        path = answer.next()
    server.stop()
    shutil.rmtree(server.data)
    shutil.copytree(server.data + ".old", server.data)
    server.start()
    answer = tenant.api("GET", f"/v1/clicks?after={last}")
    assert answer.status == 410
    problem = answer.json()
    assert problem["type"] == "/problems/cursor-gone"
    oldest = problem["oldest_cursor"]
    assert tenant.api("GET", f"/v1/clicks?after={oldest}").lines() == [first]
    # The ones that are still there are as good as ever.
    assert tenant.api("GET", "/v1/clicks?after=" +
                      first["cursor"]).status == 200
