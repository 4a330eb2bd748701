"""`clew export`: a sheet into a file, on the record."""

import json
import zipfile
from pathlib import Path

import pytest

from clew.base.models import Entry, File
from clew.pipeline.errors import ReasonMissing
from clew.pipeline.models import Export
from clew.web import exporting
from clew.web.exporting import ColumnUnknown, FilterUnknown, OutUnwritable
from tests.company import COLD, HOT, enquire, found

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _leads() -> None:
    company = found()
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    enquire(company.fair, name="Anna", phone="13912345678", **COLD)


def test_a_sheet_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "all.xlsx"
    exporting.main(["leads", "--out", str(out), "--json"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["rows"], told["masked"], told["bytes"]) == (2, True, out.stat().st_size)
    assert zipfile.ZipFile(out).testzip() is None
    assert not File.objects.exists()
    assert set(Entry.objects.filter(name__startswith="Export").values_list("actor_id")) == {
        ("terminal",)
    }


def test_filters_and_columns_narrow_it(tmp_path: Path) -> None:
    out = tmp_path / "some.csv"
    words = ["--filter", "source=fair", "--columns", "name,phone"]
    exporting.main(["leads", "--out", str(out), *words])
    assert out.read_text(encoding="utf-8-sig").splitlines()[1:] == ['"Anna","139****5678"']


def test_full_numbers_need_a_reason(tmp_path: Path) -> None:
    out = tmp_path / "full.csv"
    with pytest.raises(ReasonMissing):
        exporting.main(["leads", "--out", str(out), "--unmask"])
    assert not out.exists()
    exporting.main(["leads", "--out", str(out), "--unmask", "--reason", "moving house"])
    assert "+8613812345678" in out.read_text(encoding="utf-8-sig")
    assert Export.objects.get().reason == "moving house"


@pytest.mark.parametrize("wrong", ["phone=138", "place", ""])
def test_a_filter_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(FilterUnknown):
        exporting.main(["leads", "--out", str(tmp_path / "a.csv"), "--filter", wrong])


def test_what_cannot_be_written_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(OutUnwritable):
        exporting.main(["leads", "--out", str(tmp_path / "no" / "a.csv")])
    with pytest.raises(ColumnUnknown):
        exporting.main(["leads", "--out", str(tmp_path / "a.csv"), "--columns", "salary"])
    assert not Export.objects.exists()
