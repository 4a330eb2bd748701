"""What the columns of a file mean, and what its rows say."""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from clew.capture.columns import (
    CODES,
    HISTORY,
    TARGETS,
    Column,
    Plan,
    RowFault,
    RowRead,
    read,
    sameness,
)
from clew.capture.guessing import guess
from clew.capture.schemas import LeadIn, Outcome
from clew.capture.sheets import reading
from clew.capture.sheets.content import OnDisk
from clew.capture.sheets.layout import ColumnProfile, Row
from clew.capture.values import HERE
from clew.capture.ways import Way, ways

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


def plan_of(targets: dict[str, str], **kwargs: Any) -> Plan:
    return Plan([Column(name, target) for name, target in targets.items()], **kwargs)


def lead_of(row: RowRead) -> LeadIn:
    assert not row.faults
    assert row.lead
    return row.lead


SIMPLE = plan_of(
    {"姓名": "name", "手机": "phone", "备用": "phone", "微信": "wechat", "备注": "message"}
)


def test_two_phone_columns_are_two_ways() -> None:
    row = read(SIMPLE, ["张三", "13812345678", "0512-65551234转8", "", ""], "s")
    assert row.ways == [Way("phone", "+8613812345678"), Way("phone", "+8651265551234,8")]


@pytest.mark.parametrize("number", ["1.38E+10", "1380013800", "138001380"])
def test_lost_digits_keep_a_row_out_even_beside_another_way(number: str) -> None:
    assert faults(read(SIMPLE, ["张三", "13812345678", number, "zhang_3", ""], "s")) == {
        ("备用", "digits_lost")
    }
    assert read(SIMPLE, ["张三", number, "", "zhang_3", ""], "s").lead is None


def test_another_way_carries_a_row_whose_number_cannot_be_used() -> None:
    row = read(SIMPLE, ["张三", "138****5678", "", "zhang_3", ""], "s")
    assert lead_of(row).wechat == "zhang_3"
    assert lead_of(row).extra == {"手机": "138****5678"}
    assert row.notes == [RowFault("手机", "masked")]


def test_who_cannot_be_reached_is_no_enquiry_but_may_be_history() -> None:
    cells = ["张三", "", "", "", "要样册"]
    assert faults(read(SIMPLE, cells, "s")) == {("", "unreachable")}
    assert faults(read(SIMPLE, ["张三", "12345", "", "无", ""], "s")) == {
        ("手机", "too_few_digits"),
        ("微信", "not_a_wechat_id"),
    }
    history = structs.replace(SIMPLE, is_history=True)
    assert lead_of(read(history, cells, "s")).message == "要样册"


def test_more_numbers_than_fit_are_kept_beside() -> None:
    many = [f"1381234{n:04}" for n in range(7)]
    row = read(SIMPLE, ["", " / ".join(many), "", "", ""], "s")
    assert [way.value for way in row.ways] == [f"+86{number}" for number in many[:4]]
    assert lead_of(row).extra["手机"] == " / ".join(many)
    assert row.notes == [RowFault("手机", "too_long")]


def test_a_field_for_any_way_may_hold_an_address_or_a_wechat_id() -> None:
    plan = plan_of({"联系方式": "phone"})
    assert read(plan, ["zhang@a.cn"], "s").ways == [Way("email", "zhang@a.cn")]
    assert read(plan, ["微信：zhang_san88"], "s").ways == [Way("wechat", "zhang_san88")]
    assert read(plan, ["13812345678 微信zhang_san88"], "s").ways == [
        Way("phone", "+8613812345678"),
        Way("wechat", "zhang_san88"),
    ]


def test_what_is_too_long_for_its_field_is_kept_whole_beside() -> None:
    plan = plan_of({"姓名": "name", "手机": "phone", "留言": "message", "公司": "company"})
    cells = ["长" * 121, "13812345678", "话" * 6000, "司" * 201]
    lead = lead_of(read(plan, cells, "s"))
    assert lead.extra == {"姓名": cells[0], "留言": cells[2], "公司": cells[3]}
    assert (lead.name, lead.company, lead.message) == ("", "", "话" * 5000)


