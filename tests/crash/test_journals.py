"""Journals and people's unfinished business, as an interrupted trial finds them."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.folder import Cast, Folder, OtherTrial
from tests.crash.journals import Journal, lines
from tests.crash.people import unsettled
from tests.crash.senders import request
from tests.crash.system import VICTIMS, victim


def test_a_line_that_broke_off_was_never_written(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text('["a", 1]\n["b"')
    assert lines(path) == [["a", 1]]
    with closing(Journal(path)) as journal:
        journal.write("c", 2)
    assert lines(path) == [["a", 1], ["c", 2]]


def test_what_was_begun_and_not_concluded_is_settled_first() -> None:
    journal = [
        ["tried", "lead 1"],
        ["told", "lead 1"],
        ["dialled", "call 1", "lead 1", "answered"],
        ["kept", "call 1"],
        ["tried", "lead 2"],
        ["refused", "lead 2"],
        ["tried", "lead 2"],
        ["dialled", "call 2", "lead 1", "no_answer"],
    ]
    assert unsettled(journal) == (["lead 2"], [["call 2", "lead 1", "no_answer"]])


def test_a_request_that_is_made_again_is_the_same() -> None:
    assert request(7, 1, 30, phones=1000) == request(7, 1, 30, phones=1000)
    assert request(7, 1, 30, phones=1000) != request(7, 1, 31, phones=1000)
    assert {len(request(7, 1, n, phones=1000).leads) > 1 for n in range(30)} == {True, False}


def test_every_victim_is_hit_in_every_turn() -> None:
    numbers = range(5 * len(VICTIMS), 6 * len(VICTIMS))
    assert {victim(7, number) for number in numbers} == set(VICTIMS)


def test_a_trial_goes_on_where_it_stopped_and_in_no_other_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    state = folder.state(7, 100, 1000)
    state.done, state.killed = 12, {"work": 2}
    folder.keep(state)
    assert folder.state(7, 100, 1000) == state
    with pytest.raises(OtherTrial):
        folder.state(8, 100, 1000)


def test_people_are_hired_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.cast() is None
    cast = Cast("secret", "password", ["sales0"], "session=1")
    folder.hire(cast)
    assert folder.cast() == cast
