"""How long a lead may be in a stage: when its clock starts, stands still and stops, and what happens step by step."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from clew.access.models import Team
from clew.base.models import Entry
from clew.errors import ClewError
from clew.handoff.actions.leads import assign, close, reopen
from clew.handoff.models import Calendar, Placement
from clew.handoff.queries import visible_leads
from clew.pipeline import belt
from clew.pipeline.actions.leads import (
    close_lead,
    give_back,
    keep_draft,
    log_call,
    plan,
    take_again,
)
from clew.pipeline.clocks.actions import set_policies
from clew.pipeline.clocks.belt import steps
from clew.pipeline.clocks.errors import (
    PoliciesMoved,
    PolicyMissing,
    ReclaimFromContract,
    WarningTooLate,
)
from clew.pipeline.clocks.models import Pause, Policy
from clew.pipeline.clocks.queries import escalated, limits
from clew.pipeline.clocks.rules import Promise
from clew.pipeline.dossier import dossier
from clew.pipeline.filters import Filter
from clew.pipeline.matching import matching
from clew.pipeline.models import Call, Clock
from clew.pipeline.moves.actions.leads import Leaving, empty_retired, leave, move
from clew.pipeline.moves.actions.stages import retire_stage
from clew.pipeline.moves.board import board
from clew.pipeline.moves.errors import StageMissing
from clew.pipeline.moves.models import ExitReason, Pipeline, Stage
from clew.pipeline.queue import queries
from clew.pipeline.rules import Group
from clew.pipeline.schemas import Sheet
from clew.tally.queries import never_contacted
from clew.web.flow import keep_clocks
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found, submit
from tests.pipeline.clocks.test_reclaiming import is_in_order
from tests.pipeline.desk import NOON, TOMORROW, Desk, call, desk, holder
from tests.pipeline.moves.test_moves import settle, stage
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = 570  # working minutes


def of(key: str, **changes: object) -> Promise:
    """Promise that a lead leaves a stage within two hours, with all steps."""
    sound = Promise(0, 120, 60, 150, 180, 3, "attempt", None, stage(key).pk)
    return replace(sound, **changes)


def limited(company: Company, *promises: Promise, team: Team | None = None) -> None:
    held = Policy.objects.filter(kind="stage", team=team, ended_at=None)
    set_policies(
        team.pk if team else None,
        "stage",
        promises,
        seen=list(held.values_list("pk", flat=True)),
        member=company.administrator,
        now=MONDAY_NOON,
    )


@pytest.fixture
def company() -> Company:
    """A company in which leads may be in the first two stages and at the offer for two hours each."""
    made = found()
    limited(made, of("asked"), of("icebreaking"), of("offer"))
    return made


@pytest.fixture
def at(company: Company) -> Desk:
    lead_id = enquire(company.site, name="周建国", phone="13812345678", **HOT)
    return Desk(company, lead_id, holder(lead_id))


def running(lead_id: UUID) -> Clock:
    return Clock.objects.select_related("policy__stage").get(
        lead=lead_id, kind="stage", stopped_at=None
    )


def in_stages(lead_id: UUID) -> list[tuple[str, datetime, datetime | None]]:
    """Give the stages of a lead's clocks, when each started, and when it stopped."""
    clocks = Clock.objects.filter(lead=lead_id, kind="stage").select_related("policy__stage")
    return [
        (c.policy.stage.key, c.started_at, c.stopped_at)
        for c in clocks.order_by("pk")
        if c.policy and c.policy.stage
    ]


def names(lead_id: UUID) -> list[str]:
    entries = Entry.objects.filter(subject=lead_id, name__startswith="Clock").order_by("pk")
    return [one.name for one in entries if one.data.get("kind") == "stage"]


def test_it_starts_beside_the_first_contact_when_a_lead_enters_the_first_stage(at: Desk) -> None:
    assert in_stages(at.lead_id) == [("asked", MONDAY_NOON, None)]
    assert running(at.lead_id).due_at == MONDAY_NOON + 2 * HOUR
    assert Clock.objects.get(lead=at.lead_id, kind="first").due_at == MONDAY_NOON + 10 * MINUTE
    assert Entry.objects.filter(subject=at.lead_id, name="ClockStarted").count() == 1


def test_the_belt_does_it_by_the_statement_that_it_has_anyway() -> None:
    company = found()
    enquire(company.site, phone="13812340001", **HOT)

    def statements() -> list[str]:
        submit(company.site, phone=f"1391234{next(numbers):04}", **HOT)
        with CaptureQueriesContext(connection) as caught:
            while run_belt_once(MONDAY_NOON):
                pass
        return [one["sql"] for one in caught]

    numbers = iter(range(10))
    statements()
    without = statements()
    assert not any("moves_stay" in one for one in without)
    limited(company, of("asked"))
    statements()
    assert len(statements()) == len(without)
    assert Clock.objects.filter(kind="stage").count() == 2


