"""The answer to a COMMIT is lost: nobody is told that nothing was stored, and sending again stores once (R12)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from clew.access.models import Member
from clew.base.models import Refusal
from clew.capture import asgi, refusals
from clew.capture.models import Form, Rejected, Submission
from clew.web.api.examples import UNSTORED
from tests.capture.sender import Sender, lead, site
from tests.capture.test_views import Visitor, form
from tests.company import found
from tests.faults.proxy import Proxy, Which, commits
from tests.faults.servers import read_only
from tests.faults.ways import Lasting, through
from tests.pipeline.desk import desk

__all__ = ["form"]
pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN = {"en": "not known whether this was stored", "zh-hans": "不知道这次存下了没有"}
NOTHING = re.compile("Nothing was|什么都没")


@pytest.fixture
def sender(proxy: Proxy) -> Iterator[Lasting]:
    """Somebody whose leads take the way through the proxy; the door is open already."""
    site()
    with Lasting(Sender().secret) as made:
        with mock.patch.object(asgi, "conninfo", return_value=proxy.url):
            assert made.one(lead(name="first")).status_code == 202
        yield made


@contextmanager
def losing(proxy: Proxy, which: Which) -> Iterator[None]:
    """Let the answers to some statements be lost for a while."""
    proxy.lose(which)
    try:
        yield
    finally:
        proxy.lose(None)


def stores(statement: bytes) -> bool:
    return b"capture_store" in statement


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (lead(), {"idempotency_key": "k"}, "outcome_unknown"),
        (lead(external_id="e"), {}, "outcome_unknown"),
        ([lead(external_id="e"), lead()], {}, "outcome_unknown_unnamed"),
        (lead(), {}, "outcome_unknown_unnamed"),
    ],
)
def test_a_sender_is_told_that_it_is_not_known_and_whether_to_send_again(
    proxy: Proxy, sender: Lasting, body: object, headers: dict[str, str], code: str
) -> None:
    with losing(proxy, stores):
        told = sender.one(body, accept_language="en", **headers)
    number = Submission.objects.count()
    assert number > 1
    assert (told.status_code, told.headers["retry-after"].isdigit()) == (503, True)
    assert told.json() == UNSTORED[code]["value"]
    again = sender.one(body, **headers)
    assert again.status_code == 202
    assert (Submission.objects.count() == number) is (code == "outcome_unknown")


def test_a_sender_is_told_that_nothing_was_stored_where_that_is_so(sender: Lasting) -> None:
    with read_only():
        sender.wait(0.5)  # until the ends of its connections have come by the proxy
        refused = sender.one(lead(), accept_language="en")
    assert refused.json() == UNSTORED["unavailable"]["value"]
    assert Submission.objects.count() == 1


def test_what_is_turned_away_is_counted_once_though_the_answer_is_lost(
    proxy: Proxy, sender: Lasting
) -> None:
    def notes(statement: bytes) -> bool:
        return b"base_refusal" in statement or b"capture_rejected" in statement

    def turned_away(number: int) -> None:
        for _ in range(number):
            assert sender.one(lead(source="unknown")).status_code == 422

    with mock.patch.multiple(refusals, SOON=0.01, APART=0.01):
        turned_away(3)
        with losing(proxy, notes):
            sender.wait(1.5)
            assert Refusal.objects.exists()
            assert Rejected.objects.exists()
            turned_away(1)
            sender.wait(1.5)
        assert proxy.lost > 4
        sender.wait(3)
    assert sum(row.details["count"] for row in Refusal.objects.all()) == 4
    assert Rejected.objects.get().count == 4


@pytest.mark.parametrize("language", UNKNOWN)
def test_a_visitor_is_told_that_it_is_not_known_and_presses_again(
    proxy: Proxy, form: Form, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    visitor = Visitor(monkeypatch, language)
    visitor.open()
    with through(proxy.url):
        with losing(proxy, after_storing()):
            page = visitor.send(message="要 3 台")
        assert_unknown(page, language)
        assert Submission.objects.count() == 1
        visitor.look(page)
        assert visitor.send(message="要 3 台").status_code == 303
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("language", UNKNOWN)
def test_a_colleague_is_told_that_it_is_not_known_and_presses_again(
    proxy: Proxy, language: str
) -> None:
    company = found()
    client = browser(company.administrator, language)
    typed = {"phone": "13812345678", "source": company.fair.key, "once": str(uuid4())}
    with through(proxy.url):
        with losing(proxy, after_storing()):
            page = client.post("/add/save", typed)
        assert_unknown(page, language)
        assert Submission.objects.count() == 1
        assert client.post("/add/save", typed).status_code == 302
    assert Submission.objects.count() == 1


def test_who_would_do_it_twice_is_told_to_look_first(proxy: Proxy) -> None:
    at = desk()
    client = browser(at.holder)
    with through(proxy.url), losing(proxy, commits):
        page = client.post(f"/leads/{at.lead_id}/plan", {"next": "tomorrow"})
    assert_unknown(page)
    assert "Look whether it is there" in page.content.decode()


def browser(member: Member, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language}, raise_request_exception=False)
    client.force_login(member)
    return client


def after_storing() -> Which:
    """Choose the COMMIT that stores a lead; those before it are beside the point."""
    seen: list[bytes] = []

    def is_chosen(statement: bytes) -> bool:
        if stores(statement):
            seen.append(statement)
        return bool(seen) and commits(statement)

    return is_chosen


def assert_unknown(page: HttpResponse, language: str = "en") -> None:
    text = page.content.decode()
    assert (page.status_code, page["Retry-After"].isdigit()) == (503, True)
    assert UNKNOWN[language] in text
    assert not NOTHING.search(text)
