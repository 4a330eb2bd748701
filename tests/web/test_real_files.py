"""Files that nobody here made, counted a second time without Clew."""

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from clew.capture.models import ImportRow
from clew.contacts.models import Lead
from clew.web import import_command
from tests import company as companies

pytestmark = pytest.mark.django_db
BANK = Path(os.environ.get("CLEW_TEST_DATA", "../shared/data")) / "bank_marketing"
NUMBERS = ("age", "balance", "day", "duration", "campaign", "pdays", "previous")
TITLED = "column_name"  # a column that holds nothing


def recounted(file: Path) -> tuple[dict[int, list[tuple[str, str]]], int]:
    """What is wrong with which row, and how many of the others say what another said before."""
    wrong, said = {}, Counter[tuple[str, ...]]()
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            empty = [(name, "missing") for name in row if name != TITLED and not row[name]]
            words = [n for n in NUMBERS if row[n] and not row[n].removeprefix("-").isdigit()]
            if faults := empty + [(name, "not_a_number") for name in words]:
                wrong[number] = faults
            else:
                said[tuple("".join(sorted(cell.lower())) for cell in row.values())] += 1
    return wrong, said.total() - len(said)


@pytest.mark.skipif(not BANK.is_dir(), reason="no bank_marketing in CLEW_TEST_DATA")
def test_of_a_damaged_table_every_bad_row_is_named_and_every_good_one_is_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    companies.found()
    dirty = BANK / "bank-full.dirty.csv"
    words = [str(dirty), "--source", "bank", "--history", "--json"]
    assert import_command.main(words) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    wrong, doubled = recounted(dirty)
    assert (told["errors"], told["duplicates"]) == (len(wrong), doubled)
    assert told["new"] == Lead.objects.count() == told["rows"] - len(wrong) - doubled
    refused = ImportRow.objects.filter(verdict="error").values_list("number", "code", "details")
    assert {n: [tuple(pair) for pair in d["columns"]] for n, _, d in refused} == wrong
    assert {n: code for n, code, _ in refused} == {n: faults[0][1] for n, faults in wrong.items()}