def test_leads_of_either_side_stand_in_the_first_stage_of_their_own_pipeline() -> None:
    company = found()
    limited(
        company,
        of("asked"),
        of("asked", target=60, warn=None, stage_id=stage("introduced", "offline").pk),
    )
    limited(company, of("asked", stage_id=stage("introduced", "offline").pk))
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    assert in_stages(lead_id) == []
    met = enquire(company.fair, phone="13912345678", **HOT)
    assign(met, seat_id=company.seats[0].pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    settle(MONDAY_NOON)
    assert [key for key, *_ in in_stages(met)] == ["introduced"]


def test_a_second_enquiry_does_not_start_it_again(at: Desk) -> None:
    enquire(at.company.site, MONDAY_NOON + HOUR, phone="13812345678", **HOT)
    assert in_stages(at.lead_id) == [("asked", MONDAY_NOON, None)]


def test_it_begins_anew_at_each_move_and_not_where_a_stage_has_no_limit(at: Desk) -> None:
    for hours, key in ((1, "offer"), (2, "comparison"), (3, "offer")):
        move(at.lead_id, stage(key).pk, member=at.holder, now=MONDAY_NOON + hours * HOUR)
    assert in_stages(at.lead_id) == [
        ("asked", MONDAY_NOON, MONDAY_NOON + HOUR),
        ("offer", MONDAY_NOON + HOUR, MONDAY_NOON + 2 * HOUR),
        ("offer", MONDAY_NOON + 3 * HOUR, None),
    ]


def test_a_call_stops_the_first_contact_and_starts_the_clock_of_the_stage_that_it_brings(
    at: Desk,
) -> None:
    log_call(at.lead_id, call(), member=at.holder, now=MONDAY_NOON + MINUTE)
    assert running(at.lead_id).policy.stage.key == "asked"  # type: ignore[union-attr]
    settle(MONDAY_NOON + MINUTE)
    assert [key for key, *_ in in_stages(at.lead_id)] == ["asked", "icebreaking"]
    assert not Clock.objects.filter(kind="first", stopped_at=None).exists()


def lost(at: Desk) -> None:
    reason = ExitReason.objects.get(stage=stage("asked"), key="silent")
    leave(at.lead_id, Leaving(reason.pk), member=at.holder, now=NOON)


def won(at: Desk) -> None:
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)


def given_back(at: Desk) -> None:
    give_back(at.lead_id, reason="no_time", member=at.holder, now=NOON)


def ended(at: Desk) -> None:
    close(at.lead_id, reason="lost_need", actor=TESTER, now=NOON)


@pytest.mark.parametrize("end", [lost, won, given_back, ended])
def test_it_stops_when_the_lead_leaves_the_pipeline_or_whoever_has_it(
    at: Desk, end: object
) -> None:
    end(at)  # type: ignore[operator]
    settle()
    assert in_stages(at.lead_id) == [("asked", MONDAY_NOON, NOON)]
    is_in_order(at.company)


def test_taken_again_from_the_pool_it_goes_on(at: Desk) -> None:
    given_back(at)
    seat = next(s for s in at.company.seats if s.member == at.holder)
    take_again(at.lead_id, seat_id=seat.pk, member=at.holder, now=NOON + MINUTE)
    settle(NOON + MINUTE)
    assert in_stages(at.lead_id) == [("asked", MONDAY_NOON, None)]


def test_taken_up_again_it_has_its_whole_time(at: Desk) -> None:
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    close(at.lead_id, reason="lost_need", actor=TESTER, now=NOON + HOUR)
    settle(NOON + HOUR)
    reopen(at.lead_id, actor=TESTER, now=NOON + 2 * HOUR)
    settle(NOON + 2 * HOUR)
    assert in_stages(at.lead_id)[-1] == ("offer", NOON + 2 * HOUR, None)
    is_in_order(at.company)


@pytest.mark.parametrize("has_called", [True, False])
def test_in_other_hands_it_begins_anew(at: Desk, *, has_called: bool) -> None:
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    given_at = NOON + HOUR
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=given_at, reason="by_hand")
    if has_called:
        late = call(Call.Result.WECHAT_ADDED, next_at=NOON + 90 * MINUTE)
        log_call(at.lead_id, late, member=other.member, now=given_at)
        Call.objects.update(at=given_at + MINUTE)
    belt.resume(at.lead_id, given_at)
    assert in_stages(at.lead_id) == [
        ("asked", MONDAY_NOON, given_at),
        ("asked", given_at, None),
    ]


