"""What waiting costs is measured from the books, once a day, without what would mislead."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from clew.contacts.models import Lead
from clew.grading.models import Grade
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead, log_call
from clew.pipeline.models import Call, FirstContact
from clew.pipeline.queue.actions import keep_order, measure, measure_daily
from clew.pipeline.queue.fading import kept
from clew.pipeline.queue.models import Measurement, Shown
from clew.pipeline.queue.rules import Met
from clew.pipeline.queue.written import figures_of
from tests.company import HOT, Company, enquire, found, record
from tests.pipeline.desk import NOON, call, desk, holder

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LATER = NOON + 60 * DAY
POWER = 0.6


@pytest.fixture
def company() -> Company:
    return found(capacity=500)


def numbers() -> Iterator[str]:
    return (f"138{n:08d}" for n in range(10**8))


def worked(company: Company, phone: str, wait: float, *, is_won: bool, at: datetime = NOON) -> UUID:
    """Let a lead come, be called after so many minutes, and come to its end."""
    lead_id = enquire(company.site, at, phone=phone, **HOT)
    member, when = holder(lead_id), at + wait * MINUTE
    log_call(lead_id, call(Call.Result.ANSWERED, next_at=when + DAY), member=member, now=when)
    end = "won" if is_won else "lost_price"
    close_lead(lead_id, reason=end, member=member, now=when + DAY, value_minor=500_000)
    return lead_id


def test_the_books_are_counted_by_channel_grade_and_what_was_reached(company: Company) -> None:
    phones = numbers()
    for wait, is_won in ((2, True), (2, False), (90, False)):
        worked(company, next(phones), wait, is_won=is_won)
    silent = enquire(company.site, NOON, phone=next(phones), **HOT)
    log_call(silent, call(next_at=NOON + DAY), member=holder(silent), now=NOON + 5 * MINUTE)
    made = measure(LATER)
    assert (made.lead_count, made.won_count, made.power) == (4, 1, None)
    by = figures_of(made)
    told = {name: won for name, (_count, won) in made.told.items()}
    assert told == {"online:3:not_yet": 1, "online:3:answered": 1, "online:3:tried": 0}
    assert made.worth == {"online:3": [1, 500_000.0]}
    assert by.worth[True, 3] == 500_000
    assert by.rates[(True, 3), Met.NOT_YET] > 0


def test_old_records_recent_leads_and_those_never_called_are_not_counted(company: Company) -> None:
    phones = numbers()
    record(company.site, phone=next(phones), **HOT)
    worked(company, next(phones), 3, is_won=True, at=LATER - 29 * DAY)
    worked(company, next(phones), 3, is_won=True, at=LATER - 366 * DAY)
    enquire(company.site, NOON, phone=next(phones), **HOT)
    assert measure(LATER).lead_count == 0


def test_the_grade_counts_that_the_caller_saw(company: Company) -> None:
    lead_id = worked(company, "13800000001", 3, is_won=True)
    grade = Lead.objects.get(pk=lead_id).grades.get()
    grade.superseded_at = NOON + DAY
    grade.save()
    again = Lead.objects.get(pk=lead_id).grades.get()
    again.pk, again.level, again.graded_at, again.superseded_at = None, 1, NOON + DAY, None
    again.save()
    assert {name[:8] for name in measure(LATER).told} == {"online:3"}


def test_the_planted_effect_is_found_in_the_books(company: Company) -> None:
    lead_id = worked(company, "13800000001", 3, is_won=False)
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
    for wait in (2, 30, 400):
        _copy(lead_id, wait, count=600, won=round(600 * 0.5 * kept(wait, POWER)))
    found = measure(LATER)
    assert found.power == pytest.approx(POWER, abs=0.05)
    effect = figures_of(found).effect
    assert effect
    assert effect.covers(POWER)
    assert figures_of(found).power == pytest.approx(POWER, abs=0.1)


def _copy(lead_id: UUID, wait: int, *, count: int, won: int) -> None:
    """Let so many more leads like this one have been called after so many minutes; so many calls would take long."""
    lead = Lead.objects.get(pk=lead_id)
    grade = lead.grades.get()
    ids = [uuid4() for _ in range(count)]
    at = lead.opened_at + wait * MINUTE
    lead_fields = {f.attname: getattr(lead, f.attname) for f in Lead._meta.concrete_fields}
    grade_fields = {f.attname: getattr(grade, f.attname) for f in Grade._meta.concrete_fields}
    Lead.objects.bulk_create(Lead(**lead_fields | {"submission_id": id_}) for id_ in ids)
    Grade.objects.bulk_create(Grade(**grade_fields | {"id": None, "lead_id": id_}) for id_ in ids)
    FirstContact.objects.bulk_create(
        FirstContact(lead_id=id_, tried_at=at, tried_seconds=1) for id_ in ids
    )
    team = Placement.objects.filter(lead=lead_id).values_list("team", flat=True)[0]
    Placement.objects.bulk_create(
        Placement(
            lead_id=id_,
            kind="closed",
            team_id=team,
            opened_at=at + DAY,
            reason="won" if number < won else "lost_price",
        )
        for number, id_ in enumerate(ids)
    )


def test_it_is_measured_once_a_day() -> None:
    measure_daily(NOON)
    measure_daily(NOON + timedelta(hours=23))
    assert Measurement.objects.count() == 1
    measure_daily(NOON + DAY + MINUTE)
    assert Measurement.objects.count() == 2


def test_an_order_is_kept_once_for_each_member_and_replaced() -> None:
    at = desk()
    ids = [uuid4() for _ in range(600)]
    keep_order([*ids[:3], ids[0]], member=at.holder, now=NOON)
    assert Shown.objects.get().lead_ids == ids[:3]
    keep_order(ids, member=at.holder, now=NOON)
    assert Shown.objects.get().lead_ids == ids[:500]
