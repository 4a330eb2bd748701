"""The operator's own fields in the list of leads: asked for, shown, ordered by, filled in for many."""

from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from clew.access.models import Member
from clew.base.sheets_out import Format
from clew.capture.actions.fields import FieldData, add_field, retire_field
from clew.capture.custom import Choice
from clew.contacts.models import Lead
from clew.pipeline import leads as lists
from clew.pipeline.actions.exports import Order, advance, ask, take
from clew.pipeline.actions.fields import set_fields
from clew.pipeline.bulk import actions as bulk_actions
from clew.pipeline.bulk.actions import choose, go_on, say, start, undo
from clew.pipeline.bulk.queries import tally
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.filters import Filter, read
from clew.pipeline.leads import leads
from clew.pipeline.models import BulkEdit
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON
FIELDS = (
    FieldData("budget", "预算", "money"),
    FieldData("axes", "轴数", "number", unit="轴"),
    FieldData("due", "交期", "date"),
    FieldData("use", "用途", "choice", (Choice("new", "新项目"), Choice("spare", "备件"))),
    FieldData("machine", "设备", "text"),
)
HELD: tuple[dict[str, object], ...] = (
    {"budget": 500_000, "axes": 3, "due": "2026-12-01", "use": "new", "machine": "数控车床"},
    {"budget": 90_000, "axes": 12, "use": "spare", "machine": "印刷机 13812345678"},
    {},
)


@pytest.fixture
def company() -> Company:
    company = found()
    for field in FIELDS:
        add_field(field, actor=TESTER, now=NOW)
    for number, held in enumerate(HELD):
        lead = enquire(company.site, name=f"人{number}", phone=f"1381234567{number}", **HOT)
        set_fields([lead], held, member=company.administrator, now=NOW)
    return company


def shown(company: Company, address: str) -> list[str]:
    wanted = read(QueryDict(address).dict())
    return sorted(row.title for row in leads(company.administrator, wanted).rows)


def browser(viewer: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(viewer)
    return client


@pytest.mark.parametrize(
    ("address", "titles"),
    [
        ("custom.budget.from=5000", ["人0"]),
        ("custom.budget.until=900", ["人1"]),
        ("custom.axes.from=3&custom.axes.until=11", ["人0"]),
        ("custom.due.until=2026-12-31", ["人0"]),
        ("custom.use=spare", ["人1"]),
        ("custom.machine=车床", ["人0"]),
        ("custom.machine=%25", []),
        ("custom.use=nonsense", []),
        ("custom.budget.from=plenty", []),
        ("custom.budget=5000", []),
        ("custom.machine.from=a", []),
        ("custom.gone=1", []),
        ("custom.=1", []),
        ("custom.axes.from=", ["人0", "人1", "人2"]),
    ],
)
def test_fields_are_asked_for_as_people_write_them(
    company: Company, address: str, titles: list[str]
) -> None:
    assert shown(company, address) == titles


def test_an_address_keeps_what_is_asked_of_fields() -> None:
    wanted = read(QueryDict("custom.use=new&custom.budget.from=1,000&grade=3").dict())
    assert read(QueryDict(wanted.address()[1:]).dict()) == wanted
    assert wanted.address(**{"custom.use": "", "grade": ""}) == "?custom.budget.from=1%2C000"


def test_the_page_says_what_is_asked_and_offers_the_fields(company: Company) -> None:
    client = browser(company.administrator)
    text = client.get(reverse("pipeline:leads") + "?custom.budget.from=5000&custom.use=new").text
    for words in ("预算 ≥ ¥5,000", "用途 : 新项目", 'name="custom.due.until"', "备件"):
        assert words in text
    retire_field("budget", actor=TESTER, now=NOW)
    text = client.get(reverse("pipeline:leads")).text
    assert "预算" not in text


def test_fields_are_columns_with_figures_and_masked_texts(company: Company) -> None:
    address = "?columns=custom.budget,custom.axes,custom.use,custom.machine,custom.gone"
    text = browser(company.administrator).get(reverse("pipeline:leads") + address).text
    for words in ("预算 (CNY)", "轴数 (轴)", "5000", "新项目", "数控车床"):
        assert words in text
    assert "13812345678" not in text


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        ("custom.budget", ["人0", "人1", "人2"]),
        ("custom.axes", ["人1", "人0", "人2"]),
        ("custom.due", ["人0", "人2", "人1"]),
        ("custom.machine", ["人2", "人1", "人0"]),
        ("custom.gone", ["人2", "人1", "人0"]),
    ],
)
def test_figures_and_days_put_the_list_in_order_page_by_page(
    company: Company, sort: str, titles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 1)
    found_titles, after = [], ""
    for _page in range(4):
        page = leads(company.administrator, Filter(sort=sort, after=after))
        found_titles += [row.title for row in page.rows]
        after = page.after
        if not after:
            break
    assert found_titles == titles


