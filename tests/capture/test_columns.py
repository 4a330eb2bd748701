"""What the columns of a file mean, and what its rows say."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from clew.capture.columns import Plan, RowRead, guess, read, sameness
from clew.capture.sheets import reading
from clew.capture.sheets.content import OnDisk
from clew.capture.sheets.layout import Row

DATA = Path(os.environ.get("CLEW_TEST_DATA", "../shared/data"))


def taken(name: str, *, is_history: bool) -> tuple[Plan, list[Row]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {path.name} beside the project")
    content = OnDisk(path)
    found = reading.examine(content)
    plan = guess(found.columns, is_history=is_history, row_count=found.row_count)
    return plan, list(reading.rows(content, found.layout))


def faults(row: RowRead) -> set[tuple[str, str]]:
    return {(fault.column, fault.code) for fault in row.faults}


def test_old_sales_calls_are_history_without_a_fault() -> None:
    plan, rows = taken("bank_marketing/bank-full.csv", is_history=True)
    results = Counter[str]()
    for row in rows:
        done = read(plan, row.cells, "bank")
        assert not done.faults
        assert done.outcome
        assert done.lead
        assert len(done.lead.extra) == 16
        results[done.outcome.result] += 1
    assert results == {"won": 5289, "lost": 39922}


def test_every_damaged_row_is_named_with_its_column_and_every_other_goes_in() -> None:
    plan, rows = taken("bank_marketing/bank-full.dirty.csv", is_history=True)
    found = {n: faults(read(plan, row.cells, "bank")) for n, row in enumerate(rows)}
    with (DATA / "bank_marketing/bank-full.dirty.csv").open(encoding="utf-8", newline="") as file:
        header, *recounted = list(csv.reader(file))
    assert header.pop() == "column_name"
    expected = {
        n: {(name, "missing") for name, cell in zip(header, cells, strict=False) if not cell}
        | {
            (name, "not_a_number")
            for name, cell in zip(header, cells, strict=False)
            if cell == "error"
        }
        for n, cells in enumerate(recounted)
    }
    assert found == expected
    assert sum(map(bool, expected.values())) == 460


def test_rows_that_differ_in_case_and_swapped_letters_say_the_same() -> None:
    plan, rows = taken("bank_marketing/bank-full.dirty.csv", is_history=True)
    assert plan.leave_out_same
    assert len(rows) - len({sameness(plan, row.cells) for row in rows}) == 87
