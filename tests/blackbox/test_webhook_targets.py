"""Where webhooks may lead, and how they are connected to."""
import json
import ssl
import subprocess

import pytest

import harness
from harness import Tenant, wait_until
from receiver import QUICK, Hook, tap, wait_for


def test_private_addresses_are_refused(make_server, make_receiver):
    """By the URL where it has an address, else when its name is looked up."""
    receiver = make_receiver()
    server = make_server("webhook.allow_http=yes", *QUICK[2:])
    tenant = Tenant(server)
    for host in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254",
                 "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "0.0.0.0",
                 "100.64.0.1", "[64:ff9b::7f00:1]", "2130706433",
                 "0x7f000001", "127.1", "0177.0.0.1"):
        answer = tenant.api("PUT", "/v1/webhooks/a", {
            "url": f"http://{host}:{receiver.port}/"})
        assert harness.findings(answer) == ["#/url"], host
    answer = tenant.api("PUT", "/v1/webhooks/a", {
        "url": f"http://localhost:{receiver.port}/"})
    assert answer.status == 201
    tap(tenant, 1)

    def shown():
        return tenant.api("GET", "/v1/webhooks/a").json()

    wait_until("it is refused", lambda: shown()["failures"] >= 2)
    assert shown()["last_result"] == "refused"
    assert shown()["last_status"] is None and "may not" in shown()["last_error"]
    assert not receiver.seen
    assert server.metrics()[
        'ctio_webhook_deliveries_total{result="refused"}'] >= 2


def test_redirects_lead_nowhere(make_server, make_receiver):
    inner = make_receiver()
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver(lambda n, delivery, path: (
        307, {"Location": inner.url()}))
    hook = Hook(tenant, receiver)
    tap(tenant, 1)
    wait_until("it failed", lambda: hook.get()["failures"] >= 2)
    assert hook.get()["last_status"] == 307
    assert not inner.seen


def test_the_environments_proxy_is_not_asked(make_server, make_receiver):
    proxy, receiver = make_receiver(), make_receiver()
    url = f"http://127.0.0.1:{proxy.port}"
    server = make_server(*QUICK, env={
        "http_proxy": url, "https_proxy": url, "all_proxy": url,
        "no_proxy": ""})
    tenant = Tenant(server)
    hook = Hook(tenant, receiver)
    tap(tenant, 1)
    receiver.check(hook.secret, wait_for(receiver, tenant))
    assert not proxy.seen


def test_test_deliveries(make_server, make_receiver):
    """By the API and the command: what came of one, at once."""
    answers = [204, 500, "hang", 204]
    server = make_server(*QUICK)
    tenant = Tenant(server)
    receiver = make_receiver(lambda n, delivery, path: answers[n])
    hook = Hook(tenant, receiver, state="disabled")

    def ask():
        answer = tenant.api("POST", hook.path + "/test")
        assert answer.status == 200, answer
        return answer.json()

    assert ask() == {"result": "ok", "status": 204, "error": None}
    failed = ask()
    assert (failed["result"], failed["status"]) == ("status", 500)
    assert failed["error"]
    run = server.cli("webhook", "test", "crm", status=1)
    assert "result: timeout" in run.stdout
    run = server.cli("webhook", "test", "crm", "--json")
    assert '"status":204' in run.stdout
    assert "no webhook" in server.cli("webhook", "test", "none",
                                      status=1).stderr
    for delivery in receiver.seen:
        assert delivery.is_signed(hook.secret)
        body = json.loads(delivery.body)
        assert (body["type"], body["data"]) == ("test", {"webhook": "crm"})
    assert hook.get()["last_result"] == "never"


@pytest.fixture
def certificate(folder):
    """Of 127.0.0.1, by itself: its file, and its key's."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        capture_output=True, check=True)
    return cert, key


def test_https(make_server, make_receiver, certificate):
    """With a certificate that is trusted, and with one that is not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def wrap(listening):
        return context.wrap_socket(listening, server_side=True,
                                   do_handshake_on_connect=False)

    receiver = make_receiver(wrap=wrap)
    url = receiver.url().replace("http:", "https:")
    options = QUICK[1:]  # https alone
    server = make_server(*options)
    tenant = Tenant(server)
    assert harness.findings(tenant.api("PUT", "/v1/webhooks/crm", {
        "url": receiver.url()})) == ["#/url"]
    tenant.api("PUT", "/v1/webhooks/crm", {"url": url})
    tap(tenant, 1)
    wait_until("it is not trusted", lambda: tenant.api(
        "GET", "/v1/webhooks/crm").json()["last_result"] == "tls")
    assert not receiver.seen
    server.stop()
    server.options.append(f"webhook.ca_file={certificate[0]}")
    server.start()
    wait_for(receiver, tenant)
