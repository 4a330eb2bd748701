"""`clew demo --live`: leads that come in through the public API, as another system would send them."""

import json
import os
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from clew.access.models import Member, Organisation
from clew.access.tokens import issue, revoke
from clew.base.json import dumps
from clew.capture.schemas import LeadIn
from clew.web.demo.errors import NoDemo
from clew.web.demo.stories import write
from clew.web.terminal import _, complain, say

SOURCES = ("site", "site", "baidu", "douyin", "1688", "referral")
WARMTH = ("hot", "warm", "warm", "cold")


def send(url: str, rate: float, count: int) -> None:
    """Send leads at random intervals until `count` are sent or Ctrl-C. Raises NoDemo."""
    organisation = Organisation.objects.exclude(demo_accounts=[]).first()
    if organisation is None:
        raise NoDemo
    administrator = Member.objects.get(organisation=organisation, username="admin")
    token, secret = issue(
        name="demo --live", scopes=["leads:write"], by=administrator, now=datetime.now(UTC)
    )
    chance = Random()  # noqa: S311  every run is another day
    sent = 0
    try:
        while not count or sent < count:
            _post(url or _address(), secret, _lead(chance))
            sent += 1
            time.sleep(chance.expovariate(rate))
    except KeyboardInterrupt:
        say(_("%s leads sent.") % sent)
    finally:
        revoke(token.pk, by=token.created_by, now=datetime.now(UTC))


def _lead(chance: Random) -> LeadIn:
    return write(chance, chance.choice(SOURCES), chance.choice(WARMTH))


def _post(url: str, secret: str, lead: LeadIn) -> None:
    request = urllib.request.Request(  # noqa: S310  the operator's own address
        f"{url}/api/v1/leads",
        dumps(lead).encode(),
        {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid4()),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            told = json.load(answer)
        say(f"{datetime.now(UTC):%H:%M:%S} {lead.source:9} {lead.message[:40]}  {told}")
    except urllib.error.URLError as error:
        complain(f"{url}: {error}")


def _address() -> str:
    port = os.environ.get("CLEW_PORT") or "8000"
    return (os.environ.get("CLEW_BASE_URL") or f"http://127.0.0.1:{port}").rstrip("/")
