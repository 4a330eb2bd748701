"""Two people at one lead at once: one is told that the other was faster, and nothing is done twice."""

from datetime import timedelta

import pytest

from clew.base.models import Entry
from clew.contacts.models import Correction, Lead
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement, Seat
from clew.pipeline.actions.fields import correct_facts
from clew.pipeline.actions.leads import give_back
from tests.company import HOT, MONDAY_NOON, TESTER, enquire, found
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(hours=1)


def test_of_two_who_correct_one_region_at_once_one_is_told() -> None:
    company = found()
    lead = enquire(company.site, phone="13812345678", region="上海", **HOT)
    people = {company.manager: "杭州", company.administrator: "昆山"}
    raised = at_once(
        *(
            lambda who=who, text=text: correct_facts(
                [lead], {"region": text}, shown={"region": "上海"}, member=who, now=LATER
            )
            for who, text in people.items()
        )
    )
    assert [type(error).__name__ for error in raised] == ["ValuesChanged"]
    assert Correction.objects.count() == 1
    said = Correction.objects.get().value or {}
    assert Lead.objects.get(pk=lead).region == said["is"]


def test_of_clicks_at_once_a_lead_is_given_back_once() -> None:
    company = found()
    lead = enquire(company.site, phone="13812345678", **HOT)
    raised = at_once(
        *([lambda: give_back(lead, reason="stuck", member=company.manager, now=LATER)] * 4)
    )
    assert [type(error).__name__ for error in raised] == ["LeadNotClaimed"] * 3
    assert Entry.objects.filter(name="LeadPooled").count() == 1
    assert sum(Seat.objects.values_list("open_count", flat=True)) == 0


def test_who_gives_back_and_who_gives_on_at_once_leave_one_place_and_true_counts() -> None:
    company = found()
    lead = enquire(company.site, phone="13812345678", **HOT)
    to = company.seats[1]

    def give_on() -> None:
        handoff.assign(lead, seat_id=to.pk, actor=TESTER, now=LATER, reason="by_hand")

    at_once(lambda: give_back(lead, reason="stuck", member=company.manager, now=LATER), give_on)
    stands = Placement.objects.get(lead=lead, closed_at=None)
    counts = dict(Seat.objects.values_list("pk", "open_count"))
    assert counts == {pk: int(stands.seat_id == pk) for pk in counts}
