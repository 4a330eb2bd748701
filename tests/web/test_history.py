"""Old records on the belt: recorded, graded and counted, never distributed, no clock (CAP-11)."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils.translation import override

from clew.base.outbox import follow
from clew.capture.models import Failure, Submission
from clew.capture.queries import yields
from clew.capture.schemas import Outcome
from clew.contacts.models import Contact, Identifier, Lead, Repeat
from clew.grading.models import Grade
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement, Round, Seat
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.filters import Filter
from clew.pipeline.leads import leads
from clew.pipeline.models import Clock, Result, Task
from clew.pipeline.timeline import timeline
from clew.tally.queries import Breaches, Outcomes, account, breaches, outcomes
from clew.web.flow import FACTS
from clew.web.worker import run_belt_once
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, enquire, found, record, submit

pytestmark = pytest.mark.django_db
LAST_YEAR = datetime(2025, 3, 1, tzinfo=UTC)
LATER = datetime(2025, 5, 1, tzinfo=UTC)
WON = Outcome(result="won", value_minor=1_280_000, ended_at=LATER, reason="老客户 13912345678")


def test_history_is_graded_and_closed_and_reaches_nobody() -> None:
    company = found()
    id_ = record(company.site, WON, phone="13812345678", occurred_at=LAST_YEAR, **HOT)
    lead = Lead.objects.get()
    assert (lead.pk, lead.is_history, lead.opened_at, lead.ended_at) == (
        id_,
        True,
        LAST_YEAR,
        LATER,
    )
    assert Grade.objects.get().graded_at == MONDAY_NOON
    place = Placement.objects.get()
    assert (place.kind, place.reason, place.opened_at) == ("closed", "won", LATER)
    assert (place.seat, place.round, place.team) == (None, None, company.online)
    assert not any(m.objects.exists() for m in (Round, Clock, Task))
    assert set(Seat.objects.values_list("open_count", "credit")) == {(0, 0)}
    result = Result.objects.get()
    assert (result.is_won, result.value_minor, result.ended_at) == (True, 1_280_000, LATER)


@pytest.mark.parametrize(
    ("outcome", "reason", "is_won"),
    [(Outcome("lost"), "lost", False), (Outcome(), "history", None), (None, "history", None)],
)
def test_the_file_says_how_it_ended_or_does_not(
    outcome: Outcome | None,
    reason: str,
    is_won: bool | None,  # noqa: FBT001  a parameter of the test
) -> None:
    company = found()
    record(company.site, outcome, phone="13812345678", occurred_at=LAST_YEAR)
    assert Placement.objects.get().reason == reason
    assert Result.objects.get().is_won is is_won
    assert Lead.objects.get().ended_at == LAST_YEAR


def test_an_end_before_the_beginning_is_the_beginning() -> None:
    company = found()
    record(company.site, WON, phone="13812345678", occurred_at=MONDAY_NOON)
    assert Lead.objects.get().ended_at == MONDAY_NOON


def test_history_needs_no_way_of_reaching_anybody_and_an_enquiry_does() -> None:
    company = found()
    for number in range(3):
        record(company.site, WON, external_id=f"row {number}")
    assert (Lead.objects.count(), Contact.objects.count()) == (3, 3)
    assert not Identifier.objects.exists()
    assert not Failure.objects.exists()
    enquire(company.site, external_id="row 4")
    assert Failure.objects.get().code == "unreachable"


def test_history_never_strengthens_the_open_lead_and_an_enquiry_never_the_history() -> None:
    company = found()
    old = record(company.site, WON, phone="13812345678", occurred_at=LAST_YEAR)
    new = enquire(company.site, phone="13812345678", **COLD)
    level = Grade.objects.get(lead=new, superseded_at=None).level
    record(company.site, WON, phone="13812345678", occurred_at=LATER, name="周建国", **HOT)
    assert not Repeat.objects.exists()
    assert Contact.objects.get().name == "周建国"
    assert Lead.objects.get(ended_at=None).pk == new
    assert Lead.objects.get(pk=new).submission_count == 1
    assert Grade.objects.get(lead=new).level == level
    assert Lead.objects.get(pk=old).submission_count == 1


def test_history_does_not_rename_a_known_contact() -> None:
    company = found()
    enquire(company.site, phone="13812345678", name="周建国", company="锐达")
    record(company.site, WON, phone="13812345678", name="老周", company="旧公司")
    contact = Contact.objects.get()
    assert (contact.name, contact.company) == ("周建国", "锐达")


def test_history_and_an_enquiry_of_one_person_in_one_batch_are_two_leads() -> None:
    company = found()
    submit(company.site, channel="history", outcome=WON, phone="13812345678")
    live = submit(company.site, phone="13812345678", **HOT)
    again = submit(company.site, phone="13812345678")
    submit(company.site, channel="history", phone="13812345678")
    assert run_belt_once(MONDAY_NOON) == 4
    assert Contact.objects.count() == 1
    assert Lead.objects.filter(is_history=True).count() == 2
    assert Lead.objects.get(ended_at=None).pk == live
    assert Repeat.objects.get().submission_id == again
    assert breaches() == Breaches(0, 0, 0, 0, 0)


def test_both_sums_come_out_with_history() -> None:
    company = found()
    record(company.site, WON, external_id="1")
    record(company.site, Outcome("lost"), external_id="2")
    record(company.site, None, external_id="3")
    enquire(company.site, phone="13812345678", **HOT)
    seen = account(company.administrator)
    assert seen.closed == {"won": 1, "lost": 1, "history": 1}
    assert (seen.leads, seen.with_person, seen.is_balanced) == (4, 1, True)


def test_a_source_shows_how_its_leads_came_out() -> None:
    company = found()
    record(company.site, WON, external_id="1")
    record(company.site, Outcome("won", 100, "USD"), external_id="2")
    record(company.site, Outcome("lost", 999), external_id="3")
    record(company.site, None, external_id="4")
    id_ = enquire(company.site, phone="13812345678", **HOT)
    holder = Placement.objects.get(lead=id_).seat
    assert holder is not None
    close_lead(id_, reason="won", member=holder.member, now=MONDAY_NOON, value_minor=20_000)
    seen = outcomes(company.administrator)
    worth = {"CNY": 1_300_000, "USD": 100}
    assert seen == {company.site.pk: Outcomes(history=4, won=3, lost=1, value_minor=worth)}
    recent = {row.source: row.recent_count for row in yields(company.administrator, MONDAY_NOON)}
    assert recent[company.site] == 1


def test_a_lead_taken_up_again_has_no_result_and_is_no_history() -> None:
    company = found()
    id_ = record(company.site, WON, phone="13812345678", occurred_at=LAST_YEAR)
    handoff.reopen(id_, actor=TESTER, now=MONDAY_NOON)
    follow(FACTS, MONDAY_NOON)
    assert not Result.objects.exists()
    lead = Lead.objects.get()
    assert (lead.is_history, lead.ended_at) == (False, None)
    assert breaches() == Breaches(0, 0, 0, 0, 0)


def test_history_floods_no_list_and_is_found_by_its_place_and_by_name() -> None:
    company = found()
    record(company.site, WON, name="老周", phone="13912345678")
    live = enquire(company.site, phone="13812345678", **HOT)

    def listed(**wanted: str) -> list[bool]:
        return [row.is_history for row in leads(company.administrator, Filter(**wanted)).rows]

    assert [row.lead_id for row in leads(company.administrator, Filter()).rows] == [live]
    assert listed(place="closed") == []
    assert listed(place="history") == [True]
    assert listed(q="老周") == [True]
    assert listed(place="pool", q="老周") == []


def test_its_timeline_says_that_it_came_from_a_file_and_how_it_ended() -> None:
    company = found()
    id_ = record(company.site, WON, phone="13812345678", occurred_at=LAST_YEAR)
    with override("en"):
        told = timeline(Lead.objects.get(pk=id_), company.administrator, MONDAY_NOON)
    assert [m.title for m in told] == [
        "Was over already: Won",
        "Low intent, 25 points",
        "Recorded from a file: site",
    ]
    assert told[0].quote == "老客户 ****"


def test_the_pages_of_history_open(client: Client) -> None:
    company = found()
    id_ = record(company.site, WON, phone="13812345678", occurred_at=LAST_YEAR)
    client.force_login(company.administrator)
    page = client.get(f"/leads/{id_}").content.decode()
    assert "¥12,800.00" in page
    assert client.get("/leads?place=history").status_code == 200
    assert "¥12,800.00" in client.get("/sources").content.decode()
    assert Submission.objects.get().channel == "history"
