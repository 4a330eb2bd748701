"""A company and its people's browsers."""

from collections.abc import Callable

import pytest
from django.test import Client

from clew.access.models import Member
from clew.access.passwords import Argon2
from clew.capture.models import Form
from tests.company import Company, enquiry_form, found

Browser = Callable[[Member], Client]


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Argon2, "time_cost", 1)
    monkeypatch.setattr(Argon2, "memory_cost", 8)
    monkeypatch.setattr(Argon2, "parallelism", 1)


@pytest.fixture
def company() -> Company:
    return found()


@pytest.fixture
def browser() -> Browser:
    def sign_in(member: Member) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(member)
        return client

    return sign_in


@pytest.fixture
def admin(company: Company, browser: Browser) -> Client:
    return browser(company.administrator)


@pytest.fixture
def form(company: Company) -> Form:
    return enquiry_form(company)