def test_who_is_moved_out_of_a_retired_stage_has_the_time_of_the_next(at: Desk) -> None:
    retire_stage(
        stage("asked").pk, into=stage("offer").pk, member=at.company.administrator, now=NOON
    )
    move(at.lead_id, stage("comparison").pk, member=at.holder, now=NOON)
    retire_stage(
        stage("comparison").pk, into=stage("offer").pk, member=at.company.administrator, now=NOON
    )
    empty_retired(NOON + HOUR)
    assert in_stages(at.lead_id)[-1] == ("offer", NOON + HOUR, None)


def test_what_is_undone_leaves_no_clock(at: Desk) -> None:
    belt.forget([at.lead_id])
    assert not Clock.objects.exists()


def test_it_counts_working_time_by_the_calendar_that_is_chosen(company: Company) -> None:
    limited(company, of("asked", target=DAY, warn=None, escalate=None, reclaim=None))
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    assert running(lead_id).due_at == MONDAY_NOON + timedelta(days=1)
    always = Calendar.objects.create(name="全天", week=[[0, 7 * 24 * 60]])
    limited(
        company,
        of("asked", target=DAY, warn=None, escalate=None, reclaim=None, calendar_id=always.pk),
    )
    other = enquire(company.site, phone="13912345678", **HOT)
    assert running(other).due_at == MONDAY_NOON + DAY * MINUTE


def test_the_clock_change_of_a_summer_time_neither_gives_nor_takes_an_hour(
    company: Company,
) -> None:
    berlin = Calendar.objects.create(
        name="Berlin", week=[[0, 7 * 24 * 60]], time_zone="Europe/Berlin"
    )
    limited(
        company,
        of("asked", target=4 * 60, warn=None, escalate=None, reclaim=None, calendar_id=berlin.pk),
    )
    night = datetime(2027, 3, 28, 1, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    lead_id = enquire(company.site, night, phone="13812345678", **HOT)
    placed = Placement.objects.get(lead=lead_id, closed_at=None)
    if placed.kind != Placement.Kind.PERSON:
        assign(lead_id, seat_id=company.seats[0].pk, actor=TESTER, now=night, reason="by_hand")
        settle(night)
    due = running(lead_id).due_at
    assert (due - night.astimezone(due.tzinfo)) == 4 * HOUR


def test_a_team_with_limits_of_its_own_goes_by_them_alone(company: Company) -> None:
    limited(company, of("offer", target=60, warn=None), team=company.online)
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    assert in_stages(lead_id) == []
    move(lead_id, stage("offer").pk, member=holder(lead_id), now=MONDAY_NOON)
    assert running(lead_id).due_at == MONDAY_NOON + HOUR


def test_a_change_holds_from_the_next_stage_on(at: Desk) -> None:
    limited(at.company, of("offer", target=60, warn=None))
    assert running(at.lead_id).due_at == MONDAY_NOON + 2 * HOUR
    held = Policy.objects.filter(kind="stage", ended_at=None)
    assert [one.target_minutes for one in held] == [60]
    move(at.lead_id, stage("offer").pk, member=at.holder, now=MONDAY_NOON)
    assert running(at.lead_id).due_at == MONDAY_NOON + HOUR


def test_while_a_next_step_is_planned_it_stands_still_where_that_is_meant(at: Desk) -> None:
    plan(at.lead_id, NOON + 3 * HOUR, member=at.holder, now=NOON + HOUR)
    clock = running(at.lead_id)
    assert (clock.paused_until, clock.due_at) == (NOON + 3 * HOUR, NOON + 4 * HOUR)
    assert Pause.objects.get(ended_at=None).clock == clock
    assert Clock.objects.get(lead=at.lead_id, kind="first").due_at == NOON + 10 * MINUTE
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON + 2 * HOUR)
    clock = running(at.lead_id)
    assert (clock.paused_until, clock.due_at) == (NOON + 3 * HOUR, NOON + 5 * HOUR)


def test_it_goes_on_counting_where_that_is_meant(company: Company) -> None:
    limited(company, of("asked", is_paused_by_steps=False))
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    plan(lead_id, NOON + 3 * HOUR, member=holder(lead_id), now=NOON + HOUR)
    clock = running(lead_id)
    assert (clock.paused_until, clock.due_at) == (None, NOON + 2 * HOUR)


