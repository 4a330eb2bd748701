"""What a won lead came to: said when it is won, corrected by rows."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clew.access.models import Member
from clew.handoff.actions.leads import reopen
from clew.handoff.errors import LeadMissing
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.actions.worth import WorthIn, correct_worth
from clew.pipeline.errors import LeadNotWon, MarginTooLarge, WorthMoved, WorthUnsaid
from clew.pipeline.models import Result, Worth
from clew.pipeline.queries import newest_worth
from tests.company import MONDAY_NOON, TESTER
from tests.pipeline.desk import Desk, desk

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(hours=1)


def won(value: int | None = 1_280_000, margin: int | None = 300_000) -> Desk:
    at = desk()
    close_lead(
        at.lead_id,
        reason="won",
        member=at.holder,
        now=MONDAY_NOON,
        value_minor=value,
        margin_minor=margin,
    )
    return at


def correct(
    at: Desk, value: int | None, margin: int | None = None, *, seen: int | None = None,
    member: Member | None = None, reason: str = "合同改了",
) -> None:  # fmt: skip
    shown = newest_worth(at.lead_id) if seen is None else seen
    said = WorthIn(value, margin, reason, shown)
    correct_worth(at.lead_id, said, member=member or at.company.manager, now=LATER)


def browser(member: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    return client


def address(lead_id: UUID, name: str = "lead") -> str:
    return reverse(f"pipeline:{name}", args=[lead_id])


def test_a_correction_is_a_row_and_what_was_said_before_stays() -> None:
    at = won()
    correct(at, 1_000_000, 100_000)
    said = Worth.objects.order_by("pk").values_list("value_minor", "margin_minor", "reason")
    assert list(said) == [(1_280_000, 300_000, ""), (1_000_000, 100_000, "合同改了")]
    result = Result.objects.get()
    assert (result.value_minor, result.margin_minor) == (1_000_000, 100_000)


def test_two_who_correct_at_once_do_not_overwrite_each_other() -> None:
    at = won()
    seen = newest_worth(at.lead_id)
    correct(at, 1_000_000, seen=seen)
    with pytest.raises(WorthMoved):
        correct(at, 900_000, seen=seen)
    assert Result.objects.get().value_minor == 1_000_000


def test_saying_the_same_again_adds_nothing() -> None:
    at = won()
    correct(at, 1_280_000, 300_000)
    assert Worth.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "margin", "reason", "refusal"),
    [
        (None, None, "why", WorthUnsaid),
        (1, None, " ", WorthUnsaid),
        (1, None, "w" * 201, WorthUnsaid),
        (1, 2, "why", MarginTooLarge),
    ],
)
def test_a_correction_needs_a_value_and_a_reason(
    value: int | None, margin: int | None, reason: str, refusal: type[Exception]
) -> None:
    at = won()
    with pytest.raises(refusal):
        correct(at, value, margin, reason=reason)
    assert Worth.objects.count() == 1


def test_only_what_stands_won_is_corrected_and_only_by_who_sees_it() -> None:
    at = won()
    colleague = next(one for one in at.company.people if one != at.holder)
    with pytest.raises(LeadMissing):
        correct(at, 1, member=colleague)
    reopen(at.lead_id, actor=TESTER, now=LATER)
    with pytest.raises(LeadNotWon):
        correct(at, 1)
    close_lead(at.lead_id, reason="lost_price", member=at.holder, now=LATER, value_minor=5)
    with pytest.raises(LeadNotWon):
        correct(at, 1)
    assert Worth.objects.count() == 1


def test_the_database_refuses_a_margin_beyond_the_value() -> None:
    at = won()
    for value, margin in ((-1, None), (1, 2)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Worth.objects.create(
                lead_id=at.lead_id, value_minor=value, margin_minor=margin, said_at=LATER,
                sayer=at.holder,
            )  # fmt: skip


def test_the_page_of_a_won_lead_shows_and_corrects_what_it_came_to() -> None:
    at = won()
    client = browser(at.company.manager)
    page = client.get(address(at.lead_id)).text
    assert "¥12,800.00" in page
    assert "¥3,000.00" in page
    sent = {"value": "12000.50", "margin": "-10", "reason": "Two motors less"}
    seen = {"seen": str(newest_worth(at.lead_id))}
    client.post(address(at.lead_id, "correct_worth"), sent | seen)
    page = client.get(address(at.lead_id)).text
    assert "¥12,000.50" in page
    assert "−¥10.00" in page
    assert "Two motors less" in page
    again = client.post(address(at.lead_id, "correct_worth"), sent | seen, follow=True)
    assert "Somebody has corrected this value meanwhile" in again.text


def test_what_cannot_be_read_is_told() -> None:
    at = won()
    client = browser(at.company.manager)
    for sent, told in (
        ({"value": "lots", "reason": "x", "seen": "0"}, "amount in yuan"),
        ({"value": "5", "seen": "0"}, "Say what it was worth"),
    ):
        answer = client.post(address(at.lead_id, "correct_worth"), sent)
        assert answer.status_code == 422
        assert told in answer.text


def test_closing_takes_value_and_margin() -> None:
    at = desk()
    sent = {"reason": "won", "value": "500", "margin": "600"}
    answer = browser(at.holder).post(address(at.lead_id, "close"), sent)
    assert (answer.status_code, "cannot be more" in answer.text) == (422, True)
    browser(at.holder).post(address(at.lead_id, "close"), sent | {"margin": "60.5"})
    worth = Worth.objects.get()
    assert (worth.value_minor, worth.margin_minor, worth.sayer) == (50_000, 6_050, at.holder)
