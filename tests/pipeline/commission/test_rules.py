"""What a plan pays: exact, in whole hundredths, whatever came first."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.pipeline.commission.booking import Posting, Stake, book, differences
from clew.pipeline.commission.rules import (
    OFFLINE,
    ONLINE,
    Account,
    Basis,
    Kind,
    Terms,
    Tier,
    ahead,
    change,
    counted,
    earned,
    faults,
    parts,
    split,
)
from tests.company import MONDAY_NOON

AMOUNTS = st.integers(0, 10**12)
NOVEMBER = date(2026, 11, 1)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    starts = sorted(draw(st.sets(st.integers(1, 10**9), max_size=4)))
    rates = draw(
        st.lists(st.integers(0, 3_000), min_size=len(starts) + 1, max_size=len(starts) + 1)
    )
    is_marginal = draw(st.booleans())
    tiers = zip([0, *starts], rates if is_marginal else sorted(rates), strict=True)
    return Terms(
        draw(st.sampled_from(Basis)),
        tuple(Tier(*tier) for tier in tiers),
        is_marginal,
        draw(st.integers(0, 10_000)),
        draw(st.none() | st.integers(0, 10**8)),
    )


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(1, 100), min_size=1, max_size=9))
def test_splits_sum_to_the_whole_and_are_fair_to_a_hundredth(
    amount: int, weights: list[int]
) -> None:
    shares = split(amount, weights)
    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - amount * weight) < sum(weights)
    assert split(-amount, weights) == [-share for share in shares]


def test_what_is_left_over_goes_to_the_largest_remainder_then_to_the_first() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [60, 25, 15]) == [6, 3, 1]
    assert split(1, [30, 70]) == [0, 1]


def test_marginal_tiers_pay_each_part_by_its_own_rate() -> None:
    plan = Terms(Basis.VALUE, (Tier(0, 100), Tier(10_000, 200)), is_marginal=True)
    assert earned(plan, Account(10_000)) == 100
    assert earned(plan, Account(15_000)) == 200
    assert ahead(plan, 4_000) == (Tier(10_000, 200), 6_000)
    assert ahead(plan, 10_000) is None


def test_a_whole_tier_raises_what_was_won_before_it_was_reached() -> None:
    plan = Terms(Basis.VALUE, (Tier(0, 100), Tier(10_000, 200)), is_marginal=False)
    before, after = Account(9_000), Account(10_000)
    assert change(plan, before, after) == 110
    told = [
        (part.kind, part.base, part.rate_bp, part.amount) for part in parts(plan, before, after)
    ]
    assert told == [(Kind.RATE, 1_000, 200, 20), (Kind.RAISE, 9_000, 100, 90)]


def test_a_cap_cuts_off_and_says_so() -> None:
    plan = Terms(Basis.VALUE, (Tier(0, 1_000),), cap_minor=1_500, per_deal_minor=100)
    told = parts(plan, Account(10_000, 100), Account(20_000, 200))
    assert [(part.kind, part.amount) for part in told] == [
        (Kind.RATE, 1_000),
        (Kind.FIXED, 100),
        (Kind.CAP, -700),
    ]


@given(terms(), AMOUNTS, AMOUNTS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_parts_of_a_line_sum_to_its_amount(
    plan: Terms, base: int, more: int, fixed: int, further: int
) -> None:
    assert not faults(plan)
    before, after = Account(base, fixed), Account(base + more, fixed + further)
    for one, other in ((before, after), (after, before)):
        assert sum(part.amount for part in parts(plan, one, other)) == change(plan, one, other)


@given(terms(), st.lists(st.tuples(AMOUNTS, st.integers(0, 10**6)), max_size=12), st.randoms())
def test_lines_sum_to_what_the_plan_pays_whatever_came_first_and_taken_back_to_nothing(
    plan: Terms, deals: list[tuple[int, int]], chance: object
) -> None:
    account, total = Account(), 0
    for base, fixed in deals:
        after = account.plus(base, fixed)
        total += change(plan, account, after)
        account = after
    assert total == earned(plan, Account(sum(b for b, _ in deals), sum(f for _, f in deals)))
    chance.shuffle(deals)  # type: ignore[attr-defined]
    for base, fixed in deals:
        after = account.plus(-base, -fixed)
        total += change(plan, account, after)
        account = after
    assert (account, total) == (Account(), 0)


@given(terms(), st.lists(st.tuples(st.integers(1, 4), AMOUNTS), max_size=10))
def test_booking_again_gives_the_same_lines_in_whatever_order_they_are_given(
    plan: Terms, deals: list[tuple[int, int]]
) -> None:
    postings = [
        Posting(
            UUID(int=at), at, 1, "won", Stake(who, 1, 1, 100, base, base, 0), NOVEMBER,
            MONDAY_NOON + timedelta(minutes=at),
        )
        for at, (who, base) in enumerate(deals)
    ]  # fmt: skip
    lines = book(postings, {}, {1: plan})
    assert book(reversed(postings), {}, {1: plan}) == lines
    for line in lines:
        after = line.before.plus(line.posting.stake.base, line.posting.stake.fixed)
        assert change(plan, line.before, after) == line.amount


def test_only_what_changed_is_booked_and_a_new_deal_always() -> None:
    mine, yours = Stake(1, 1, 1, 60, 100, 60, 0), Stake(2, 1, 1, 40, 100, 40, 0)
    assert differences([mine, yours], [mine, yours], is_new=False) == []
    assert differences([], [Stake(1, 1, 1, 100, None, 0, 0)], is_new=True) != []
    gone = differences([mine, yours], [Stake(1, 1, 1, 100, 100, 100, 0)], is_new=False)
    assert [(s.member_id, s.percent, s.base) for s in gone] == [(1, 100, 40), (2, 0, -40)]


def test_a_loss_and_what_nobody_has_said_count_for_nothing() -> None:
    assert counted(OFFLINE, 10_000, -500) == 0
    assert counted(OFFLINE, 10_000, None) == 0
    assert counted(ONLINE, 10_000, None) == 10_000


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (Terms(Basis.VALUE, ()), "tiers_missing"),
        (Terms(Basis.VALUE, (Tier(1, 100),)), "tiers_missing"),
        (Terms(Basis.VALUE, (Tier(0, 1), Tier(9, 2), Tier(9, 3))), "tiers_out_of_order"),
        (Terms(Basis.VALUE, (Tier(0, 10_001),)), "rate_out_of_range"),
        (Terms(Basis.VALUE, tuple(Tier(n, 1) for n in range(9))), "tiers_too_many"),
        (Terms(Basis.VALUE, (Tier(0, 2), Tier(9, 1)), is_marginal=False), "whole_rate_falls"),
        (Terms(Basis.VALUE, (Tier(0, 2),), cap_minor=-1), "amount_out_of_range"),
    ],
)
def test_a_plan_that_cannot_be_paid_by_says_why(wrong: Terms, code: str) -> None:
    assert code in faults(wrong)
    assert not faults(ONLINE)
    assert not faults(OFFLINE)
