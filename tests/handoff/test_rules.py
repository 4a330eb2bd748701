"""The properties of `allocation.md` 4.3 for sharing out by turn: P1, P2, P4 to P8."""

import random
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from clew.handoff.rules import EXCLUSIONS, ONE_LEAD, Lead, Seat, exclusion, share_out, standings

MANY = 10_000


def seat(id_: int, weight: int = 1, **other: object) -> Seat:
    given_: dict[str, object] = {
        "member_id": id_,
        "capacity": MANY,
        "open_count": 0,
        "credit": 0,
        "is_present": True,
        "is_on_shift": True,
    } | other
    return Seat(id=id_, weight=weight, **given_)  # type: ignore[arg-type]


def leads(count: int, seed: int = 1) -> list[Lead]:
    chance = random.Random(seed)
    return [Lead(UUID(int=chance.getrandbits(128)), 3) for _ in range(count)]


weights = st.lists(st.integers(1, 9), min_size=1, max_size=12)
seats = st.lists(
    st.builds(
        seat,
        st.integers(1, 10**6),
        st.integers(0, 9),
        capacity=st.integers(0, 5),
        open_count=st.integers(0, 5),
        is_present=st.booleans(),
        is_on_shift=st.booleans(),
        credit=st.integers(-3 * ONE_LEAD, 3 * ONE_LEAD),
    ),
    max_size=8,
    unique_by=lambda s: s.id,
)


@given(seats, st.integers(0, 40))
def test_p1_credits_always_sum_to_what_they_summed_to(sitting: list[Seat], count: int) -> None:
    after = share_out(sitting, leads(count))
    assert sum(after.credits.values()) == sum(s.credit for s in sitting)


@given(weights, st.integers(1, 120))
def test_p2_nobody_is_served_a_whole_lead_beyond_the_due(given_: list[int], count: int) -> None:
    sitting = [seat(n, w) for n, w in enumerate(given_, 1)]
    served = share_out(sitting, leads(count)).open_counts
    total, n = sum(given_), len(given_)
    harmonic = sum(Fraction(1, k) for k in range(1, n)) if n > 1 else Fraction(0)
    rounding = Fraction(n * count, ONE_LEAD)
    for s in sitting:
        due = Fraction(s.weight * count, total)
        assert served[s.id] - due < 1 + rounding
        assert due - served[s.id] <= harmonic + 1 + rounding


@given(weights)
def test_p2_after_a_full_cycle_everybody_has_exactly_the_share(given_: list[int]) -> None:
    sitting = [seat(n, w) for n, w in enumerate(given_, 1)]
    served = share_out(sitting, leads(sum(given_))).open_counts
    assert all(served[s.id] == s.weight for s in sitting)