def test_columns_that_make_one_field_are_joined() -> None:
    plan = plan_of(
        {
            "姓": "name",
            "名": "name",
            "手机": "phone",
            "市": "city",
            "省": "province",
            "需求": "message",
            "备注": "message",
            "性别": "extra",
            "预算": "answer",
            "来源": "utm_source",
            "无用": "ignore",
        }
    )
    cells = ["欧阳", "娜", "13812345678", "苏州市", "江苏省", "3 台", "急", "女", "2万", "wx", "x"]
    lead = lead_of(read(plan, cells, "s"))
    assert lead == LeadIn(
        source="s",
        name="欧阳娜",
        phone="13812345678",
        region="江苏省 苏州市",
        message="需求: 3 台\n备注: 急",
        answers={"预算": "2万"},
        utm={"utm_source": "wx"},
        extra={"性别": "女"},
    )


def test_history_has_its_outcome() -> None:
    plan = plan_of(
        {"结果": "result", "金额": "value", "成交": "ended_at", "原因": "reason"}, is_history=True
    )
    assert read(plan, ["已签约", "1.2万元", "2026年3月5日", ""], "s").outcome == Outcome(
        "won", 1_200_000, "CNY", datetime(2026, 3, 5, tzinfo=HERE)
    )
    assert read(plan, ["战败", "US$ 99", "", "价格"], "s").outcome == Outcome(
        "lost", 9_900, "USD", reason="价格"
    )
    assert read(plan, ["无效", "", "", ""], "s").outcome == Outcome("lost", reason="无效")
    open_ = read(plan, ["跟进中", "", "", ""], "s")
    assert open_.outcome == Outcome()
    assert lead_of(open_).extra == {"结果": "跟进中"}
    assert faults(read(plan, ["", "很多", "昨天", ""], "s")) == {
        ("金额", "not_a_number"),
        ("成交", "not_a_date"),
    }


def test_words_that_somebody_chose_decide_the_result() -> None:
    plan = plan_of({"y": "result"}, is_history=True, won=["A类"], lost=["C类"])
    results = [read(plan, [word], "s").outcome for word in ("a类", "C类", "yes")]
    assert [outcome and outcome.result for outcome in results] == ["won", "lost", ""]


def test_a_date_that_cannot_be_read_is_a_note_for_enquiries() -> None:
    plan = plan_of({"手机": "phone", "时间": "occurred_at"})
    row = read(plan, ["13812345678", "05/06/2026"], "s")
    assert lead_of(row).extra == {"时间": "05/06/2026"}
    assert row.notes == [RowFault("时间", "ambiguous_date")]
    day_first = structs.replace(plan, day_first=True)
    june = lead_of(read(day_first, ["13812345678", "05/06/2026"], "s")).occurred_at
    assert june == datetime(2026, 6, 5, tzinfo=HERE)


def test_nothing_was_asked_or_ended_after_the_file_came() -> None:
    plan = plan_of({"手机": "phone", "时间": "occurred_at"})
    cells = ["13812345678", "2026-11-25 10:00"]
    eve = datetime(2026, 11, 24, tzinfo=HERE)
    assert lead_of(read(plan, cells, "s", latest=eve)).extra == {"时间": cells[1]}
    assert lead_of(read(plan, cells, "s")).occurred_at == datetime(2026, 11, 25, 10, tzinfo=HERE)
    history = structs.replace(plan, is_history=True)
    assert faults(read(history, cells, "s", latest=eve)) == {("时间", "impossible_date")}


def test_the_order_of_day_and_month_is_that_of_the_whole_column() -> None:
    def order(*samples: str) -> bool | None:
        seen = ColumnProfile("日期", 9, list(samples), {}, 0, 9, 9)
        return guess([seen], is_history=False, row_count=9).day_first

    assert order("05/06/2026", "24/11/2026") is True
    assert order("05/06/2026", "11/24/2026 1:05 PM") is False
    assert order("05/06/2026") is None
    assert order("24/11/2026", "11/24/2026") is None


