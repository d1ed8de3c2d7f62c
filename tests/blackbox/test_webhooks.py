"""Clicks sent to webhooks: every one, in order, at least once, whatever the
receiver does and whenever the server dies."""
import json
import os
import random
import shutil
import threading
import time

import pytest

import harness
import load
from harness import Tenant, wait_until
from receiver import LOCAL, QUICK, Hook, tap, wait_for

OWN = "https://shop.example/p"
BATCH = 500
CLICKS = harness.rounds(4000, 40000)
KILLS = harness.rounds(6, 40)


@pytest.fixture
def rng():
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.mark.asan
@pytest.mark.tsan
def test_every_way_to_fail(make_server, make_receiver, rng):
    """It fails, hangs, answers 500, disappears for a while, and comes back."""
    ways = [500, 503, 404, 302, "hang", "drop", (429, {"Retry-After": "0"}),
            204, 204, 200, 202]

    def plan(n, delivery, path):
        return rng.choice(ways) if n < 60 else 204

    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver(plan)
    hook = Hook(tenant, receiver)
    token = tenant.mint(destination=OWN)["token"]
    for part in range(4):
        tap(tenant, CLICKS // 4, token)
        if part % 2:
            receiver.disappear()
            tap(tenant, 100, token)
            receiver.appear()
    clicks = wait_for(receiver, tenant)
    assert len(clicks) == CLICKS + 200
    receiver.check(hook.secret, clicks)
    assert len(receiver.seen) > len(receiver.accepted)
    wait_until("it is told", lambda: hook.get()["lag_clicks"] == 0)
    shown = hook.get()
    assert shown["delivered_clicks"] == len(clicks)
    assert (shown["failures"], shown["skipped_clicks"]) == (0, 0)
    assert shown["cursor"] == clicks[-1]["cursor"]


def test_batches(make_server, make_receiver):
    """What waits goes in full batches; what comes then within a second or
    two."""
    server = make_server(*QUICK)
    tenant = Tenant(server)
    tap(tenant, 2 * BATCH + 7)
    receiver = make_receiver()
    hook = Hook(tenant, receiver, after=None)
    clicks = wait_for(receiver, tenant)
    receiver.check(hook.secret, clicks)
    assert [len(d.clicks()) for d in receiver.accepted] == [BATCH, BATCH, 7]
    body = json.loads(receiver.accepted[0].body)
    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == "clicks"
    assert set(body["data"]) == {"cursor", "clicks"}
    # The rows are those of the export; the cursor goes on behind them.
    assert body["data"]["clicks"] == clicks[:BATCH]
    assert body["data"]["cursor"] == clicks[BATCH - 1]["cursor"]
    headers = receiver.accepted[0].headers
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("ctio/")
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    rest = server.export_all(tenant.key, after=body["data"]["cursor"])
    assert rest == clicks[BATCH:]
    begin = time.monotonic()
    tap(tenant, 1)
    clicks = wait_for(receiver, tenant)
    assert time.monotonic() - begin < 10
    receiver.check(hook.secret, clicks)


def test_batches_by_size(make_server, make_receiver):
    server = make_server(*QUICK)
    tenant = Tenant(server)
    token = tenant.mint(destination=OWN)["token"]
    quotes = "%22" * 200
    for status, _ in load.tap_all(server.click_port, [
            f"{token}?n={i}&q={quotes}" for i in range(2000)]):
        assert status == 302
    receiver = make_receiver()
    hook = Hook(tenant, receiver, after=None)
    clicks = wait_for(receiver, tenant)
    receiver.check(hook.secret, clicks)
    for delivery in receiver.accepted:
        assert len(delivery.body) <= 512 << 10
    assert len(receiver.accepted) > 4


@pytest.mark.asan
def test_kill_9(make_server, make_receiver, rng):
    """The server dies at any moment; its receiver fails, too."""
    def plan(n, delivery, path):
        return rng.choice([204, 204, 204, 500, "drop"])

    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver(plan)
    hook = Hook(tenant, receiver)
    token = tenant.mint(destination=OWN)["token"]
    for _ in range(KILLS):
        tap(tenant, rng.randrange(1, 900), token)
        before = len(receiver.seen)
        if rng.random() < 0.7:
            wait_until("it is sending", lambda: len(receiver.seen) > before)
        server.kill9()
        server.start()
    receiver.plan = lambda n, delivery, path: 204
    clicks = wait_for(receiver, tenant)
    assert receiver.ids() == [click["id"] for click in clicks]
    for delivery in receiver.seen:
        assert delivery.is_signed(hook.secret)
    # Only what was under way, or not on disk as acknowledged, came again.
    times = {}
    for delivery in receiver.accepted:
        for click in delivery.clicks():
            times[click["id"]] = times.get(click["id"], 0) + 1
    again = sum(n - 1 for n in times.values())
    assert again <= KILLS * BATCH


def test_a_clean_restart_repeats_nothing(make_server, make_receiver):
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver()
    hook = Hook(tenant, receiver)
    token = tenant.mint(destination=OWN)["token"]
    for _ in range(3):
        tap(tenant, 300, token)
        wait_until("it is sending", lambda: receiver.accepted)
        server.restart()
    clicks = wait_for(receiver, tenant)
    receiver.check(hook.secret, clicks)
    assert len(receiver.clicks()) == len(clicks)


@pytest.mark.asan
def test_one_that_hangs_holds_up_no_other(make_server, make_receiver):
    """Nor people who tap: so many hang that they would fill all places."""
    server = make_server(*LOCAL, "webhook.retry_first=10ms",
                         "webhook.retry_max=50ms", "webhook.timeout=5s")
    tenants = [Tenant(server) for _ in range(4)]
    hanging = make_receiver(lambda n, delivery, path: "hang")
    for tenant in tenants[1:]:
        for i in range(12):
            Hook(tenant, hanging, f"h{i}")
    receiver = make_receiver()
    hook = Hook(tenants[0], receiver)
    for tenant in tenants[1:]:
        tap(tenant, 1)
    wait_until("they hang", lambda: len(hanging.seen) >= 32)
    # By then they are known to fail, and have half of the places.
    wait_until("they have failed", lambda: server.metrics()[
        "ctio_webhooks_failing"] >= 32)
    begin = time.monotonic()
    tap(tenants[0], 100)
    receiver.check(hook.secret, wait_for(receiver, tenants[0]))
    assert time.monotonic() - begin < 4
    assert server.metrics()["ctio_webhook_deliveries_under_way"] <= 32


def test_two_webhooks_of_an_account(make_server, make_receiver):
    server = make_server(*QUICK)
    tenant = Tenant(server)
    good, bad = make_receiver(), make_receiver(
        lambda n, delivery, path: "hang")
    first = Hook(tenant, good, "good")
    second = Hook(tenant, bad, "bad")
    assert first.secret != second.secret
    tap(tenant, 700)
    clicks = wait_for(good, tenant)
    good.check(first.secret, clicks)
    wait_until("it is counted", lambda: second.get()["lag_clicks"] == 700)
    bad.plan = lambda n, delivery, path: 204
    bad.ended.set()
    wait_for(bad, tenant)
    bad.check(second.secret, clicks)


def test_one_that_is_down_is_shown(make_server, make_receiver):
    server = make_server(*LOCAL, "webhook.retry_first=1h",
                         "webhook.retry_max=24h")
    tenant = Tenant(server)
    receiver = make_receiver(lambda n, delivery, path: 503)
    hook = Hook(tenant, receiver)
    wait_until("it is seen", lambda: hook.get()["lag_clicks"] == 0)
    before = hook.get()
    assert before["last_result"] == "never"
    assert before["next_try_at"] is None
    tap(tenant, 30)
    wait_until("it failed", lambda: hook.get()["next_try_at"])
    wait_until("it is counted", lambda: hook.get()["lag_clicks"] == 30)
    shown = hook.get()
    assert (shown["failures"], shown["last_status"]) == (1, 503)
    assert shown["last_result"] == "status"
    assert "2xx" in shown["last_error"]
    assert shown["last_failure_at"] and not shown["last_success_at"]
    assert shown["delivered_clicks"] == 0
    metrics = server.metrics()
    assert metrics["ctio_webhook_lag_clicks"] == 30
    assert metrics["ctio_webhooks_active"] == 1
    assert metrics["ctio_webhooks_failing"] == 1
    assert metrics['ctio_webhook_deliveries_total{result="failed"}'] == 1
    status = json.loads(server.cli("status", "--json").stdout)
    region = next(r for r in status["regions"] if r["region"] == "us1")
    assert region["webhooks"] == [{
        "account": tenant.name, "name": "crm", "state": "active",
        "lag_clicks": 30, "next_try_at": shown["next_try_at"]}]
    # After a restart it is tried at once; a change ends a pause, too.
    receiver.seen.clear()
    receiver.plan = lambda n, delivery, path: 503 if n < 1 else 204
    server.restart()
    wait_until("it failed again", lambda: hook.get()["failures"] == 2)
    hook.patch()
    clicks = wait_for(receiver, tenant)
    receiver.check(hook.secret, clicks)
    wait_until("it is well", lambda: hook.get()["failures"] == 0)
    assert hook.get()["next_try_at"] is None
    assert "works again" in server.stderr()


@pytest.mark.asan
@pytest.mark.tsan
def test_replay(make_server, make_receiver):
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver()
    hook = Hook(tenant, receiver)
    tap(tenant, 50)
    clicks = wait_for(receiver, tenant)
    wait_until("all is told", lambda: hook.get()["lag_clicks"] == 0)
    for after, rest in ((clicks[19]["cursor"], clicks[20:]), (None, clicks)):
        receiver.accepted.clear()
        ids = {delivery.id for delivery in receiver.seen}
        answer = hook.replay(after)
        if after:
            assert answer["cursor"] == after
        wait_until("they came again",
                   lambda: len(receiver.ids()) >= len(rest))
        assert receiver.clicks() == rest
        # To a receiver that knows ids, they are new.
        assert not ids & {d.id for d in receiver.accepted}
    wait_until("all is told", lambda: hook.get()["lag_clicks"] == 0)
    assert hook.get()["cursor"] == clicks[-1]["cursor"]


def test_revisions(make_server, make_receiver):
    """Who keeps clicks elsewhere is told of those that were erased."""
    server = make_server(*QUICK)
    tenant = Tenant(server)
    told, other = make_receiver(), make_receiver()
    hook = Hook(tenant, told, "told", revisions=True)
    quiet = Hook(tenant, other, "other")
    token = tenant.mint(destination=OWN, recipient="user-1")["token"]
    kept = tenant.mint(destination=OWN, recipient="user-2")["token"]
    tap(tenant, 5, token)
    tap(tenant, 5, kept)
    clicks = wait_for(told, tenant)
    assert clicks[0]["recipient"] == "user-1"
    answer = tenant.api("POST", "/v1/erasures", {"recipient": "user-1"})
    assert answer.status == 202
    wait_until("they come again", lambda: len(told.clicks()) == 15)
    again = told.clicks()[10:]
    assert {c["id"] for c in again} == {c["id"] for c in clicks[:5]}
    for click in again:
        assert (click["revision"], click["recipient"], click["ip"]) == (
            2, None, None)
    # From then on it is as the others.
    assert hook.patch(revisions=False)["revisions"] is False
    tap(tenant, 3, kept)
    wait_until("the rest", lambda: len(other.clicks()) == 13)
    wait_until("the rest", lambda: len(told.clicks()) == 18)
    assert quiet.get()["revisions"] is False
    assert all(c["revision"] == 1 for c in other.clicks())


@pytest.mark.asan
def test_gone(make_server, make_receiver):
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver(lambda n, delivery, path: 410)
    hook = Hook(tenant, receiver)
    token = tap(tenant, 3)
    wait_until("it is disabled", lambda: hook.get()["state"] == "disabled")
    shown = hook.get()
    assert (shown["last_result"], shown["last_status"]) == ("gone", 410)
    assert shown["lag_clicks"] is None
    server.restart()
    tap(tenant, 3, token)
    assert len(receiver.seen) == 1
    receiver.seen.clear()
    receiver.plan = lambda n, delivery, path: 204
    assert hook.patch(state="active")["state"] == "active"
    receiver.check(hook.secret, wait_for(receiver, tenant))
    assert server.metrics()[
        'ctio_webhook_deliveries_total{result="gone"}'] == 0


def test_disabled_and_enabled(make_server, make_receiver):
    """It goes on where it was left; a disabled account's wait, too."""
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver()
    hook = Hook(tenant, receiver)
    token = tap(tenant, 5)
    wait_for(receiver, tenant)
    hook.patch(state="disabled")
    tap(tenant, 5, token)
    hook.patch(state="active")
    receiver.check(hook.secret, wait_for(receiver, tenant))
    server.cli("account", "disable", tenant.name)
    assert tenant.tap(token).status == 410
    wait_until("the click is on disk", lambda: server.metric(
        "ctio_clicks_committed_total") == 11)
    server.cli("account", "enable", tenant.name)
    receiver.check(hook.secret, wait_for(receiver, tenant))


def test_retry_after(make_server, make_receiver):
    """Is kept to, within the bounds."""
    server = make_server(*LOCAL, "webhook.retry_first=10ms",
                         "webhook.retry_max=2s")
    tenant = Tenant(server)
    answers = [(503, {"Retry-After": "1"}), (503, {"Retry-After": "9999"}),
               204]
    receiver = make_receiver(lambda n, delivery, path: answers[n])
    hook = Hook(tenant, receiver)
    tap(tenant, 1)
    receiver.check(hook.secret, wait_for(receiver, tenant))
    first, second, third = [delivery.at for delivery in receiver.seen]
    assert second - first > 0.8
    assert 1.6 < third - second < 20


def test_secrets_change(make_server, make_receiver):
    """For a day both sign."""
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver()
    old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    hook = Hook(tenant, receiver, secret=old)
    token = tap(tenant, 1)
    wait_for(receiver, tenant)
    new = hook.patch(secret=None)["secret"]
    assert new.startswith("whsec_") and new != old
    tap(tenant, 1, token)
    wait_for(receiver, tenant)
    before, after = receiver.accepted
    assert before.is_signed(old) and not before.is_signed(new)
    assert after.is_signed(old) and after.is_signed(new)


def test_clicks_no_longer_kept(make_server, make_receiver, make_shim, folder):
    """Are skipped, and counted; what is kept still comes."""
    shim = make_shim(os.path.join(folder.path, "data"))
    server = make_server(*QUICK, env=shim.env(), data=shim.data)
    tenant = Tenant(server)
    receiver = make_receiver(lambda n, delivery, path: 500)
    hook = Hook(tenant, receiver)
    token = tap(tenant, 5)
    wait_until("it is counted", lambda: hook.get()["lag_clicks"] == 5)
    segments = os.path.join(shim.data, "us1/clicks")
    shim.set("clock", 86400)
    wait_until("there are two days", lambda: tap(tenant, 1, token) and
               len(os.listdir(segments)) == 2)
    tap(tenant, 3, token)
    total = len(tenant.export_all())
    wait_until("all are counted",
               lambda: hook.get()["lag_clicks"] == total)
    failures = hook.get()["failures"]
    wait_until("it is put down",
               lambda: hook.get()["failures"] > failures + 1)
    server.stop()
    shutil.rmtree(os.path.join(segments, min(os.listdir(segments))))
    receiver.seen.clear()
    receiver.plan = lambda n, delivery, path: 204
    server.start()
    clicks = wait_for(receiver, tenant)
    assert 4 <= len(clicks) <= total - 5
    receiver.check(hook.secret, clicks)
    skipped = total - len(clicks)
    wait_until("it is told", lambda: hook.get()["skipped_clicks"] == skipped)
    assert hook.get()["delivered_clicks"] == len(clicks)
    assert server.metrics()["ctio_webhook_clicks_skipped_total"] == skipped


@pytest.mark.asan
@pytest.mark.tsan
def test_edits_meanwhile(make_server, make_receiver, rng):
    """Webhooks come and go while they are sent to."""
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver(
        lambda n, delivery, path: rng.choice([204, 204, 500, "drop"]))
    token = tenant.mint(destination=OWN)["token"]
    ended = threading.Event()

    def edit(name):
        path = f"/v1/webhooks/{name}"
        while not ended.is_set():
            for method, at, body in (
                    ("PUT", path, {"url": receiver.url("/" + name)}),
                    ("POST", path + "/replay", {"after": None}),
                    ("GET", path, None),
                    ("PATCH", path, {"state": "disabled"}),
                    ("PATCH", path, {"state": "active", "secret": None}),
                    ("GET", "/v1/webhooks", None),
                    ("DELETE", path, None)):
                answer = tenant.api(method, at, body)
                assert answer.status in (200, 201, 204), answer

    threads = [threading.Thread(target=edit, args=(f"e{i}",))
               for i in range(4)]
    for thread in threads:
        thread.start()
    stays = make_receiver()
    hook = Hook(tenant, stays, "stays")
    for _ in range(20):
        tap(tenant, 50, token)
    ended.set()
    for thread in threads:
        thread.join()
    stays.check(hook.secret, wait_for(stays, tenant))
