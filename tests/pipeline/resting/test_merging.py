"""What rests follows its people: into one person, and apart again."""

from datetime import timedelta
from uuid import UUID

import pytest

from clew.contacts.models import Lead, Merge
from clew.pipeline.resting.models import Rest
from clew.tally.queries import breaches
from clew.web.merging import Order, merge, unmerge
from tests.company import HOT, Company, enquire, found
from tests.pipeline.desk import NOON
from tests.pipeline.resting.make import DAY, facts, lose, policy, rest_of, say

pytestmark = pytest.mark.django_db


def hot(company: Company, number: int) -> UUID:
    return enquire(company.site, phone=f"1381234{number:04d}", **HOT)


def join(company: Company, gone: UUID, kept: UUID) -> Merge:
    """Merge the contacts of two leads."""
    one, other = (Lead.objects.get(pk=id_).contact_id for id_ in (gone, kept))
    made = merge(Order(one, other), viewer=company.administrator, now=NOON + DAY)
    facts(NOON + DAY)
    return made


def part(company: Company, made: Merge) -> None:
    unmerge(made.pk, viewer=company.administrator, now=NOON + 2 * DAY)
    facts(NOON + 2 * DAY)
    assert breaches().resting_though_open == 0


def test_merged_with_somebody_who_has_an_open_lead_it_rests_no_more_and_apart_again_it_does() -> (
    None
):
    company = found()
    policy(company)
    lost, busy = hot(company, 1), hot(company, 2)
    lose(lost)
    due = rest_of(lost).next_touch_at
    made = join(company, lost, busy)
    assert (rest_of(lost).end, Rest.objects.count()) == ("merged", 1)
    part(company, made)
    rest = rest_of(lost)
    assert (rest.end, rest.ended_at, rest.next_touch_at) == ("", None, due)
    assert rest.person_id == Lead.objects.get(pk=lost).contact_id


def test_of_two_who_rest_one_does_as_one_person_and_both_apart_again() -> None:
    company = found()
    policy(company)
    older, newer = hot(company, 1), hot(company, 2)
    lose(older)
    lose(newer, now=NOON + timedelta(hours=1))
    made = join(company, older, newer)
    assert Rest.objects.get(ended_at=None).lead_id == newer
    assert breaches().resting_though_open == 0
    part(company, made)
    assert {rest.lead_id for rest in Rest.objects.filter(ended_at=None)} == {older, newer}


def test_a_merged_person_who_writes_wakes_what_rests_of_either() -> None:
    company = found()
    policy(company)
    lost, other = hot(company, 1), hot(company, 2)
    lose(lost)
    lose(other, "lost_price")
    made = join(company, lost, other)
    assert rest_of(lost).person_id == Lead.objects.get(pk=other).contact_id
    again = hot(company, 2)
    facts()
    assert (rest_of(lost).end, rest_of(lost).back_as_id) == ("wrote", again)
    part(company, made)
    assert rest_of(lost).person_id == Lead.objects.get(pk=lost).contact_id


def test_touches_of_one_person_stay_with_whoever_was_touched_once_apart() -> None:
    company = found()
    policy(company)
    lost, other = hot(company, 1), hot(company, 2)
    lose(lost)
    lose(other, "lost_price")
    made = join(company, lost, other)
    say(lost, "no_answer", company.people[0], now=NOON + DAY)
    part(company, made)
    assert (rest_of(lost).touch_count, rest_of(lost).ended_at) == (1, None)
