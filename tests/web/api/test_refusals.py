"""What a list refuses, in words: cursors, limits, times, filters; and who may not read it at all."""

from typing import Any
from urllib.parse import quote

import pytest
from django.core.signing import Signer
from django.test import Client

from clew.access.tokens import SCOPES
from clew.base.changes import horizon
from clew.web.permissions import TABLE, is_allowed
from tests.company import Company, enquire, found
from tests.strict import ALWAYS
from tests.web.api.programs import LISTS, ROOT, page, program

pytestmark = pytest.mark.django_db
CANARY = "13987654321"
MAIL = "canary.bird@mine.example"
OPENS = {
    "leads:write": set(),
    "leads:read": {"leads", "contacts", "placements", "deletions"},
    "contacts:read": {"contacts"},
    "events:read": {"events"},
    "duplicates:read": set(),
    "duplicates:write": set(),
}


@pytest.fixture
def company() -> Company:
    return found()


def code(answer: Any) -> str:
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= told.keys()
    assert answer.status_code == told["status"]
    return str(told["code"])


def refused(client: Client, path: str) -> str:
    return code(client.get(f"{ROOT}/{path}"))


def test_a_scope_opens_its_lists_and_no_others(company: Company) -> None:
    assert set(OPENS) == set(SCOPES)
    for scope, opened in OPENS.items():
        crm = program(company.administrator, scope)
        for name in LISTS:
            answer = crm.get(f"{ROOT}/{name}")
            assert (answer.status_code == 200) == (name in opened), (scope, name)
            assert name in opened or code(answer) == "scope_missing"
            assert is_allowed(f"api:{name}", scopes=frozenset({scope})) == (name in opened)


def test_nobody_reads_a_list_without_a_token(company: Company) -> None:
    browser = Client()
    browser.force_login(company.administrator)
    for name in LISTS:
        for client in (Client(), browser):
            answer = client.get(f"{ROOT}/{name}")
            assert (answer.status_code, code(answer)) == (401, "token_needed")


def test_no_full_number_without_its_scope(company: Company) -> None:
    enquire(company.site, phone=CANARY, email=MAIL, wechat="canary_w", message=f"打 {CANARY}")
    narrow = program(company.administrator, "leads:read", "events:read")
    wide = program(company.administrator)
    for name in LISTS:
        for client in (narrow, wide):
            body = client.get(f"{ROOT}/{name}").content.decode()
            assert not any(secret in body for secret in (CANARY, MAIL, "canary_w")), name
    assert refused(narrow, "contacts?ways=full") == "scope_missing"


def test_a_cursor_is_good_for_its_list_and_its_filters_alone(company: Company) -> None:
    crm = program(company.administrator)
    cursor = page(crm, "leads", source="site")["next_cursor"]
    assert page(crm, "leads", source="site", limit=3, cursor=cursor)["has_more"] is False
    for path in (
        f"leads?cursor={cursor}",
        f"leads?source=fair&cursor={cursor}",
        f"contacts?cursor={cursor}",
        f"placements?source=site&cursor={cursor}",
    ):
        assert refused(crm, path) in {"cursor_unknown", "parameter_unknown"}
    whole = page(crm, "leads")["next_cursor"]
    assert refused(crm, f"contacts?cursor={whole}") == "cursor_unknown"


@pytest.mark.parametrize("change", ["flip", "cut", "unsigned", "empty", "nul", "long", "foreign"])
def test_a_cursor_that_was_tampered_with_is_refused(company: Company, change: str) -> None:
    crm = program(company.administrator)
    good = page(crm, "leads")["next_cursor"]
    forged = {
        "flip": good.replace(good[3], "A" if good[3] != "A" else "B", 1),
        "cut": good[:-1],
        "unsigned": good.partition(".")[0],
        "empty": "",
        "nul": "\0",
        "long": "x" * 5000,
        "foreign": Signer(sep=".", salt="another").sign_object([{}, 1, ""]),
    }
    assert refused(crm, f"leads?cursor={quote(forged[change])}") == "cursor_unknown"


