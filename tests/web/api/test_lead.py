"""One lead through the API: where it stands, and why."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from clew.access.models import Member
from clew.access.tokens import issue, revoke
from tests.company import HOT, MONDAY_NOON, Company, enquire, found, submit

pytestmark = pytest.mark.django_db
HIDDEN = ("13812345678", "Zhang San")


@pytest.fixture
def company() -> Company:
    return found()


def client(by: Member, *scopes: str) -> Client:
    _, secret = issue(name="test", scopes=scopes or ["leads:read"], by=by, now=MONDAY_NOON)
    return Client(headers={"authorization": f"Bearer {secret}", "accept-language": "en"})


def ask(program: Client, lead_id: UUID, more: str = "") -> Any:
    return program.get(f"/api/v1/leads/{lead_id}{more}").json()


def test_a_lead_tells_where_it_stands(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678", name="Zhang San", **HOT)
    stands = ask(client(company.administrator), lead_id)
    assert stands["status"] == "person"
    assert stands["place"]["person"] in {m.name for m in company.people}
    assert stands["grade"]["level"] == "high"
    assert sum(points for _, points in stands["grade"]["signals"]) == stands["grade"]["points"]


def test_a_leads_region_is_a_code_and_a_proper_name(company: Company) -> None:
    clear = enquire(company.site, phone="13812345678", region="昆山开发区")
    vague = enquire(company.site, phone="13812345679", region="鼓楼区")
    stands = ask(client(company.administrator), clear)
    assert (stands["region"], stands["region_code"]) == ("江苏 苏州 昆山", 320583)
    stands = ask(client(company.administrator), vague)
    assert (stands["region"], stands["region_code"]) == ("鼓楼区", None)


def test_what_waits_for_the_belt_is_said_to_wait(company: Company) -> None:
    submission_id = submit(company.site, phone="13812345678")
    stands = ask(client(company.administrator), submission_id)
    assert (stands["status"], stands["lead_id"]) == ("waiting", None)


def test_the_id_of_a_later_submission_leads_to_its_lead(company: Company) -> None:
    first = enquire(company.site, phone="13812345678")
    second = enquire(company.site, phone="13812345678", **HOT)
    stands = ask(client(company.administrator), second)
    assert (UUID(stands["id"]), UUID(stands["lead_id"])) == (second, first)
    assert stands["submission_count"] == 2
    assert UUID(ask(client(company.administrator), second, "/trace")["lead_id"]) == first


def test_the_trace_names_every_candidate_and_is_recomputed(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    why = ask(client(company.administrator), lead_id, "/trace")
    assert why["is_recomputed_equal"] is True
    assert [c["name"] for c in why["candidates"] if c["is_chosen"]] == [why["chosen"]]
    assert len(why["candidates"]) == len(company.seats)


def test_no_answer_holds_personal_data(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678", name="Zhang San", **HOT)
    program = client(company.administrator)
    for more in ("", "/trace"):
        text = program.get(f"/api/v1/leads/{lead_id}{more}").content.decode()
        assert not any(secret in text for secret in HIDDEN)


def test_a_token_needs_the_scope_and_its_life(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678")
    path = f"/api/v1/leads/{lead_id}"
    assert client(company.administrator, "leads:write").get(path).status_code == 403
    token, secret = issue(
        name="x", scopes=["leads:read"], by=company.administrator, now=MONDAY_NOON
    )
    program = Client(headers={"authorization": f"Bearer {secret}"})
    assert program.get(path).status_code == 200
    revoke(token.pk, by=company.administrator, now=MONDAY_NOON)
    assert program.get(path).status_code == 401
    for forged in ("", "Bearer", "Bearer clew_forged", f"Basic {secret}", f"Bearer {secret}x"):
        answer = Client(headers={"authorization": forged}).get(path)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert answer["Content-Type"] == "application/problem+json"


def test_a_session_opens_no_route_of_the_api(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678")
    browser = Client()
    browser.force_login(company.administrator)
    assert browser.get(f"/api/v1/leads/{lead_id}").status_code == 401


@pytest.mark.parametrize("wrong", [uuid4(), "none", "1", "0" * 32])
def test_what_is_not_there_is_a_problem_that_says_so(company: Company, wrong: object) -> None:
    answer = client(company.administrator).get(f"/api/v1/leads/{wrong}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_a_token_made_by_a_manager_sees_what_the_manager_sees(company: Company) -> None:
    lead_id = enquire(company.fair, phone="13812345678")
    program = client(company.manager)
    assert program.get(f"/api/v1/leads/{lead_id}").status_code == 404