def test_it_warns_runs_out_tells_the_manager_and_hands_on_once_each(at: Desk) -> None:
    log_call(at.lead_id, call(next_at=NOON + 2 * MINUTE), member=at.holder, now=NOON + MINUTE)
    settle(NOON + MINUTE)
    start = running(at.lead_id).due_at - 2 * HOUR
    Clock.objects.exclude(kind="stage").update(stopped_at=NOON)
    seen = {}
    for minute in (59, 60, 119, 120, 149, 150, 179):
        keep_clocks(start + minute * MINUTE)
        seen[minute] = [name.removeprefix("Clock") for name in names(at.lead_id)]
        Clock.objects.filter(kind="next").update(stopped_at=NOON)
    assert seen[59] == []
    assert seen[60] == seen[119] == ["Warned"]
    assert seen[120] == seen[149] == ["Warned", "Breached"]
    assert seen[150] == seen[179] == ["Warned", "Breached", "Escalated"]
    assert holder(at.lead_id) == at.holder
    last = start + 180 * MINUTE
    for _ in range(3):
        keep_clocks(last)
    assert names(at.lead_id)[3:] == ["ClockReclaimed"]
    assert holder(at.lead_id) != at.holder
    assert in_stages(at.lead_id)[-1] == ("icebreaking", last, None)
    page = dossier(at.company.administrator, at.lead_id, last.astimezone(NOON.tzinfo))
    titles = [moment.title for moment in page.moments]
    assert f"从{at.holder.name}收回：在该阶段停留太久" in titles
    assert "仍在同一阶段：已告诉经理" in titles
    is_in_order(at.company)


def test_a_lead_under_contract_stays_and_so_does_one_whose_call_sheet_is_open(
    company: Company,
) -> None:
    first, second = (enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(2))
    Clock.objects.exclude(kind="stage").update(stopped_at=NOON)
    move(first, stage("offer").pk, member=holder(first), now=NOON)
    Stage.objects.filter(pk=stage("offer").pk).update(is_contract=True)
    keep_draft(second, Sheet(), member=holder(second), now=NOON + HOUR)
    had = holder(first), holder(second)
    keep_clocks(NOON + 3 * HOUR)
    assert (holder(first), holder(second)) == had
    assert {one.spared_at for one in Clock.objects.filter(kind="stage", stopped_at=None)} == {
        NOON + 3 * HOUR
    }


def test_a_lead_whose_clocks_both_run_out_is_handed_on_once(at: Desk) -> None:
    keep_clocks(NOON + 3 * HOUR)
    assert Entry.objects.filter(name="ClockReclaimed").count() == 1
    assert Placement.objects.filter(lead=at.lead_id, kind="person").count() == 2
    taken = Clock.objects.filter(reclaimed_at__isnull=False)
    assert taken.count() == 1
    assert Clock.objects.filter(stopped_at=None).count() == 2
    is_in_order(at.company)


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_somebody_who_moves_it_take_each_step_once(company: Company) -> None:
    leads = [enquire(company.site, phone=f"138123456{n:02}", **HOT) for n in range(12)]
    Clock.objects.exclude(kind="stage").update(stopped_at=NOON)
    late = NOON + 3 * HOUR

    def work() -> None:
        while keep_clocks(late):
            pass

    def move_some() -> None:
        for lead_id in leads[:6]:
            try:
                move(lead_id, stage("offer").pk, member=company.manager, now=late)
            except ClewError:
                continue

    assert at_once(work, work, move_some) == []
    told = Entry.objects.filter(name__in=["ClockBreached", "ClockEscalated", "ClockReclaimed"])
    once = told.values_list("name", "data__clock_id")
    assert len(set(once)) == len(once)
    is_in_order(company)


