"""Counting by the copy is counting by looking, at every moment: whatever was done since, and whoever still writes."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from clew.access.models import Member
from clew.base.changes import horizon
from clew.base.ids import uuid7
from clew.base.models import Entry
from clew.contacts.models import Lead
from clew.errors import ClewError
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.actions.leads import log_call
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.filters import NOBODY, Filter
from clew.pipeline.matching import matching
from clew.pipeline.models import Clock, FirstContact
from clew.pipeline.stages import BANDS, HOURS, MEASURES
from clew.tally.actions import keep_up, settle
from clew.tally.counting import counted, medians, miscounted
from clew.tally.funnel import funnel
from clew.tally.models import Group, Progress, Standing
from clew.tally.numbers import named
from clew.tally.speed import speed
from clew.tally.standing import COLUMNS, as_they_stand, known_below, touched
from clew.web.flow import undo
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.pipeline.desk import call, holder
from tests.races.threads import at_once
from tests.tally.histories import live, numbers, opened

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = [f"{measure}_{hours}" for measure in MEASURES for hours in HOURS]
GROUP = slice(1, 8)
SECONDS = 20


def looked(viewer: Member, wanted: Filter, times: str) -> tuple[Counter[Any], dict[Any, int]]:
    """Count leads one by one, as they stand."""
    counts: Counter[Any] = Counter()
    seconds: dict[Any, list[int]] = {}
    for place in ("", "history"):
        fit = matching(visible_leads(viewer), replace(wanted, place=place))
        for row in as_they_stand(fit):
            time = row[COLUMNS.index(times)]
            counts[(*row[GROUP], band(time))] += 1
            for line in ("", None), ("source", row[1]), ("team", row[2]):
                if time is not None and not place:
                    seconds.setdefault(line, []).append(time)
    return counts, {line: round(median(times)) for line, times in seconds.items()}


def band(seconds: int | None) -> int:
    if seconds is None:
        return len(BANDS)
    fits = (b.until is None or timedelta(seconds=seconds) <= b.until for b in BANDS)
    return list(fits).index(True)


def counted_so(viewer: Member, wanted: Filter, times: str) -> tuple[Counter[Any], dict[Any, int]]:
    known = named(viewer)
    counts: Counter[Any] = Counter()
    for one in counted(viewer, wanted, known, times):
        of = (one.source_id, one.team_id, one.is_history, one.stage, one.kind, one.reason)
        counts[(*of, one.promise, one.band)] += one.count
    return counts, dict(medians(viewer, wanted, known, times))


def agree(viewer: Member, wanted: Filter | None = None) -> int:
    """Hold counting against looking, in one snapshot; give how many leads there were."""
    wanted = wanted or Filter()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
        for times in TIMES:
            counts, middles = looked(viewer, wanted, times)
            assert counted_so(viewer, wanted, times) == (counts, middles), (viewer, wanted, times)
    return counts.total()


def whole(at_once: int = 1000) -> int:
    """Let the copy catch up. Gives below which transaction it holds everything."""
    while keep_up(at_once):
        pass
    since = known_below()
    assert since is not None
    return since


@contextmanager
def still_open(deed: Callable[[], object]) -> Iterator[None]:
    """Do something in a transaction of somebody else, which is committed at the end of the block."""
    done, end = threading.Event(), threading.Event()

    def work() -> None:
        try:
            with transaction.atomic():
                deed()
                done.set()
                assert end.wait(SECONDS)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert done.wait(SECONDS)
    yield
    end.set()
    thread.join(SECONDS)


def three() -> tuple[Company, list[UUID]]:
    company = found(weights=(1,))
    return company, [enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(3)]


def log(lead_id: UUID, now: datetime = MONDAY_NOON) -> None:
    log_call(lead_id, call(), member=holder(lead_id), now=now)


@pytest.mark.parametrize("seed", range(4))
def test_counting_is_looking_whatever_happened_and_however_far_the_copy_is(seed: int) -> None:
    dice = Random(seed)

    def meanwhile(company: Company) -> None:
        if dice.random() < 0.1:
            with suppress(ClewError):
                undo([dice.choice(Lead.objects.values_list("pk", flat=True))], MONDAY_NOON)
        for _ in range(dice.choice([0, 0, 1, 2, 9])):
            keep_up(dice.choice([2, 5, 50]))
        if dice.random() < 0.15:
            agree(company.administrator)

    company, _now = live(seed, 50, meanwhile)
    assert Standing.objects.exists()
    far = Member.objects.get(username="far")
    wishes = [Filter(), Filter(source="site"), Filter(channel="offline"), Filter(team=NOBODY)]
    wishes += [Filter(team=str(company.online.pk)), Filter(team="x"), Filter(source="x")]
    for viewer in (company.administrator, company.manager, far, company.people[0]):
        for wanted in wishes:
            agree(viewer, wanted)
    assert agree(company.administrator) == Lead.objects.count() > 10
    whole()
    assert agree(company.administrator) == Lead.objects.count() == Standing.objects.count()


@pytest.mark.parametrize("seed", range(2))
def test_every_number_of_the_copy_opens_exactly_its_leads(seed: int) -> None:
    company, now = live(seed, meanwhile=lambda _company: keep_up())
    since = whole()
    ids = list(Lead.objects.filter(ended_at=None, is_history=False).values_list("pk", flat=True))
    for lead_id in ids[:3]:
        handoff.close(lead_id, reason="won", actor=TESTER, now=now)
    assert 0 < touched(since).count() < Standing.objects.count() == Lead.objects.count()
    for viewer in (company.administrator, company.manager):
        known = named(viewer)
        reports: list[object] = [funnel(viewer, Filter(), known)]
        reports += [speed(viewer, Filter(), known, m, h) for m in MEASURES for h in HOURS]
        for number in set(numbers(reports)):
            assert opened(viewer, number, as_page=False) == number.count, number


def test_the_days_narrow_the_copy() -> None:
    company, _now = live(2, meanwhile=lambda _company: keep_up())
    whole()
    middle = Lead.objects.order_by("opened_at")[8].opened_at
    day = timezone.localtime(middle).date()
    parts = [Filter(until=f"{day - timedelta(days=1)}"), Filter(since=f"{day}")]
    found = [agree(company.administrator, wanted) for wanted in parts]
    assert all(found)
    assert sum(found) == Lead.objects.count()
    assert agree(company.administrator, Filter(since="not a day")) == 0


@transaction.atomic
def undo_without_a_trace(lead_id: UUID) -> None:
    """Let a lead go with its events, as where the demo is removed."""
    undo([lead_id], MONDAY_NOON)
    Entry.objects.filter(subject=lead_id).delete()


def test_each_change_is_counted_at_once_and_after_the_copy_caught_up() -> None:
    company, (first, second, third) = three()
    boss = company.administrator
    due = Clock.objects.get(lead=first).due_at
    undone, unseen = (enquire(company.site, phone=f"1390000000{n}", **COLD) for n in range(2))
    deeds: list[Callable[[], object]] = [
        lambda: log(first),
        lambda: go_on(due + timedelta(minutes=1)),
        lambda: handoff.close(second, reason="won", actor=TESTER, now=MONDAY_NOON),
        lambda: handoff.reopen(second, actor=TESTER, now=MONDAY_NOON),
        lambda: handoff.to_pool(
            third, team_id=company.offline.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand"
        ),
        lambda: enquire(company.fair, phone="13700000000", **COLD),
        lambda: undo([undone], MONDAY_NOON),
        lambda: Placement.objects.filter(lead=first).update(reason="without an event"),
        lambda: undo_without_a_trace(unseen),
    ]
    for deed in deeds:
        before = looked(boss, Filter(), TIMES[0])
        since = whole()
        deed()
        assert touched(since).exists()
        assert looked(boss, Filter(), TIMES[0]) != before
        agree(boss)
        whole()
        assert not Standing.objects.filter(lead_id__in=touched(known_below() or 0)).exists()
        agree(boss)
    assert Standing.objects.count() == Lead.objects.count() == 4


def test_a_transaction_that_began_before_the_copy_and_ends_after_it_is_counted() -> None:
    company, (first, second, third) = three()
    boss = company.administrator
    whole()
    with still_open(lambda: log(first)):
        log(second)
        since = whole()
        agree(boss)
        log(third)
        assert whole() == since <= horizon()[0]
        agree(boss)
    agree(boss)
    assert whole() > since
    agree(boss)
    assert Group.objects.filter(stage=2).exists()


def test_a_lead_that_an_older_transaction_writes_last_is_counted() -> None:
    company, (first, second, _third) = three()
    boss = company.administrator
    whole()

    def late() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()")  # an early number; the deed comes later
        waits.set()
        assert goes_on.wait(SECONDS)
        log(first)

    waits, goes_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=at_once, args=(lambda: _alone(late),))
    thread.start()
    assert waits.wait(SECONDS)
    handoff.to_pool(
        second, team_id=company.online.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand"
    )
    since = whole()
    goes_on.set()
    thread.join(SECONDS)
    assert FirstContact.objects.filter(lead=first).exists()
    assert Lead.objects.get(pk=first).written_in >= since
    agree(boss)
    whole()
    agree(boss)


def _alone(deed: Callable[[], object]) -> None:
    with transaction.atomic():
        deed()


def work(boss: Member, lead_ids: list[UUID], seed: int) -> None:
    """Call, end and undo leads by chance."""
    dice = Random(seed)
    for lead_id in lead_ids * 2:
        with suppress(ClewError):
            if dice.random() < 0.6:
                log_call(lead_id, call(), member=boss, now=MONDAY_NOON)
            else:
                handoff.close(lead_id, reason="lost_need", actor=TESTER, now=MONDAY_NOON)
        if dice.random() < 0.2:
            undo([lead_id], MONDAY_NOON)


def test_counting_is_looking_while_others_write_and_the_copy_follows() -> None:
    company = found(weights=(1, 1), capacity=200)
    ids = [enquire(company.site, phone=f"138{n:08d}", **HOT) for n in range(24)]
    boss = company.administrator
    whole()

    def follow() -> None:
        for _ in range(40):
            keep_up(7)

    def look() -> None:
        for _ in range(8):
            agree(boss)

    raised = at_once(lambda: work(boss, ids[:12], 1), lambda: work(boss, ids[12:], 2), follow, look)
    assert not raised
    assert agree(boss) == Lead.objects.count()
    whole()
    assert agree(boss) == Standing.objects.count()


def test_while_it_is_being_filled_everything_is_looked_at() -> None:
    company, (first, second, _third) = three()
    boss = company.administrator
    for n in range(6):
        enquire(company.site, phone=f"1361234567{n}", **COLD)
    steps = 0
    while keep_up(2):
        steps += 1
        if known_below() is None:
            log(first if steps == 2 else second, MONDAY_NOON + timedelta(minutes=steps))
        agree(boss)
    assert steps > 5
    assert agree(boss) == Standing.objects.count() == 9


def test_a_copy_that_says_otherwise_is_found() -> None:
    _company, (first, second, third) = three()
    assert miscounted() == 0
    whole()
    assert miscounted() == 0
    Standing.objects.filter(lead_id=first).update(tried_clock=7)
    Standing.objects.filter(lead_id=second).delete()
    assert miscounted() == 2
    log(first)
    assert miscounted() == 1
    Standing.objects.filter(lead_id=third).update(lead_id=uuid7())
    assert miscounted() == 3
    whole()
    assert miscounted() == 3


def test_it_begins_again_where_the_numbers_went_back() -> None:
    company, (first, *_others) = three()
    whole()
    Progress.objects.update(known_below=horizon()[1] + 1000)
    log(first)
    assert known_below() is None
    agree(company.administrator)
    settle()
    assert not Progress.objects.exists()
    assert whole() <= horizon()[0]
    agree(company.administrator)


def test_two_at_once_are_one() -> None:
    company, _ids = three()
    with still_open(lambda: keep_up(1)):
        assert not keep_up(1)
    assert not at_once(*[lambda: [keep_up(1) for _ in range(8)]] * 3)
    whole()
    assert agree(company.administrator) == Standing.objects.count() == 3


def test_where_nothing_was_touched_nothing_is_written() -> None:
    three()
    whole()
    with transaction.atomic(), connection.cursor() as cursor:
        assert not keep_up()
        cursor.execute("select pg_current_xact_id_if_assigned()")
        assert cursor.fetchone() == (None,)


def test_salespeople_look_at_their_own_leads() -> None:
    company, _ids = three()
    whole()
    Group.objects.update(stage=4)
    assert funnel(company.people[0], Filter(), named(company.people[0])).won.count == 0
    assert funnel(company.administrator, Filter(), named(company.administrator)).won.count == 3
