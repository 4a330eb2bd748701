"""What a seat takes on: product groups and regions, and what is known of a lead only in part."""

import random
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clew.handoff.rules import (
    ONE_LEAD,
    Lead,
    Seat,
    charges,
    draws,
    exclusion,
    extent,
    share_out,
    standings,
    uncovered,
)
from tests.handoff.test_rules import seat

SHENZHEN, GUANGZHOU, NANSHAN, GUANGDONG, SUZHOU = 440300, 440100, 440305, 440000, 320500


def takes(id_: int, *regions: int, **other: object) -> Seat:
    return seat(id_, territories=tuple(extent(region) for region in regions), **other)


def lead(number: int, region: int | None = None, category: str = "") -> Lead:
    return Lead(UUID(int=random.Random(number).getrandbits(128)), 3, region, category)


def winner(seats: list[Seat], one: Lead) -> int | None:
    return share_out(seats, [one]).turns[0].seat_id


def test_a_lead_goes_to_whoever_takes_its_region() -> None:
    seats = [takes(1, SHENZHEN), takes(2, SUZHOU)]
    assert {winner(seats, lead(n, NANSHAN)) for n in range(20)} == {1}
    assert {winner(seats, lead(n, SUZHOU)) for n in range(20)} == {2}


def test_without_anybody_for_the_region_it_waits_and_says_so() -> None:
    turn = share_out([takes(1, SHENZHEN)], [lead(1, SUZHOU)]).turns[0]
    assert (turn.seat_id, turn.reason) == (None, "nobody_covers")


def test_who_takes_the_region_and_is_away_is_waited_for() -> None:
    seats = [takes(1, SUZHOU, is_present=False), takes(2, SHENZHEN)]
    assert share_out(seats, [lead(1, SUZHOU)]).turns[0].reason == "nobody_present"


def test_an_unknown_region_goes_to_those_without_territories_if_there_are() -> None:
    seats = [takes(1, SHENZHEN), seat(2), seat(3)]
    assert {winner(seats, lead(n)) for n in range(20)} == {2, 3}
    only = [takes(1, SHENZHEN), takes(2, SUZHOU)]
    assert {winner(only, lead(n)) for n in range(20)} == {1, 2}


def test_a_province_alone_goes_to_who_takes_all_of_it_else_to_who_takes_a_part() -> None:
    seats = [takes(1, SHENZHEN), takes(2, GUANGZHOU), takes(3, SUZHOU)]
    assert {winner(seats, lead(n, GUANGDONG)) for n in range(20)} == {1, 2}
    assert {winner([*seats, takes(4, GUANGDONG)], lead(n, GUANGDONG)) for n in range(20)} == {4}


def test_product_groups_are_asked_before_regions() -> None:
    seats = [takes(1, SUZHOU, categories=("servo",)), seat(2, categories=("sensor",))]
    one = lead(1, SHENZHEN, "sensor")
    assert winner(seats, one) == 2
    assert [s.excluded for s in standings(seats, [one], 0)] == ["other_category", ""]
    assert [s.excluded for s in standings(seats, [lead(1, SHENZHEN, "servo")], 0)] == [
        "out_of_territory",
        "other_category",
    ]


def test_an_unknown_product_group_goes_first_to_those_who_take_all() -> None:
    seats = [seat(1, categories=("servo",)), seat(2)]
    assert {winner(seats, lead(n)) for n in range(20)} == {2}
    assert winner(seats[:1], lead(1)) == 1


spans = st.lists(
    st.sampled_from([GUANGDONG, SHENZHEN, NANSHAN, GUANGZHOU, SUZHOU, 320000]), max_size=2
)
seats_ = st.lists(
    st.builds(
        lambda id_, regions, **other: takes(id_, *regions, **other),
        st.integers(1, 10**6),
        spans,
        weight=st.integers(0, 5),
        categories=st.sampled_from([(), ("servo",), ("servo", "sensor")]),
        capacity=st.integers(0, 9),
        open_count=st.integers(0, 3),
        absence=st.sampled_from([0, 0, 0, 7]),
        credit=st.integers(-ONE_LEAD, ONE_LEAD),
    ),
    max_size=7,
    unique_by=lambda s: s.id,
)
leads_ = st.lists(
    st.builds(
        lead,
        st.integers(0, 10**6),
        st.sampled_from([None, GUANGDONG, SHENZHEN, NANSHAN, SUZHOU]),
        st.sampled_from(["", "servo", "sensor"]),
    ),
    max_size=25,
)


@given(seats_, leads_)
def test_p8_nobody_gets_what_is_surely_not_theirs(seats: list[Seat], batch: list[Lead]) -> None:
    after = share_out(seats, batch)
    by_id = {s.id: s for s in seats}
    for one, turn in zip(batch, after.turns, strict=True):
        if turn.seat_id is None:
            continue
        got = by_id[turn.seat_id]
        assert not exclusion(got, 0, (one.region, one.category)) or got.capacity == 0
        if one.region == NANSHAN and one.category:
            assert not uncovered(got, (one.region, one.category))
        assert not got.absence
    assert sum(after.credits.values()) == sum(s.credit for s in seats)
    assert all(after.open_counts[s.id] <= max(s.capacity, s.open_count) for s in seats)


@given(seats_, leads_)
def test_charges_draws_and_standings_agree_with_the_turns(
    seats: list[Seat], batch: list[Lead]
) -> None:
    after = share_out(seats, batch)
    charged = charges(seats, batch)
    assert all(sum(changed.values()) == 0 for changed in charged)
    for s in seats:
        total = s.credit + sum(changed.get(s.id, 0) for changed in charged)
        assert after.credits[s.id] == total
    for number, (tied, turn) in enumerate(zip(draws(seats, batch), after.turns, strict=True)):
        assert (turn.seat_id in tied) if turn.seat_id else not tied
        seen = standings(seats, batch, number)
        most = max((s.credit for s in seen if not s.excluded), default=None)
        best = [s.seat.id for s in seen if not s.excluded and s.credit == most]
        assert sorted(best) == sorted(tied)


def test_a_round_of_version_1_is_decided_as_it_was() -> None:
    """Written by version 1: arrays of eight and two. Who got what is what that version decided."""
    seats = msgspec.convert(
        [
            [1, 11, 3, 50, 0, 120_000, True, True],
            [2, 12, 2, 50, 4, -40_000, True, True],
            [3, 13, 2, 2, 1, -80_000, True, True],
            [4, 14, 1, 50, 0, 0, False, True],
        ],
        list[Seat],
    )
    leads = msgspec.convert([[str(UUID(int=n * 7919)), 3] for n in range(1, 15)], list[Lead])
    assert [turn.seat_id for turn in share_out(seats, leads).turns] == WINNERS_OF_VERSION_1


WINNERS_OF_VERSION_1 = [1, 2, 3, 1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1]