def test_an_export_holds_them(company: Company) -> None:
    columns = ("name", "custom.budget", "custom.use", "custom.machine")
    order = Order(read({"custom.axes.from": "1"}), columns, Format.CSV, "en", "Asia/Shanghai")
    export = ask(order, viewer=company.administrator, now=NOW)
    while advance(NOW):
        pass
    _export, content = take(export.pk, viewer=company.administrator, now=NOW)
    text = b"".join(content).decode("utf-8-sig")
    assert text.splitlines()[0] == '"Name","预算 (CNY)","用途","设备"'
    assert '"人0",5000' in text
    assert "新项目" in text
    assert "13812345678" not in text
    assert "人2" not in text


def every() -> list[UUID]:
    return list(Lead.objects.order_by("pk").values_list("pk", flat=True))


def values(key: str) -> list[object]:
    return [
        custom.get(key) for custom in Lead.objects.order_by("pk").values_list("custom", flat=True)
    ]


def test_many_are_filled_and_given_back_what_they_held(company: Company) -> None:
    client = browser(company.manager)
    bulk = choose(uuid4(), "field", viewer=company.manager, now=NOW, lead_ids=every())
    address = reverse("pipeline:bulk", args=[bulk.pk])
    assert "用途: 备件" in client.get(address).text
    assert client.post(address, {"field": "use=spare"}).status_code == 302
    assert dict(tally(bulk).reasons) == {"holds_already": 1}
    client.post(reverse("pipeline:start_bulk", args=[bulk.pk]))
    assert values("use") == ["spare"] * 3
    assert "用途: 备件" in client.get(address).text
    back = undo(
        bulk.pk, uuid4(), viewer=company.manager, now=BulkEdit.objects.get().ended_at or NOW
    )
    go_on(back.pk, now=NOW, most=9)
    assert values("use") == ["new", "spare", None]


def test_what_somebody_else_filled_meanwhile_is_left(company: Company) -> None:
    bulk = choose(uuid4(), "field", viewer=company.manager, now=NOW, lead_ids=every())
    say(bulk.pk, Terms(field="axes", value=6), viewer=company.manager, now=NOW)
    set_fields([every()[0]], {"axes": 4}, member=company.administrator, now=NOW)
    start(bulk.pk, viewer=company.manager, now=NOW)
    go_on(bulk.pk, now=NOW, most=9)
    assert values("axes") == [4, 6, 6]
    assert dict(tally(bulk).reasons) == {"values_changed": 1}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"field": "axes", "text": "many"}, "Write a number"),
        ({"field": "due", "text": "2026-02-30"}, "no such day"),
        ({"field": "gone", "text": "1"}, "Select a valid choice"),
        ({"field": "use=gone"}, "Select a valid choice"),
    ],
)
def test_what_a_field_cannot_hold_is_refused(
    company: Company, sent: dict[str, str], words: str
) -> None:
    bulk = choose(uuid4(), "field", viewer=company.manager, now=NOW, lead_ids=every())
    answer = browser(company.manager).post(reverse("pipeline:bulk", args=[bulk.pk]), sent)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_field_is_emptied_for_many(company: Company) -> None:
    bulk = choose(uuid4(), "field", viewer=company.manager, now=NOW, lead_ids=every())
    client = browser(company.manager)
    client.post(reverse("pipeline:bulk", args=[bulk.pk]), {"field": "machine", "text": ""})
    client.post(reverse("pipeline:start_bulk", args=[bulk.pk]))
    assert values("machine") == [None] * 3
    assert bulk_actions.AT_MOST == 10_000
