"""An Idempotency-Key lives for seven days."""
import email.utils
import time

from harness import Tenant, wait_until

OWN = "https://shop.example/p"


def row(i):
    return {"destination": f"{OWN}/{i}"}


def single(tenant, body):
    answer = tenant.api("POST", "/v1/tokens", body,
                        headers={"Idempotency-Key": "k"})
    assert answer.status == 201, answer
    return answer.json()["token"]


def set_days_ahead(server, shim, days):
    def is_there():
        date = server.api("GET", "/livez").headers["Date"]
        ahead = email.utils.parsedate_to_datetime(date).timestamp() - \
            time.time()
        return abs(ahead - days * 86400) < 3600

    shim.set("clock", days * 86400)
    wait_until("the server sees the other time", is_there)


def test_keys_live_for_seven_days(make_server, make_shim, folder):
    data = folder / "data"
    shim = make_shim(data)
    tenant = Tenant(make_server(data=data, env=shim.env()))
    first = single(tenant, row(0))
    rows = [row(1), row(2)]
    stream = tenant.mint_batch(rows, idempotency_key="b")
    set_days_ahead(tenant.server, shim, 6)
    assert single(tenant, row(0)) == first
    assert tenant.mint_batch(rows, idempotency_key="b") == stream
    set_days_ahead(tenant.server, shim, 9)
    assert single(tenant, row(9)) != first
    assert tenant.mint_batch([row(8)], idempotency_key="b")
    # The tokens themselves live on.
    assert tenant.tap(first).headers["Location"] == f"{OWN}/0"
