"""Set up a small company in the database that the environment names, and print a manager's cookie and a token."""

import json
import os
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()

from django.conf import settings  # noqa: E402  Django must be ready
from django.test import Client  # noqa: E402

from clew.access.tokens import issue  # noqa: E402
from tests.company import found  # noqa: E402

company = found(weights=(1, 2, 3), capacity=400)
token, secret = issue(
    name="crash", scopes=["leads:write"], by=company.administrator, now=datetime.now(UTC)
)
client = Client()
client.force_login(company.manager)
cookie = client.cookies[settings.SESSION_COOKIE_NAME]
sys.stdout.write(f"{json.dumps(f'{cookie.key}={cookie.value}')}\n{json.dumps(secret)}\n")
