"""Keeps the company of a fuzz run: a line in, and everybody is signed in and employed again; JSON out."""

import json
import os
import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()

from django.conf import settings  # noqa: E402  Django must be ready
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.urls import NoReverseMatch, reverse  # noqa: E402

from clew.access.models import Member, Role, Token  # noqa: E402
from clew.access.tokens import SCOPES, issue  # noqa: E402
from clew.capture import tickets  # noqa: E402
from clew.capture.models import ConsentText, Form, Submission  # noqa: E402
from clew.web.worker import run_belt_once  # noqa: E402
from tests.company import HOT, Company, enquire, found, member  # noqa: E402
from tests.company import source as found_source  # noqa: E402
from tests.web.test_permissions import Route, routes  # noqa: E402

LEADS = 40
SLUG = "ask"
PEOPLE = {
    "salesperson": "sales0",
    "manager": "manager",
    "administrator": "admin",
    "outsider": "outsider",
}


class Keeper:
    """The company as it was founded, and how to bring it back."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.company: Company = found(weights=(3, 1, 1), capacity=1000)
        member(self.company.organisation, "outsider", Role.SALESPERSON, self.company.offline)
        found_source("website", is_online=True)
        self.leads = [
            enquire(self.company.site, now, phone=f"1380000{n:04}", name=f"客户{n}", **HOT)
            for n in range(LEADS)
        ]
        text = ConsentText.objects.create(
            purpose="enquiry", version=1, wording={"en": "You agree"}, created_at=now
        )
        self.form = Form.objects.create(
            slug=SLUG,
            organisation=self.company.organisation,
            source=self.company.site,
            consent_text=text,
            title="Ask today",
            button="Send",
            question="When?",
            options=["now", "later"],
        )
        self.roles = {m.username: m.role for m in Member.objects.all()}
        self.tokens = self._tokens(now)

    def restore(self) -> dict[str, Any]:
        """Undo what the fuzzer did to the accounts, and sign everybody in again."""
        for username, role in self.roles.items():
            Member.objects.filter(username=username).update(role=role, is_active=True, language="")
        Form.objects.filter(slug=SLUG).update(is_active=True)
        Token.objects.filter(name__in=self.tokens).update(revoked_at=None)
        while run_belt_once(datetime.now(UTC)):
            pass
        return {
            "sessions": {role: self._session(name) for role, name in PEOPLE.items()},
            "paths": {route.name: self._path(route) for route in routes()},
            "tokens": self.tokens,
            "leads": [str(one) for one in self.leads],
        }

    def _tokens(self, now: datetime) -> dict[str, str]:
        by = self.company.administrator
        wanted = {
            "write": ["leads:write"],
            "read": ["leads:read"],
            "both": list(SCOPES),
        }
        return {n: issue(name=n, scopes=scopes, by=by, now=now)[1] for n, scopes in wanted.items()}

    def _session(self, username: str) -> str:
        person = Member.objects.get(username=username)
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY] = str(person.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = person.get_session_auth_hash()
        store.save()
        return str(store.session_key)

    def _path(self, route: Route) -> str:
        known = {
            "lead_id": self.leads[0],
            "submission_id": self.leads[0],
            "seat_id": self.company.seats[0].pk,
            "team_id": self.company.online.pk,
            "member_id": self.company.seats[1].member_id,
            "key": self.company.fair.key,
            "slug": SLUG,
            "ref": tickets.refer(self._submission()),
        }
        for other in (1, uuid4(), "x"):
            try:
                return reverse(route.name, kwargs={n: known.get(n, other) for n in route.arguments})
            except NoReverseMatch:
                continue
        raise AssertionError(route)

    def _submission(self) -> UUID:
        found = Submission.objects.order_by("-pk").values_list("pk", flat=True).first()
        return found or self.leads[0]


def main() -> None:
    """Answer each line with the company as it is now."""
    keeper = Keeper()
    for _ in sys.stdin:
        sys.stdout.write(f"{json.dumps(keeper.restore())}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
