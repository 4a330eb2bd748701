"""Custom fields in files: in by an import, out by an export, and as part of the configuration."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.utils.translation import override

from clew.capture import columns
from clew.capture.actions.fields import FieldData, add_field, retire_field
from clew.capture.columns import Plan
from clew.capture.custom import Choice
from clew.capture.guessing import guess
from clew.capture.models import ImportRow
from clew.capture.queries import all_definitions, definitions
from clew.capture.sheets.layout import ColumnProfile
from clew.contacts.models import Lead
from clew.web import exporting
from clew.web.configuration.command import PartWrong, apply, gather
from clew.web.configuration.text import read, write
from clew.web.exporting import ColumnUnknown
from tests.company import MONDAY_NOON, TESTER, Company, enquire, found
from tests.web import imported
from tests.web.imported import check, send, take_back, work

pytestmark = pytest.mark.django_db
FILE = """姓名,手机,电压,Axis,预算,Due,别的
周建国,13812345670,48V,双轴,1.2万,2026年12月1日,甲
王秀梅,13812345671,about 48,单轴,,,
李工,13812345672,,三轴,US$ 99,05/06/2026,
赵,13812345673,,,,,
"""


@pytest.fixture
def company() -> Company:
    for given in (
        FieldData("volt", "电压", "number", unit="V"),
        FieldData("axis", "轴", "choice", (Choice("one", "单轴"), Choice("two", "双轴"))),
        FieldData("budget", "预算", "money"),
        FieldData("due", "交货期", "date"),
    ):
        add_field(given, actor=TESTER, now=MONDAY_NOON)
    return found()


def guessed(batch: Any) -> Plan:
    profiles = msgspec.convert(batch.profiles, list[ColumnProfile])
    count = batch.row_count
    return guess(profiles, is_history=False, row_count=count, fields=definitions())


def test_columns_are_guessed_by_the_names_of_fields(company: Company) -> None:
    plan = guessed(send(FILE.encode()))
    assert [c.target for c in plan.columns] == [
        *("name", "phone", "custom.volt", "custom.axis", "custom.budget", "custom.due", "extra")
    ]


def test_good_cells_go_in_and_bad_ones_say_their_column_and_reason(company: Company) -> None:
    batch = send(FILE.encode())
    batch = check(batch, company, guessed(batch))
    bad = ImportRow.objects.filter(batch=batch, verdict="error").order_by("number")
    assert [row.details["columns"] for row in bad] == [
        [["电压", "not_a_number"]],
        [["Axis", "not_a_choice"], ["预算", "other_currency"], ["Due", "ambiguous_date"]],
    ]
    imported.imports.start(batch.pk, actor=imported.ANNA, now=imported.now())
    batch = work(batch.pk, imported.State.IMPORTING)
    held = {lead.contact.name: lead.custom for lead in Lead.objects.select_related("contact")}
    assert held == {
        "周建国": {"volt": 48, "axis": "two", "budget": 1_200_000, "due": "2026-12-01"},
        "赵": {},
    }
    take_back(batch)
    assert not Lead.objects.exists()


def test_a_column_for_a_field_that_is_retired_is_kept_beside(company: Company) -> None:
    plan = guessed(send(FILE.encode()))
    retire_field("volt", actor=TESTER, now=MONDAY_NOON)
    now = msgspec.structs.replace(plan, fields=definitions())
    cells = ["周", "13812345670", "much", "", "", "", ""]
    row = columns.read(now, cells, "site")
    assert row.lead
    assert (row.lead.custom, row.lead.extra) == ({}, {"电压": "much"})


def test_two_columns_for_one_field_keep_the_second_beside_where_it_differs() -> None:
    field = FieldData("volt", "电压", "number")
    add_field(field, actor=TESTER, now=MONDAY_NOON)
    named = [("手机", "phone"), ("a", "custom.volt"), ("b", "custom.volt")]
    plan = Plan([columns.Column(*pair) for pair in named], fields=definitions())
    row = columns.read(plan, ["13812345670", "48", "36"], "site")
    assert row.lead
    assert (row.lead.custom, row.lead.extra) == ({"volt": 48}, {"b": "36"})


def test_a_sheet_takes_fields_along_typed_and_with_their_unit(
    company: Company, tmp_path: Path
) -> None:
    given = {"volt": 48.5, "axis": "two", "budget": 1_200_050, "due": "2026-12-01"}
    enquire(company.site, name="周", phone="13812345678", custom=given)
    enquire(company.site, name="王", phone="13812345679")
    out = tmp_path / "some.csv"
    words = "name,custom.volt,custom.axis,custom.budget,custom.due"
    with override("en"):
        exporting.main(["leads", "--out", str(out), "--columns", words])
    told = out.read_text(encoding="utf-8-sig").splitlines()
    assert told[0].endswith('"电压 (V)","轴","预算 (CNY)","交货期"')
    assert told[1:] == ['"王",,,,', '"周",48.5,"双轴",12000.50,2026-12-01']
    with pytest.raises(ColumnUnknown):
        exporting.main(["leads", "--out", str(out), "--columns", "custom.none"])


def test_fields_are_written_out_and_put_in_again(company: Company) -> None:
    retire_field("due", actor=TESTER, now=MONDAY_NOON)
    text = write(gather())
    assert apply(read(text), MONDAY_NOON) == []
    changed = text.replace("label: 电压", "label: 额定电压").replace("label: 单轴", "label: 单")
    assert apply(read(changed), MONDAY_NOON) == ["fields[0]", "fields[1]"]
    fields = all_definitions()
    assert (fields["volt"].label, fields["axis"].choices[0].label) == ("额定电压", "单")
    assert fields["due"].is_retired


def test_a_file_defines_fields_and_rules_that_ask_for_them_in_one_go() -> None:
    company = found()
    file = """
fields:
  - {key: volt, label: 电压, kind: number, unit: V}
  - {key: old, label: 旧, kind: choice, choices: [{key: a, label: A}, {key: b, label: B, is_retired: true}], is_retired: true}
grading:
  high_from: 50
  medium_from: 20
  rules:
    - {key: volt, points: 60, words: {zh-hans: 高压, en: High}, when: [{fact: custom.volt, op: ">=", value: 36}]}
distribution:
  - {team: 线上组, custom: [{field: volt, op: ">=", value: 36}]}
"""
    assert apply(read(file), MONDAY_NOON) == ["fields[0]", "fields[1]", "grading", "distribution"]
    lead = enquire(company.site, phone="13812345678", custom={"volt": 48})
    assert Lead.objects.get(pk=lead).grades.get(superseded_at=None).level == 3
    assert [c.is_retired for c in all_definitions()["old"].choices] == [False, True]
    assert apply(read(write(gather())), MONDAY_NOON) == []


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("fields: [{key: volt, label: 电压, kind: text}]", "fields: volt"),
        ("fields: [{key: budget, label: 预算, kind: money, currency: USD}]", "fields: budget"),
        ("fields: [{key: Wrong, label: x, kind: text}]", "fields[0]"),
        ("fields: [{key: x, label: 电压, kind: text}]", "fields[0]"),
        ("fields: [{key: x, label: x, kind: choice}]", "fields[0]"),
        (
            "distribution: [{team: 线上组, custom: [{field: none, op: in, value: [a]}]}]",
            "distribution[0]",
        ),
    ],
)
def test_a_wrong_file_says_where_and_changes_nothing(
    company: Company, file: str, place: str
) -> None:
    before = write(gather())
    with pytest.raises(PartWrong) as wrong:
        apply(read(file), MONDAY_NOON)
    assert wrong.value.details["where"] == place
    assert write(gather()) == before