def test_a_cursor_of_a_time_that_has_not_come_is_refused(company: Company) -> None:
    crm = program(company.administrator)
    ahead = [{"list": f"{ROOT}/leads"}, horizon()[1] + 1_000_000, ""]
    signed = Signer(sep=".", salt="clew.web.api.cursor").sign_object(ahead)
    assert refused(crm, f"leads?cursor={signed}") == "cursor_from_the_future"


WRONG = [
    *(("limit_out_of_range", f"limit={v}") for v in ("0", "201", "-1", "1.5", "x", "", "9" * 5000)),
    *(("limit_out_of_range", f"limit={quote(v)}") for v in ("１２", " 5", "5\n", "\0", "1_0")),
    *(
        ("time_unreadable", f"updated_since={quote(v)}")
        for v in (
            "2026-11-23",
            "2026-11-23T09:41:00",
            "2026-11-23T09:41:00 08:00",
            "2026-02-30T00:00:00Z",
            "2026-11-23T25:00:00Z",
            "1700000000",
            "tomorrow",
            "",
            "\0",
            "2026-11-23T09:41:00+99:99",
        )
    ),
    *(
        ("parameter_unusable", f"{name}={quote(v)}")
        for name, v in (
            ("grade", "best"),
            ("grade", ""),
            ("state", "OPEN"),
            ("team", "0"),
            ("team", "99999999999999999999"),
            ("region", "3"),
            ("region", "32050"),
            ("region", "苏州"),
            ("source", "a b"),
            ("source", "\0"),
            ("category", "a\0b"),
            ("category", "x" * 61),
            ("contact", "1"),
        )
    ),
    ("parameter_unknown", "update_since=2026-11-23T09:41:00Z"),
    ("parameter_unknown", "limit[]=3"),
    ("parameter_repeated", "limit=3&limit=4"),
]


def test_what_cannot_be_meant_is_a_problem_that_says_how(company: Company) -> None:
    crm = program(company.administrator)
    for expected, query in WRONG:
        assert refused(crm, f"leads?{query}") == expected, query


@pytest.mark.parametrize("extreme", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_at_the_edge_of_the_calendar_is_one(company: Company, extreme: str) -> None:
    crm = program(company.administrator)
    for name in LISTS:
        assert page(crm, name, updated_since=extreme)["has_more"] is False


@pytest.mark.parametrize("given", ["2026-11-23t09:41:00z", "2026-11-23T09:41:00.123456789+08:00"])
def test_a_time_as_the_standard_writes_it_is_read(company: Company, given: str) -> None:
    assert page(program(company.administrator), "leads", updated_since=given)["items"] == []


def test_a_problem_is_in_the_callers_language(company: Company) -> None:
    for language, words in (
        ("zh-CN", "limit 是 1 到 200 的整数"),
        ("en", "whole number from 1 to 200"),
    ):
        crm = program(company.administrator, language=language)
        answer = crm.get(f"{ROOT}/leads?limit=0")
        assert words in answer.json()["detail"]


def test_an_address_that_is_none_is_answered_like_an_id_that_is_none(company: Company) -> None:
    crm = program(company.administrator)
    answers = [crm.get(f"{ROOT}/{path}") for path in ("nothing", "leads/1", "leads/x/trace")]
    assert {(a.status_code, code(a), a.json()["detail"]) for a in answers} == {
        (404, "missing", "There is nothing here that you may see.")
    }


def test_lists_take_only_get_and_carry_the_strict_headers(company: Company) -> None:
    crm = program(company.administrator)
    for name in LISTS:
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(crm, method)(f"{ROOT}/{name}")
            assert answer.status_code == 405
        answer = crm.get(f"{ROOT}/{name}")
        low = {key.lower(): value for key, value in answer.headers.items()}
        assert {key: low.get(key) for key in ALWAYS} == ALWAYS
        assert low["cache-control"] == "no-store"


def test_every_list_stands_in_the_table() -> None:
    assert {f"api:{name}" for name in LISTS} <= TABLE.keys()