@given(st.integers(2, 10), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_p4_with_changing_eligibility_the_most_owed_wins_and_debts_stay_small(
    people: int, chance: random.Random
) -> None:
    sitting = [seat(n, chance.randint(1, 5)) for n in range(1, people + 1)]
    for lead in leads(100, chance.randrange(10**6)):
        now = [
            Seat(
                *(
                    getattr(s, f) if f != "is_present" else chance.random() < 0.6
                    for f in Seat.__struct_fields__
                )
            )
            for s in sitting
        ]
        winner = share_out(now, [lead]).turns[0].seat_id
        eligible = [s for s in standings(now, [lead], 0) if not s.excluded]
        if winner is not None:
            most = max(s.credit for s in eligible)
            assert next(s.credit for s in eligible if s.seat.id == winner) == most
        after = share_out(now, [lead])
        sitting = [
            seat(s.id, s.weight, credit=after.credits[s.id], open_count=after.open_counts[s.id])
            for s in sitting
        ]
        assert sum(s.credit for s in sitting) == 0
        assert max(abs(s.credit) for s in sitting) <= people * ONE_LEAD


@given(st.integers(2, 12), st.integers(0, 10**6))
def test_p5_ties_follow_neither_age_nor_number(people: int, seed: int) -> None:
    batch = leads(1, seed)
    ids = list(range(1, people + 1))
    first = share_out([seat(n) for n in ids], batch).turns[0].seat_id
    assert share_out([seat(n) for n in reversed(ids)], batch).turns[0].seat_id == first


def test_p5_over_many_short_rounds_no_colleague_leads_by_more_than_one() -> None:
    sitting = [seat(n) for n in range(1, 8)]
    total: dict[int, int] = dict.fromkeys(range(1, 8), 0)
    firsts = set()
    for number in range(60):
        after = share_out(sitting, leads(3, number))
        firsts.add(after.turns[0].seat_id)
        for turn in after.turns:
            total[turn.seat_id or 0] += 1
        sitting = [seat(s.id, credit=after.credits[s.id]) for s in sitting]
        assert max(total.values()) - min(total.values()) <= 1
    assert len(firsts) == 7


@given(st.integers(1, 60), st.integers(1, 60))
def test_p6_leaving_and_returning_brings_no_burst(away: int, back: int) -> None:
    three = [seat(1), seat(2), seat(3)]
    without = share_out([three[0], three[1], seat(3, is_present=False)], leads(away))
    assert without.open_counts[3] == 0
    assert without.credits[3] == 0
    returned = share_out([seat(n, credit=without.credits[n]) for n in (1, 2, 3)], leads(back, 2))
    assert returned.open_counts[3] <= back / 3 + 1


@given(weights, st.integers(1, 60))
def test_p6_somebody_joining_leaves_the_others_counts_alone(given_: list[int], count: int) -> None:
    sitting = [seat(n, w) for n, w in enumerate(given_, 1)]
    before = share_out(sitting, leads(count)).credits
    joined = [seat(s.id, s.weight, credit=before[s.id]) for s in sitting] + [seat(99)]
    assert {s.id: s.credit for s in joined if s.id != 99} == before


def test_p7_no_seat_one_seat_and_no_weight_are_defined() -> None:
    assert share_out([], leads(1)).turns[0].reason == "no_seats"
    assert share_out([seat(1)], leads(3)).open_counts == {1: 3}
    assert share_out([seat(1, 0), seat(2, 0)], leads(1)).turns[0].reason == "nobody_weighted"


@given(seats, st.integers(0, 40))
def test_p8_nobody_beyond_capacity_off_shift_or_away(sitting: list[Seat], count: int) -> None:
    after = share_out(sitting, leads(count))
    for s in sitting:
        got = after.open_counts[s.id] - s.open_count
        assert got == 0 or (s.is_present and s.is_on_shift and s.weight)
        assert after.open_counts[s.id] <= max(s.capacity, s.open_count)
    for turn in after.turns:
        assert (turn.seat_id is None) == (turn.reason in {*EXCLUSIONS.values(), "no_seats"})


@given(seats, st.integers(1, 20))
def test_a_batch_is_the_same_as_its_leads_one_by_one(sitting: list[Seat], count: int) -> None:
    batch = leads(count)
    at_once = share_out(sitting, batch)
    winners = []
    for lead in batch:
        after = share_out(sitting, [lead])
        winners.append(after.turns[0].seat_id)
        sitting = [
            Seat(
                s.id,
                s.member_id,
                s.weight,
                s.capacity,
                after.open_counts[s.id],
                after.credits[s.id],
                s.is_present,
                s.is_on_shift,
            )
            for s in sitting
        ]
    assert winners == [turn.seat_id for turn in at_once.turns]


@given(seats, st.integers(1, 10))
def test_the_standings_show_every_seat_with_its_first_reason(
    sitting: list[Seat], count: int
) -> None:
    batch = leads(count)
    for turn in range(count):
        before = share_out(sitting, batch[:turn])
        for s in standings(sitting, batch, turn):
            assert s.excluded == exclusion(s.seat, before.open_counts[s.seat.id])


def test_a_single_altered_input_changes_the_outcome() -> None:
    sitting, batch = [seat(1, 2), seat(2, 3), seat(3, 4)], leads(9)
    winners = [t.seat_id for t in share_out(sitting, batch).turns]
    altered = [t.seat_id for t in share_out([seat(1, 5), *sitting[1:]], batch).turns]
    assert winners != altered
    assert any(a != b for a, b in pairwise(winners))
