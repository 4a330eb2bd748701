"""To who has waited longest: the properties of the choice, and what counts as waiting on the database."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.handoff import rules
from clew.handoff.actions.seats import join, leave, set_seat
from clew.handoff.fairness import Tie, is_suspect
from clew.handoff.models import Method, Placement, Round, Seat
from clew.handoff.people.actions import cancel_absence, plan_absence
from clew.handoff.queries import recomputed_equal, trace
from clew.handoff.rules import IDLE, TURN, Lead, exclusion, share_out, standings
from clew.web.doctor import decisions
from clew.web.flow import undo
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.handoff.test_rules import leads, seat, seats

MINUTE = 60_000_000


def idle(count: int, seed: int = 1) -> list[Lead]:
    return [msgspec.structs.replace(lead, way=IDLE) for lead in leads(count, seed)]


waits = st.lists(st.integers(0, 500) | st.just(7), min_size=1, max_size=10)


@given(seats, st.lists(st.integers(0, 5), min_size=8, max_size=8), st.integers(0, 30))
def test_whoever_can_and_has_waited_longest_gets_it_and_credits_stay(
    sitting: list[rules.Seat], waited: list[int], count: int
) -> None:
    sitting = [msgspec.structs.replace(s, waited=w) for s, w in zip(sitting, waited, strict=False)]
    batch = idle(count)
    after = share_out(sitting, batch)
    assert after.credits == {s.id: s.credit for s in sitting}
    before = sitting
    for lead in batch:
        one = share_out(before, [lead])
        seen = standings(before, [lead], 0)
        free = [s for s in before if not exclusion(s, s.open_count)]
        assert [s.seat.id for s in seen if not s.excluded] == [s.id for s in free]
        if one.turns[0].seat_id is not None:
            chosen = next(s for s in free if s.id == one.turns[0].seat_id)
            assert chosen.waited == max(s.waited for s in free)
        before = _after(before, one)
    assert {s.id: s.open_count for s in before} == after.open_counts


@given(waits, st.lists(st.integers(1, 9), min_size=10, max_size=10), st.integers(1, 60))
def test_weights_make_no_difference_but_nought_is_still_none(
    waited: list[int], weights: list[int], count: int
) -> None:
    plain = [seat(n, waited=w) for n, w in enumerate(waited, 1)]
    weighted = [msgspec.structs.replace(s, weight=weights[s.id - 1]) for s in plain]
    assert share_out(plain, idle(count)).turns == share_out(weighted, idle(count)).turns
    assert share_out([seat(1, 0, waited=9)], idle(1)).turns[0].reason == "nobody_weighted"


@given(waits, st.integers(1, 60))
def test_however_long_somebody_waited_there_is_no_burst(waited: list[int], count: int) -> None:
    sitting = [seat(n, waited=w) for n, w in enumerate(waited, 1)]
    winners = [t.seat_id for t in share_out(sitting, idle(count)).turns]
    for n in range(len(winners) - len(sitting) + 1):
        assert len(set(winners[n : n + len(sitting)])) == len(sitting)


@given(waits, st.lists(st.sampled_from([TURN, IDLE]), max_size=30))
def test_a_lead_by_weight_ends_the_waiting_too_and_a_batch_is_its_leads(
    waited: list[int], ways: list[str]
) -> None:
    sitting = [seat(n, n, waited=w) for n, w in enumerate(waited, 1)]
    batch = [
        msgspec.structs.replace(one, way=way)
        for one, way in zip(leads(len(ways)), ways, strict=True)
    ]
    at_once = share_out(sitting, batch)
    before, winners = sitting, []
    for lead in batch:
        one = share_out(before, [lead])
        winners.append(one.turns[0].seat_id)
        before = _after(before, one)
        assert min(before, key=lambda s: s.waited).id == winners[-1]
    assert winners == [t.seat_id for t in at_once.turns]
    assert [t.reason for t in at_once.turns] == ways
    changed = rules.charges(sitting, batch)
    assert all(not one for one, way in zip(changed, ways, strict=True) if way == IDLE)
    for s in sitting:
        assert at_once.credits[s.id] == sum(one.get(s.id, 0) for one in changed)


def test_equal_waiting_follows_neither_age_nor_number(monkeypatch: pytest.MonkeyPatch) -> None:
    sitting = [seat(n, waited=5) for n in range(1, 7)]

    def drawn() -> list[Tie]:
        return [
            Tie(
                tuple(rules.draws(sitting, [one])[0]),
                share_out(sitting, [one]).turns[0].seat_id or 0,
            )
            for one in idle(60, 3)
        ]

    assert all(len(tie.tied) == 6 for tie in drawn())
    assert not is_suspect(drawn(), [int])
    monkeypatch.setattr(rules, "drawn", lambda _, owed: min(owed))
    assert is_suspect(drawn(), [int])


def _after(sitting: list[rules.Seat], one: rules.Outcome) -> list[rules.Seat]:
    return [
        msgspec.structs.replace(
            s, credit=one.credits[s.id], open_count=one.open_counts[s.id], waited=one.waits[s.id]
        )
        for s in sitting
    ]


def longest(weights: tuple[int, ...] = (5, 1, 1)) -> Company:
    company = found(weights=weights)
    Method.objects.update(high=IDLE, medium=IDLE, low=IDLE)
    return company


def at(minutes: int) -> datetime:
    return MONDAY_NOON + timedelta(minutes=minutes)


def holder(lead_id: object) -> int:
    return Placement.objects.get(lead=lead_id, closed_at=None).seat_id or 0


@pytest.mark.django_db
def test_each_in_turn_of_waiting_and_the_page_says_how_long() -> None:
    company = longest()
    got = [holder(enquire(company.site, at(n), phone=f"1380000{n:04}", **HOT)) for n in range(1, 4)]
    assert Counter(got) == {s.pk: 1 for s in company.seats}
    a_little_later = at(42) + timedelta(seconds=1)
    lead_id = enquire(company.site, a_little_later, phone="13800009999", **HOT)
    assert holder(lead_id) == got[0]
    told = trace(company.administrator, lead_id)
    assert (told.reason, told.way, told.is_recomputed_equal) == (IDLE, IDLE, True)
    assert [c.waited_seconds // 60 for c in told.candidates] == [41, 40, 39]
    assert told.candidates[0].is_chosen
    assert decisions(at(0), at(60))["different"] == 0
    decided = Round.objects.order_by("-decided_at").first()
    assert decided
    decided.seats[company.seats.index(Seat.objects.get(pk=got[0]))][-1] = 0
    decided.save()
    assert not recomputed_equal(decided)


@pytest.mark.django_db
def test_a_batch_goes_round_in_the_order_in_which_they_were_served() -> None:
    company = longest()
    first = [holder(enquire(company.site, at(n), phone=f"1380001{n:04}", **HOT)) for n in range(6)]
    assert first[:3] == first[3:]
    assert len(set(first[:3])) == 3


@pytest.mark.django_db
def test_a_night_and_a_day_off_are_no_waiting() -> None:
    """One who works at night too would else always come after those whose night counted."""
    company = longest((1, 1))
    for n in range(2):
        enquire(company.site, at(n), phone=f"1380002{n:04}", **HOT)
    tuesday = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    lead_id = enquire(company.site, tuesday, phone="13800020009", **HOT)
    waited = [c.waited_seconds for c in trace(company.administrator, lead_id).candidates]
    assert max(waited) < 9 * 60 * 60


@pytest.mark.django_db
def test_who_comes_back_waits_from_then_on() -> None:
    company = longest((1, 1, 1))
    away, seats_ = company.seats[0], company.seats
    first = [enquire(company.site, at(n), phone=f"1380003{n:04}", **HOT) for n in range(3)]
    assert {holder(one) for one in first} == {s.pk for s in seats_}
    (planned,) = plan_absence(
        [away.pk],
        from_at=at(3),
        until_at=at(500),
        reason="",
        planner=company.manager,
        now=at(3),
    )
    for n in (10, 11):
        enquire(company.site, at(n), phone=f"1380003{n:04}", **HOT)
    cancel_absence(planned.pk, actor=TESTER, now=at(20))
    back = [
        holder(enquire(company.site, at(n), phone=f"1380003{n:04}", **HOT)) for n in (30, 31, 32)
    ]
    assert back[2] == away.pk
    set_seat(away.pk, weight=1, capacity=50, is_present=False, actor=TESTER, now=at(40))
    enquire(company.site, at(45), phone="13800031001", **HOT)
    set_seat(away.pk, weight=1, capacity=50, is_present=True, actor=TESTER, now=at(50))
    set_seat(away.pk, weight=2, capacity=50, is_present=True, actor=TESTER, now=at(55))
    told = trace(company.administrator, enquire(company.site, at(60), phone="13800031002", **HOT))
    assert {c.member_id: c.waited_seconds // 60 for c in told.candidates}[away.member_id] == 10


@pytest.mark.django_db
def test_who_takes_a_seat_again_waits_from_then_on() -> None:
    company = longest((1, 1))
    gone = company.seats[0]
    leave(gone.pk, actor=TESTER, now=at(0))
    again = join(company.online.pk, gone.member_id, weight=1, capacity=5, actor=TESTER, now=at(30))
    assert again.pk == gone.pk
    told = trace(company.administrator, enquire(company.site, at(31), phone="13800040001", **HOT))
    assert {c.member_id: c.waited_seconds // 60 for c in told.candidates}[gone.member_id] == 1


@pytest.mark.django_db(transaction=True)
def test_an_undone_lead_ended_nobodys_waiting() -> None:
    company = longest((1, 1))
    enquire(company.site, at(0), phone="13800050000", **HOT)
    before = dict(Seat.objects.values_list("pk", "served_at"))
    undone = enquire(company.site, at(10), phone="13800050001", **HOT)
    assert dict(Seat.objects.values_list("pk", "served_at")) != before
    undo([undone], at(11))
    assert dict(Seat.objects.values_list("pk", "served_at")) == before