def test_enquiries_are_not_refused_for_what_stands_beside() -> None:
    plan = Plan([Column("手机", "phone"), Column("年龄", "extra", "number", is_required=True)])
    assert lead_of(read(plan, ["13812345678", "error"], "s")).extra == {"年龄": "error"}
    history = structs.replace(plan, is_history=True)
    assert faults(read(history, ["", "error"], "s")) == {("年龄", "not_a_number")}
    assert faults(read(history, ["", " "], "s")) == {("年龄", "missing")}


def test_swapped_letters_in_an_address_are_another_person() -> None:
    plan = plan_of({"邮箱": "email", "职业": "extra"})
    assert sameness(plan, ["ann@a.cn", "Blue-Collar"]) == sameness(
        plan, ["ANN@a.cn ", "blue-colalr"]
    )
    assert sameness(plan, ["ann@a.cn", "x"]) != sameness(plan, ["nan@a.cn", "x"])
    assert sameness(plan, ["", "12"]) != sameness(plan, ["", "21"])
    assert sameness(plan, ["", "王国"]) != sameness(plan, ["", "国王"])


def test_one_number_in_every_row_is_the_shops_own() -> None:
    seen = ColumnProfile("电话", 5000, ["4008208820"], {"4008208820": 5000}, 5000, 0, 1)
    (column,) = guess([seen], is_history=False, row_count=5000).columns
    assert column.target == "extra"


def test_ids_that_count_rows_would_hide_the_leads_of_the_next_file() -> None:
    def target(*samples: str) -> str:
        seen = ColumnProfile("编号", 500, list(samples), {}, 500, 0, 500)
        return guess([seen], is_history=False, row_count=500).columns[0].target

    assert target("1", "2", "3", "4", "5") == "extra"
    assert target("88101", "88102", "88103") == "external_id"


PLANS = st.builds(
    lambda targets, is_history, country: Plan(
        [Column(f"c{n}", target) for n, target in enumerate(targets)],
        is_history=is_history,
        country=country,
    ),
    st.lists(st.sampled_from([*TARGETS, "no such field"]), min_size=1, max_size=12),
    st.booleans(),
    st.sampled_from(["CN", "US"]),
)
CELLS = st.one_of(
    st.text(max_size=30),
    st.text(max_size=3).map(lambda text: text * 400),
    st.sampled_from(["13812345678", "010-62345678", "a@b.cn", "wei_xin01", "是", "lost", "12万"]),
    st.from_regex(r"\A[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}( [0-9]{1,2}:[0-9]{2})?\Z"),
)
READ_INTO_VALUES = {"occurred_at", "ended_at", "value", "result", "reason", "ignore"}


@given(PLANS, st.data())
def test_any_row_is_read_and_what_it_says_is_in_the_lead(plan: Plan, data: st.DataObject) -> None:
    cells = data.draw(st.lists(CELLS, min_size=len(plan.columns), max_size=len(plan.columns)))
    row = read(plan, cells, "s")
    sameness(plan, cells)
    assert (row.lead is None) == bool(row.faults)
    assert {fault.code for fault in (*row.faults, *row.notes)} <= set(CODES)
    if row.lead is None:
        return
    decoded = msgspec.json.decode(msgspec.json.encode(row.lead), type=LeadIn)
    assert row.ways == ways(decoded.phone, decoded.email, decoded.wechat)
    assert row.ways or plan.is_history
    kept = "\n".join(texts(msgspec.to_builtins(decoded)))
    for column, cell in zip(plan.columns, cells, strict=True):
        if column.target not in READ_INTO_VALUES or (
            not plan.is_history and column.target in HISTORY
        ):
            assert cell.strip() in kept


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    else:
        yield str(value)
