"""`clew serve` ends when it is told to, with pages open."""

import http.client
import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from clew.capture.link import conninfo
from clew.web.listening import probe
from tests.company import found
from tests.running import LOCAL, ROOT, free_port, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_an_open_page_does_not_hold_it_up() -> None:
    client = Client()
    client.force_login(found().manager)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "clew.web.cli", "serve", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"CLEW_DATABASE_URL": conninfo(), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    page = http.client.HTTPConnection(LOCAL, port, timeout=10)
    try:
        until(lambda: probe(LOCAL, port) == 200)
        page.request(
            "GET", "/stream", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
        )
        stream = page.getresponse()
        assert stream.status == 200
        stream.readline()
        process.send_signal(signal.SIGTERM)
        stream.read()  # to an orderly end: raises where the connection is cut off
        said, _nothing = process.communicate(timeout=60)
    finally:
        page.close()
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert said == ""
