"""Ids sort by the time at which they were made."""

from clew.base.ids import uuid7


def test_what_is_made_one_after_the_other_sorts_in_that_order() -> None:
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(made)
    assert {(id_.version, id_.variant) for id_ in made} == {(7, "specified in RFC 4122")}


def test_an_old_record_sorts_by_its_own_time() -> None:
    assert uuid7(1_000) < uuid7(1_001) < uuid7()