def test_no_more_than_one_of_each_runs(at: Desk) -> None:
    for kind in ("first", "next", "stage"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Clock.objects.create(lead_id=at.lead_id, kind=kind, started_at=NOON, due_at=NOON)


def test_it_counts_as_no_contact_that_is_due(at: Desk) -> None:
    log_call(at.lead_id, call(), member=at.holder, now=NOON)
    late = NOON + 3 * HOUR
    Clock.objects.filter(kind="stage").update(due_at=late - HOUR, paused_until=None)
    steps.go_on(late)
    seen = visible_leads(at.company.administrator)
    found_by = [
        code
        for code in ("running", "late", "told", "aged")
        if matching(seen, Filter(clock=code)).exists()
    ]
    assert found_by == ["aged"]
    assert not matching(seen, Filter(promise="broken")).exists()
    assert not never_contacted(at.company.administrator, late).exists()
    (row,) = queries.my_day(at.holder, TOMORROW - MINUTE).rows or [None]
    assert row is None or row.group != Group.DUE
    assert dossier(at.holder, at.lead_id, late.astimezone(NOON.tzinfo)).dial is not None


def test_managers_find_it_among_what_is_overdue_with_the_words_for_it(at: Desk) -> None:
    log_call(at.lead_id, call(), member=at.holder, now=NOON)
    Clock.objects.filter(kind="stage").update(
        breached_at=NOON, escalated_at=NOON, due_at=NOON, paused_until=None
    )
    (found_one,) = escalated(at.company.manager, NOON)
    assert (found_one.lead_id, found_one.kind) == (at.lead_id, "stage")
    assert "in its stage" in signed_in(at.company.manager).get("/late").content.decode()


def test_board_and_lead_say_until_when_it_may_stay(at: Desk) -> None:
    client, now = signed_in(at.holder), datetime.now(tz=NOON.tzinfo)
    pipeline = Pipeline.objects.get(side="online")
    for due, words in ((now + HOUR, "it may stay until"), (now - HOUR, "it was to go on by")):
        Clock.objects.filter(kind="stage").update(due_at=due, started_at=now - 2 * HOUR)
        assert limits([at.lead_id], now)[at.lead_id].is_over == (due < now)
        with override("en"):
            (card,) = board(at.holder, pipeline, now).columns[0].cards
        assert ("until" in card.stays, card.is_over) == (True, due < now)
        assert words in client.get(reverse("pipeline:lead", args=[at.lead_id])).content.decode()
    assert "allowed until" in client.get(reverse("moves:board")).content.decode()
    Clock.objects.filter(kind="stage").update(stopped_at=now)
    with override("en"):
        (card,) = board(at.holder, pipeline, now).columns[0].cards
    assert ("until" in card.stays, card.is_over) == (False, False)


def signed_in(member: object) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)  # type: ignore[arg-type]
    return client


def refused(company: Company, promises: Sequence[Promise]) -> type[Exception]:
    with pytest.raises(ClewError) as caught:
        limited(company, *promises)
    return caught.type


def test_what_cannot_hold_is_refused(company: Company) -> None:
    assert refused(company, [of("asked", warn=120)]) is WarningTooLate
    assert refused(company, [of("contract")]) is ReclaimFromContract
    assert refused(company, [of("payment", reclaim=None)]) is StageMissing
    assert refused(company, [of("asked", stage_id=None)]) is StageMissing
    with pytest.raises(PolicyMissing):
        set_policies(None, "stage", [], seen=[], member=company.manager, now=NOON)
    with pytest.raises(PoliciesMoved):
        set_policies(None, "stage", [], seen=[], member=company.administrator, now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.filter(kind="stage").update(level=3)


def test_the_page_sets_limits_in_hours_changes_them_and_takes_them_away() -> None:
    company = found()
    client, address = signed_in(company.administrator), "/targets/all/stage"
    asked, contract = stage("asked").pk, stage("contract").pk
    assert "No stage has a limit." in client.get("/targets").content.decode()
    page = client.get(address).content.decode()
    assert "Online · Asked" in page
    assert f"reclaim_{asked}" in page
    assert f"reclaim_{contract}" not in page

    def send(**rows: object) -> object:
        held = Policy.objects.filter(kind="stage", ended_at=None).values_list("pk", flat=True)
        sent = {
            "pauses": "no",
            "calendar": "",
            "once": str(uuid4()),
            "seen": ",".join(map(str, held)),
        }
        return client.post(address, sent | rows).status_code  # type: ignore[arg-type]

    assert send(**{f"warn_{asked}": 4}) == 422
    whole = {f"target_{asked}": 19, f"escalate_{asked}": 20, f"target_{contract}": 40}
    assert send(**whole) == 302
    told = client.get("/targets").content.decode()
    assert "to leave it within 19 h; the manager is told after 20 h" in told
    assert "It goes on while a next step is planned." in told
    held = Policy.objects.get(stage=asked)
    assert (held.target_minutes, held.warn_minutes, held.is_paused_by_steps) == (1140, None, False)
    assert 'value="19"' in client.get(address).content.decode()
    assert send(**{f"target_{contract}": 40}) == 302
    assert not Policy.objects.filter(stage=asked, ended_at=None).exists()
    assert "Online · Asked" in client.get(address).content.decode()
    own = f"/targets/{company.online.pk}/stage"
    assert signed_in(company.manager).get(own).status_code == 200
    assert signed_in(company.manager).get(address).status_code == 404


def test_nothing_is_started_where_no_stage_has_a_limit() -> None:
    at = desk()
    move(at.lead_id, stage("offer").pk, member=at.holder, now=NOON)
    assert not Clock.objects.filter(kind="stage").exists()
