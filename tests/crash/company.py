"""Set up a small company in the database that the environment names, and print a token for it."""

import json
import os
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()

from clew.access.tokens import issue  # noqa: E402  Django must be ready
from tests.company import found  # noqa: E402

company = found(weights=(1, 2, 3), capacity=400)
token, secret = issue(
    name="crash", scopes=["leads:write"], by=company.administrator, now=datetime.now(UTC)
)
sys.stdout.write(f"{json.dumps(secret)}\n")
