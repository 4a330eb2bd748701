"""Set up a small company in the database that the environment names, and print who plays in it.

It works around the clock. Two of its people get leads by turn until they are full, the others only what they
claim, so that there is always something in the pool and somebody with room for it.
"""

import json
import os
import secrets
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()

from django.conf import settings  # noqa: E402  Django must be ready
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402

from clew.access.tokens import issue  # noqa: E402
from clew.handoff.models import Calendar  # noqa: E402
from clew.web.demo.company import WHOLE_WEEK  # noqa: E402
from tests.company import found  # noqa: E402
from tests.crash.folder import Cast  # noqa: E402

WEIGHTS = (2, 1, 0, 0)
CAPACITY = 40

with transaction.atomic():
    company = found(weights=WEIGHTS, capacity=CAPACITY)
    Calendar.objects.update(week=WHOLE_WEEK)
    password = secrets.token_urlsafe(12)
    for person in company.people:
        person.set_password(password)
        person.save(update_fields=["password"])
    _token, secret = issue(
        name="crash", scopes=["leads:write"], by=company.administrator, now=datetime.now(UTC)
    )
    client = Client()
    client.force_login(company.manager)
cookie = client.cookies[settings.SESSION_COOKIE_NAME]
names = [person.username for person in company.people]
cast = Cast(secret, password, names, f"{cookie.key}={cookie.value}")
sys.stdout.write(f"{json.dumps(asdict(cast))}\n")
