"""Every number of funnel and speed opens exactly the leads it counts; sums come out; nobody counts others' leads."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clew.access.models import Member
from clew.contacts.models import Lead
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.actions.leads import close_lead, log_call
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.filters import NOBODY, Filter
from clew.pipeline.matching import matching
from clew.pipeline.models import Call, Clock, FirstContact
from clew.pipeline.stages import HOURS, MEASURES
from clew.tally.funnel import Funnel, funnel
from clew.tally.numbers import named
from clew.tally.queries import account
from clew.tally.speed import Speed, speed
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, enquire, found
from tests.pipeline.desk import NOON, call, desk, holder
from tests.tally.histories import live, numbers, opened

pytestmark = pytest.mark.django_db


def counted(viewer: Member, wanted: Filter | None = None) -> Funnel:
    return funnel(viewer, wanted or Filter(), named(viewer))


def timed(
    viewer: Member, measure: str = "tried", hours: str = "clock", wanted: Filter | None = None
) -> Speed:
    return speed(viewer, wanted or Filter(), named(viewer), measure, hours)


@pytest.mark.parametrize("seed", range(4))
def test_every_number_opens_exactly_the_leads_it_counts(seed: int) -> None:
    company, _now = live(seed)
    far = Member.objects.get(username="far")
    others = [company.manager, company.people[0], far]
    assert FirstContact.objects.exists()
    checked = 0
    for viewer in (company.administrator, others[seed % 3]):
        reports: list[object] = [counted(viewer)]
        reports += [timed(viewer, m, h) for m in MEASURES for h in HOURS]
        for number in set(numbers(reports)):
            assert opened(viewer, number, as_page=seed == 0) == number.count, (
                viewer.username,
                number,
            )
            checked += 1
    assert checked > 150


@pytest.mark.parametrize("seed", range(4))
def test_all_sums_come_out(seed: int) -> None:
    company, _now = live(seed)
    viewer = company.administrator
    seen, sums = counted(viewer), account(viewer)
    assert sums.is_balanced
    assert seen.is_balanced
    assert seen.received.count + seen.history.count == sums.leads == sums.new_leads
    assert seen.won.count + sum(n.count for end, n in seen.past if end == "won") == sums.closed.get(
        "won", 0
    )
    assert seen.with_person.count == sums.with_person
    assert seen.in_pool.count == sums.in_pool
    for step in seen.steps:
        ends = step.passed.count + step.left.count + step.staying.count
        assert step.entered.count == ends
        assert step.left.count == sum(n.count for _, n in step.reasons)
    for lines in (seen.sources, seen.teams, seen.channels):
        for number, step in enumerate(seen.steps):
            assert sum(line.stages[number].count for line in lines) == step.entered.count
    for report in (timed(viewer, m, h) for m in MEASURES for h in HOURS):
        assert report.all.count == seen.received.count == sum(r.number.count for r in report.rows)


def test_a_lead_counts_at_its_furthest_stage() -> None:
    at = desk()
    boss = at.company.administrator

    def entered() -> list[int]:
        seen = counted(boss)
        assert seen.won.count == seen.steps[-1].passed.count
        return [*(step.entered.count for step in seen.steps), seen.won.count]

    cold = enquire(at.company.site, phone="13700000000", **COLD)
    assert entered() == [2, 1, 0, 0, 0]
    log_call(at.lead_id, call(Call.Result.NO_ANSWER), member=at.holder, now=NOON)
    assert entered() == [2, 1, 1, 0, 0]
    log_call(at.lead_id, call(Call.Result.REFUSED), member=at.holder, now=NOON)
    assert entered() == [2, 1, 1, 1, 0]
    close_lead(at.lead_id, reason="lost_price", member=at.holder, now=NOON)
    assert entered() == [2, 1, 1, 1, 0]
    assert [(end, n.count) for end, n in counted(boss).steps[3].reasons] == [("lost_price", 1)]
    handoff.close(cold, reason="won", actor=TESTER, now=NOON)
    assert entered() == [2, 2, 2, 2, 1]
    handoff.reopen(cold, actor=TESTER, now=NOON)
    assert entered() == [2, 1, 1, 1, 0]


def test_the_first_attempt_and_the_first_answer_are_apart_and_stay() -> None:
    at = desk()
    for minutes, result in ((3, "no_answer"), (40, "answered"), (60, "no_answer"), (90, "refused")):
        then = NOON + timedelta(minutes=minutes)
        given = call(Call.Result(result), next_at=then + timedelta(days=1))
        log_call(at.lead_id, given, member=at.holder, now=then)
    kept = FirstContact.objects.get()
    assert kept.tried_at - NOON == timedelta(minutes=3)
    assert kept.answered_at
    assert kept.answered_at - NOON == timedelta(minutes=40)
    boss = at.company.administrator
    bands = {r.code: r.number.count for r in timed(boss, "answered").rows}
    assert bands == {"5m": 0, "1h": 1, "24h": 0, "later": 0, "never": 0}
    assert timed(boss, "answered").median == 40 * 60
    assert timed(boss).median == 180


def test_nobody_works_at_night_by_working_hours() -> None:
    at = desk()
    late = NOON + timedelta(days=1)
    log_call(at.lead_id, call(next_at=late + timedelta(days=1)), member=at.holder, now=late)
    kept = FirstContact.objects.get()
    assert kept.tried_seconds < 24 * 3600
    boss = at.company.administrator
    assert timed(boss, hours="work").median == kept.tried_seconds
    assert timed(boss).median == 24 * 3600
    line = timed(boss, hours="work").sources[0]
    assert (line.name, line.median) == ("site", kept.tried_seconds)


def test_a_bound_belongs_to_the_faster_band() -> None:
    at = desk()
    then = NOON + timedelta(minutes=5)
    log_call(at.lead_id, call(), member=at.holder, now=then)
    rows = timed(at.company.administrator).rows
    assert rows[0].number.count == 1
    assert opened(at.company.administrator, rows[0].number) == 1
    assert opened(at.company.administrator, rows[1].number) == 0


def test_the_promise_is_the_first_one_and_broken_without_an_attempt() -> None:
    company = found(weights=(1,))
    kept, late, never = (enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(3))
    boss = company.administrator
    assert timed(boss).promise.share is None
    due = Clock.objects.get(lead=kept).due_at
    log_call(kept, call(), member=holder(kept), now=due)
    after = due + timedelta(minutes=1)
    go_on(after)
    log_call(late, call(), member=holder(late), now=after)
    promise = timed(boss).promise
    assert (promise.kept.count, promise.broken.count, promise.share) == (1, 2, 33)
    seat = Placement.objects.get(lead=never, closed_at=None).seat_id
    handoff.to_pool(never, team_id=company.online.pk, actor=TESTER, now=after, reason="by_hand")
    assert seat
    assert timed(boss).promise.broken.count == 2


def test_history_is_apart() -> None:
    company, _now = live(3)
    seen = counted(company.administrator)
    assert seen.history.count
    assert seen.history.count == sum(n.count for _, n in seen.past)
    assert opened(company.administrator, seen.history) == seen.history.count


def test_managers_and_salespeople_count_what_they_may_see() -> None:
    company, _now = live(1)
    whole = counted(company.administrator)
    own = counted(company.manager)
    assert 0 < own.received.count < whole.received.count
    assert {line.name for line in own.teams} == {company.online.name}
    for person in company.people:
        seen = counted(person)
        held = Placement.objects.filter(seat__member=person, closed_at=None).count()
        assert seen.with_person.count == held


def test_filters_narrow_every_number() -> None:
    company, _now = live(2)
    boss = company.administrator
    whole = counted(boss)
    parts = [Filter(source="site"), Filter(channel="offline"), Filter(team=NOBODY)]
    middle = Lead.objects.order_by("opened_at")[8].opened_at
    day = timezone.localtime(middle).date()
    before, since = Filter(until=f"{day - timedelta(days=1)}"), Filter(since=f"{day}")
    both = [counted(boss, wanted).received.count for wanted in (before, since)]
    assert sum(both) == whole.received.count
    for wanted in [*parts, before, since]:
        seen = counted(boss, wanted)
        assert seen.is_balanced
        assert seen.received.count < whole.received.count or wanted in (before, since)
        for number in set(numbers([seen, timed(boss, wanted=wanted)])):
            assert opened(boss, number) == number.count


@pytest.mark.parametrize("parts", [{p: "x"} for p in ("channel", "reached", "stage", "speed")])
def test_a_code_that_does_not_exist_finds_nothing(parts: dict[str, str]) -> None:
    boss = desk().company.administrator
    assert not matching(visible_leads(boss), replace(Filter(), **parts)).exists()
    if "channel" in parts:
        assert counted(boss, replace(Filter(), **parts)).received.count == 0


def test_an_empty_company_has_empty_reports() -> None:
    boss = found().administrator
    seen = counted(boss)
    assert [s.entered.count for s in seen.steps] == [0] * 4
    assert [s.share for s in seen.steps] == [None] * 4
    assert timed(boss).median is None


def test_the_number_of_statements_is_fixed() -> None:
    company, _now = live(0)
    boss = company.administrator
    with CaptureQueriesContext(
        connection,
    ) as few:
        counted(boss)
        timed(boss)
    for n in range(5):
        enquire(company.site, MONDAY_NOON, phone=f"1390000000{n}", **HOT)
    with CaptureQueriesContext(connection) as more:
        counted(boss)
        timed(boss)
    assert len(few) == len(more)
    reads = [one["sql"] for one in more.captured_queries if "SAVEPOINT" not in one["sql"]]
    # two for names, and one each for how far the copy is, for memory and for numbers, of which speed has two
    assert len(reads) == 2 * 2 + 3 * 3


def test_an_answer_before_the_first_attempt_is_refused() -> None:
    at = desk()
    with (
        pytest.raises(IntegrityError, match="firstcontact_answered_after_tried"),
        transaction.atomic(),
    ):
        FirstContact.objects.create(
            lead_id=at.lead_id,
            tried_at=NOON,
            tried_seconds=0,
            answered_at=NOON - timedelta(minutes=1),
            answered_seconds=0,
        )
