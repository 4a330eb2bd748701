"""What managers and administrators promise: sound, versioned, and said in a sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from clew.base.models import Entry
from clew.errors import ClewError
from clew.handoff.models import Calendar
from clew.handoff.people.actions import delete_calendar
from clew.handoff.people.errors import CalendarUsed
from clew.pipeline.clocks.actions import drop_policies, set_policies
from clew.pipeline.clocks.errors import (
    EscalationTooEarly,
    HandonsUnsound,
    NoWorkingHour,
    PoliciesMoved,
    PolicyMissing,
    ReclaimTooEarly,
    StopUnknown,
    TargetUnsound,
    WarningTooLate,
)
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.rules import Promise, examine
from clew.pipeline.clocks.wording import sentence
from clew.pipeline.models import Clock
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db
SOUND = Promise(3, 10, 8, 15, 30, 3, "attempt", None)
ONCE = "8c1c4a52-6a0f-4d6e-9d5c-0a6f4f0f9b11"
SLOWER = replace(SOUND, target=20, warn=15, escalate=25, reclaim=40)


def in_force(**where: object) -> list[int]:
    return list(Policy.objects.filter(ended_at=None, **where).values_list("pk", flat=True))


def put(company: Company, *promises: Promise, seen: list[int] | None = None) -> None:
    shown = in_force(team=company.online, kind="first") if seen is None else seen
    given_by = {"seen": shown, "member": company.manager, "now": MONDAY_NOON}
    set_policies(company.online.pk, "first", promises, **given_by)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"target": 0}, TargetUnsound),
        ({"target": 43_201}, TargetUnsound),
        ({"warn": 10}, WarningTooLate),
        ({"warn": 0}, WarningTooLate),
        ({"escalate": 9}, EscalationTooEarly),
        ({"reclaim": 10}, ReclaimTooEarly),
        ({"reclaim": 14}, ReclaimTooEarly),
        ({"handons": 0}, HandonsUnsound),
        ({"handons": 21}, HandonsUnsound),
    ],
)
def test_steps_out_of_order_are_refused(change: dict[str, int], refusal: type[ClewError]) -> None:
    examine(SOUND)
    with pytest.raises(refusal):
        examine(replace(SOUND, **change))


steps = st.one_of(st.none(), st.integers(-1, 60))


@given(st.integers(0, 50), steps, steps, steps)
def test_what_is_sound_the_database_takes_and_nothing_else(
    target: int, warn: int | None, escalate: int | None, reclaim: int | None
) -> None:
    promise = Promise(3, target, warn, escalate, reclaim, 3, "attempt", None)
    try:
        examine(promise)
    except ClewError:
        return
    order = [one for one in (warn, target, escalate) if one is not None]
    assert order == sorted(order)
    assert reclaim is None or reclaim > target


def test_a_change_is_a_new_version_and_running_clocks_keep_theirs() -> None:
    company = found()
    first = enquire(company.site, phone="13812345678", **HOT)
    put(company, SLOWER)
    second = enquire(company.site, phone="13912345678", **HOT)
    before, after = Clock.objects.get(lead=first), Clock.objects.get(lead=second)
    assert (before.due_at - before.started_at, after.due_at - after.started_at) == (
        timedelta(minutes=10),
        timedelta(minutes=20),
    )
    put(company, replace(SLOWER, target=21))
    versions = Policy.objects.filter(team=company.online).order_by("pk")
    assert [(v.target_minutes, v.ended_at) for v in versions] == [(20, MONDAY_NOON), (21, None)]
    assert Entry.objects.filter(name="PoliciesSet").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_set_the_first_ones_of_a_team_at_once_the_second_is_told_to_look_again() -> None:
    company = found()
    told: list[str] = []

    def one() -> None:
        try:
            put(company, SLOWER, seen=[])
        except PoliciesMoved:
            told.append("moved")

    assert at_once(*[one] * 4) == []
    assert told == ["moved"] * 3
    assert len(in_force(team=company.online)) == 1


def test_what_is_not_changed_keeps_its_version() -> None:
    company = found()
    put(company, SOUND, replace(SLOWER, level=2))
    kept = in_force(team=company.online, level=3)
    put(company, SOUND, replace(SLOWER, level=2, target=19))
    assert in_force(team=company.online, level=3) == kept
    put(company, SOUND, replace(SLOWER, level=2, target=19))
    assert Policy.objects.filter(team=company.online).count() == 3


def test_who_saw_another_version_is_told_and_overwrites_nothing() -> None:
    company = found()
    put(company, SOUND)
    with pytest.raises(PoliciesMoved):
        put(company, SLOWER, seen=[])
    assert Policy.objects.get(team=company.online, ended_at=None).target_minutes == 10


def test_managers_change_what_is_their_teams_and_administrators_everything() -> None:
    company = found()
    given_by = {"seen": in_force(team=None, kind="first"), "now": MONDAY_NOON}
    for team_id in (None, company.offline.pk):
        with pytest.raises(PolicyMissing):
            set_policies(team_id, "first", [SOUND], member=company.manager, **given_by)
    with pytest.raises(PolicyMissing):
        set_policies(company.online.pk, "first", [SOUND], member=company.people[0], **given_by)
    set_policies(None, "first", [SLOWER], member=company.administrator, **given_by)
    assert Policy.objects.get(team=None, kind="first", level=3, ended_at=None).target_minutes == 20


def test_a_team_goes_by_what_holds_for_all_again() -> None:
    company = found()
    put(company, SLOWER)
    seen = in_force(team=company.online)
    drop_policies(company.online.pk, "first", seen=seen, member=company.manager, now=MONDAY_NOON)
    enquire(company.site, phone="13812345678", **HOT)
    assert Clock.objects.get().due_at == MONDAY_NOON + timedelta(minutes=10)


def test_a_calendar_without_a_working_hour_is_refused_and_one_in_use_stays() -> None:
    company = found()
    week = [[0, 24 * 60]]
    off = [str((MONDAY_NOON + timedelta(days=n)).date()) for n in range(-1, 70)]
    never = Calendar.objects.create(name="歇业", week=week, days_off=off)
    with pytest.raises(NoWorkingHour):
        put(company, replace(SOUND, calendar_id=never.pk))
    with pytest.raises(PolicyMissing):
        put(company, replace(SOUND, calendar_id=never.pk + 1))
    with pytest.raises(StopUnknown):
        put(company, replace(SOUND, stops_on="automatic"))
    always = Calendar.objects.create(name="全天", week=[[0, 7 * 24 * 60]])
    put(company, replace(SOUND, calendar_id=always.pk))
    with pytest.raises(CalendarUsed):
        delete_calendar(always.pk, actor=TESTER, now=MONDAY_NOON)


def test_a_sentence_says_what_will_happen() -> None:
    found()
    hot = Policy.objects.get(team=None, kind="first", level=3)
    with override("zh-hans"):
        assert sentence(hot) == (
            "10 分钟内联系；第 8 分钟提醒；第 15 分钟告诉经理；第 30 分钟收回转给下一位，最多转 3 次，再进公海"
        )
    with override("en"):
        assert sentence(hot) == (
            "contact within 10 min; a reminder after 8 min; the manager is told after 15 min; "
            "after 30 min it is taken back and goes to the next one, at most 3 times, then to the pool"
        )


def signed_in(member: object) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)  # type: ignore[arg-type]
    return client


def form(company: Company, **changes: object) -> dict[str, object]:
    rows = {3: (10, 8, 15, 30, 3), 2: (60, "", 90, "", 3), 1: (1440, "", "", "", 3)}
    names = ("target", "warn", "escalate", "reclaim", "handons")
    told = {
        f"{n}_{level}": v for level, row in rows.items() for n, v in zip(names, row, strict=True)
    }
    seen = ",".join(map(str, in_force(team=company.online, kind="first")))
    return {**told, "stops_on": "attempt", "calendar": "", "seen": seen, "once": ONCE, **changes}


def test_the_page_takes_what_is_sound_and_says_what_is_not() -> None:
    company = found()
    client = signed_in(company.manager)
    address = f"/targets/{company.online.pk}/first"
    refused = client.post(address, form(company, warn_3=10))
    assert refused.status_code == 422
    assert b"Warn before the time runs out" in refused.content
    assert client.post(address, form(company, target_3="")).status_code == 422
    assert not Policy.objects.filter(team=company.online).exists()
    assert client.post(address, form(company)).status_code == 302
    assert client.post(address, form(company)).status_code == 302
    assert Policy.objects.filter(team=company.online).count() == 3
    page = client.get("/targets").content.decode()
    assert "the manager is told after 15 min" in page
    assert "As for all teams." in page
    assert client.get("/targets/all/first").status_code == 404
    assert client.get(f"/targets/{company.online.pk}/never").status_code == 404
    seen = form(company)["seen"]
    assert client.post(f"{address}/drop", {"seen": seen}).status_code == 302
    assert not Policy.objects.filter(team=company.online, ended_at=None).exists()
    assert "Before that" in client.get(address).content.decode()


def test_a_calendar_by_which_nobody_works_is_told_on_the_page() -> None:
    company = found()
    today = datetime.now(UTC)
    off = [str((today + timedelta(days=n)).date()) for n in range(-2, 70)]
    Calendar.objects.update(days_off=off)
    page = signed_in(company.manager).get("/targets").content.decode()
    assert "No target can be met" in page


def test_a_manager_sees_what_is_overdue_and_gives_it_to_somebody_else() -> None:
    company = found()
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    Clock.objects.update(escalated_at=MONDAY_NOON, breached_at=MONDAY_NOON)
    client = signed_in(company.manager)
    page = client.get("/late")
    assert str(lead_id) in page.content.decode()
    held = company.seats[0].placements.model.objects.get(lead=lead_id, closed_at=None)
    other = next(s for s in company.seats if s.pk != held.seat_id)
    for _ in range(2):
        sent = {"seat_id": other.pk, "stands": held.pk}
        assert client.post(f"/late/{lead_id}", sent).status_code == 302
    assert "Somebody has changed this lead meanwhile" in client.get("/late").content.decode()
    assert Entry.objects.filter(name="LeadAssigned").count() == 1
    assert client.post(f"/late/{lead_id}", {"seat_id": 0, "stands": "x"}).status_code == 404
