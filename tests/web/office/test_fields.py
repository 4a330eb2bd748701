"""Custom fields on pages: defined by an administrator, asked for by forms, set on a lead."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clew.access.models import Role
from clew.capture.actions.fields import FieldData, add_field, retire_field
from clew.capture.custom import Choice
from clew.capture.models import CustomField, Form, Submission
from clew.capture.queries import all_definitions, open_body
from clew.contacts.models import Lead
from clew.grading.models import RuleDraft
from clew.handoff.models import RoutingDraft
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, member
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db


def once() -> str:
    return str(uuid4())


def add(admin: Client, **given: Any) -> int:
    status: int = admin.post("/fields/new", {"once": once(), **given}).status_code
    return status


def define() -> None:
    for given in (
        FieldData("volt", "电压", "number", unit="V"),
        FieldData("axis", "轴", "choice", (Choice("one", "单轴"), Choice("two", "双轴"))),
        FieldData("budget", "预算", "money"),
    ):
        add_field(given, actor=TESTER, now=MONDAY_NOON)


def custom(lead_id: UUID) -> dict[str, Any]:
    held: dict[str, Any] = Lead.objects.get(pk=lead_id).custom
    return held


def test_a_field_is_defined_changed_moved_retired_and_used_again(admin: Client) -> None:
    assert add(admin, label="电压", kind="number", unit="V", key="volt") == 302
    choices = "flange = 法兰\n脚座\nSide mount"
    assert add(admin, label="安装", kind="choice", choices=choices) == 302
    made = CustomField.objects.get(label="安装")
    assert [c["key"] for c in made.choices] == ["flange", "choice_1", "side_mount"]
    renamed = {"label": "安装方式", "choices": "flange = 法兰盘\n脚座", "once": once()}
    assert admin.post(f"/fields/{made.key}", renamed).status_code == 302
    field = all_definitions()[made.key]
    assert (field.label, field.kind) == ("安装方式", "choice")
    assert [(c.key, c.label, c.is_retired) for c in field.choices] == [
        ("flange", "法兰盘", False),
        ("choice_1", "脚座", False),
        ("side_mount", "Side mount", True),
    ]
    admin.post(f"/fields/{made.key}/move", {"way": "up"})
    assert list(all_definitions()) == [made.key, "volt"]
    admin.post("/fields/volt/retire")
    page = admin.get("/fields").content.decode()
    assert "Use again" in page
    assert all_definitions()["volt"].is_retired
    admin.post("/fields/volt/restore", {"once": once()})
    assert not all_definitions()["volt"].is_retired


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"label": "电压", "kind": "text"}, "Another field in use has this name"),
        ({"label": "x", "kind": "text", "key": "volt"}, "There is a field with this key already"),
        ({"label": "x", "kind": "text", "key": "Volt-1"}, "A key is made of small letters"),
        ({"label": "x", "kind": "text", "key": "a__b"}, "A key is made of small letters"),
        ({"label": " ", "kind": "text"}, "This field is required"),
        ({"label": "x" * 41, "kind": "text"}, "at most 40"),
        ({"label": "x", "kind": "colour"}, "Select a valid choice"),
        ({"label": "x", "kind": "choice"}, "Name at least one choice"),
        ({"label": "x", "kind": "choice", "choices": "a\nA"}, "Two choices have the same"),
        ({"label": "x", "kind": "choice", "choices": "a=\n"}, "name of up to 40"),
        ({"label": "x", "kind": "choice", "choices": "\n".join(map(str, range(101)))}, "up to 100"),
        ({"label": "x", "kind": "money", "currency": "XXX"}, "Select a valid choice"),
    ],
)
def test_a_field_that_cannot_be_says_why(admin: Client, given: dict[str, str], words: str) -> None:
    define()
    answer = admin.post("/fields/new", {"once": once(), **given})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert CustomField.objects.count() == 3


def test_the_page_of_fields_costs_the_same_whatever_is_on_it(admin: Client) -> None:
    add_field(FieldData("first", "一", "text"), actor=TESTER, now=MONDAY_NOON)
    admin.get("/fields")
    with CaptureQueriesContext(connection) as one:
        admin.get("/fields")
    define()
    with CaptureQueriesContext(connection) as four:
        admin.get("/fields")
    assert len(one) == len(four)


def test_a_lead_shows_its_fields_and_a_salesperson_changes_them(
    company: Company, browser: Browser
) -> None:
    define()
    lead = enquire(company.site, phone="13812345678", custom={"volt": 24, "axis": "two"}, **HOT)
    holder = Lead.objects.get(pk=lead).placements.get(closed_at=None).seat.member
    theirs = browser(holder)
    page = theirs.get(f"/leads/{lead}").content.decode()
    assert "24 V" in page
    assert "双轴" in page
    shown = json.dumps({"volt": 24, "axis": "two"})
    typed = {"custom_volt": "48", "custom_axis": "", "custom_budget": "¥1.2万", "shown": shown}
    assert theirs.post(f"/leads/{lead}/fields", typed).status_code == 302
    assert custom(lead) == {"volt": 48, "budget": 1_200_000}
    told = theirs.get(f"/leads/{lead}").content.decode()
    assert "Fields changed" in told
    assert "¥12,000.00" in told


def test_what_cannot_be_read_stays_typed_with_its_reason(company: Company, admin: Client) -> None:
    define()
    lead = enquire(company.site, phone="13812345678")
    answer = admin.post(f"/leads/{lead}/fields", {"custom_volt": "<about 48>", "shown": "{}"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "&lt;about 48&gt;" in page
    assert "Write a number" in page
    assert custom(lead) == {}


def test_of_two_people_on_one_page_the_second_keeps_what_was_typed_and_sees_the_other(
    company: Company, admin: Client
) -> None:
    define()
    lead = enquire(company.site, phone="13812345678", custom={"volt": 24})
    seen = json.dumps({"volt": 24})
    admin.post(f"/leads/{lead}/fields", {"custom_volt": "36", "custom_axis": "one", "shown": seen})
    answer = admin.post(f"/leads/{lead}/fields", {"custom_volt": "48", "shown": seen})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="48"' in page
    assert "Somebody has changed" in page
    assert '<option value="one" selected>' in page
    assert custom(lead) == {"volt": 36, "axis": "one"}
    now_shown = json.dumps({"volt": 36, "axis": "one"})
    again = {"custom_volt": "48", "custom_axis": "one", "shown": now_shown}
    assert admin.post(f"/leads/{lead}/fields", again).status_code == 302
    assert custom(lead) == {"volt": 48, "axis": "one"}


@pytest.mark.parametrize("shown", ["", "[]", "null", "{", '{"volt": [1]}', "1" * 5000, "[" * 9999])
def test_a_hostile_note_of_what_was_shown_breaks_nothing(
    company: Company, admin: Client, shown: str
) -> None:
    define()
    lead = enquire(company.site, phone="13812345678")
    answer = admin.post(f"/leads/{lead}/fields", {"custom_volt": "48", "shown": shown})
    assert answer.status_code in {302, 422}


def test_a_stranger_can_neither_see_nor_set_fields(company: Company, browser: Browser) -> None:
    define()
    lead = enquire(company.site, phone="13812345678")
    stranger = browser(member(company.organisation, "stranger", Role.SALESPERSON))
    assert stranger.post(f"/leads/{lead}/fields", {"custom_volt": "48"}).status_code == 404
    assert custom(lead) == {}


def test_a_choice_that_is_no_longer_offered_can_be_kept_on_a_lead(
    company: Company, admin: Client
) -> None:
    define()
    lead = enquire(company.site, phone="13812345678", custom={"axis": "two"})
    other = enquire(company.site, phone="13812345679")
    admin.post("/fields/axis", {"label": "轴", "choices": "one = 单轴", "once": once()})
    assert '<option value="two" selected>' in admin.get(f"/leads/{lead}").content.decode()
    assert '<option value="two"' not in admin.get(f"/leads/{other}").content.decode()
    kept = {"custom_volt": "5", "custom_axis": "two", "shown": json.dumps({"axis": "two"})}
    assert admin.post(f"/leads/{lead}/fields", kept).status_code == 302
    assert custom(lead) == {"axis": "two", "volt": 5}


def test_a_lead_is_typed_in_with_its_fields(company: Company, admin: Client) -> None:
    define()
    typed = {"source": "fair", "phone": "13812345678", "custom_volt": "48V", "once": once()}
    assert admin.post("/add/save", typed).status_code == 302
    one = Submission.objects.get()
    assert open_body(one.pk, one.body).lead.custom == {"volt": 48}
    wrong = admin.post("/add/save", {**typed, "custom_volt": "much", "once": once()})
    assert wrong.status_code == 422


def test_a_form_page_asks_for_the_fields_that_were_chosen(company: Company, admin: Client) -> None:
    define()
    page = {
        "slug": "ask",
        "title": "Ask",
        "button": "Go",
        "consent_zh": "同意",
        "consent_en": "agree",
        "ask_volt": "required",
        "ask_axis": "optional",
        "once": once(),
    }
    assert admin.post("/sources/site/forms/new", page).status_code == 302
    asked = Form.objects.get(slug="ask").fields.order_by("position")
    assert list(asked.values_list("field__key", "is_required")) == [("volt", True), ("axis", False)]
    shown = Client().get("/f/ask").content.decode()
    assert 'name="custom_volt"' in shown
    assert 'name="custom_budget"' not in shown
    retire_field("axis", actor=TESTER, now=MONDAY_NOON)
    assert 'name="custom_axis"' not in Client().get("/f/ask").content.decode()


def test_a_grading_rule_about_a_field_is_written_in_the_form(admin: Client) -> None:
    define()
    rule = {
        "edition": "1",
        "points": "15",
        "zh": "高压",
        "en": "High voltage",
        "fact-0": "custom.volt",
        "op-0": ">=",
        "value-0": "36.5",
        "fact-1": "custom.axis",
        "op-1": "in",
        "value-1": ["one", "two"],
        "fact-2": "custom.budget",
        "op-2": ">",
        "value-2": "¥1万",
        "fact-3": "custom.volt",
        "op-3": "filled",
        "value-3": "yes",
        "do": "save",
        "once": once(),
    }
    assert admin.post("/grading/draft/rules/new", rule).status_code == 302
    kept = RuleDraft.objects.get().rules[-1]
    assert [(c["fact"], c["op"], c["value"]) for c in kept["when"]] == [
        ("custom.volt", ">=", 36.5),
        ("custom.axis", "in", ["one", "two"]),
        ("custom.budget", ">", 1_000_000),
        ("custom.volt", "filled", True),
    ]
    edit = admin.get(f"/grading/draft/rules/{kept['key']}").content.decode()
    assert 'value="10000.00"' in edit
    wrong = admin.post("/grading/draft/rules/new", {**rule, "value-0": "x", "once": once()})
    assert wrong.status_code == 422
    assert "A number, as the field can hold it" in wrong.content.decode()


def test_a_distribution_rule_about_fields_is_written_in_the_form(
    company: Company, admin: Client
) -> None:
    define()
    page = admin.get("/distribution/draft/new").content.decode()
    assert "Fields of your own" in page
    rule = {
        "edition": "1",
        "team": str(company.online.pk),
        "into": "method",
        "least-volt": "36",
        "most-budget": "1万",
        "in-axis": ["two"],
        "once": once(),
    }
    assert admin.post("/distribution/draft/new", rule).status_code == 302
    kept = RoutingDraft.objects.get().rules[-1]["custom"]
    assert kept == [
        {"field": "volt", "op": ">=", "value": 36},
        {"field": "axis", "op": "in", "value": ["two"]},
        {"field": "budget", "op": "<=", "value": 1_000_000},
    ]
    edit = admin.get("/distribution/draft/1").content.decode()
    assert 'value="10000.00"' in edit
    assert "at least 36 V" in admin.get("/distribution/draft").content.decode()
    wrong = admin.post("/distribution/draft/new", {**rule, "least-volt": "much", "once": once()})
    assert wrong.status_code == 422
    assert "Write a number" in wrong.content.decode()
