"""Duplicates by programs: what is listed, found, previewed, merged and taken apart; and what stays hidden."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clew.access.models import Role
from clew.contacts.belt.suspecting import search
from clew.contacts.models import Contact, Lead, Merge
from clew.handoff.actions import leads as handoff
from clew.pipeline.actions.leads import log_call
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found, member
from tests.pipeline.desk import call, holder
from tests.web.api.programs import ROOT, program

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(minutes=5)
LI = {"phone": "13812345678", "name": "李建国", "company": "昆山锐达"}
TYPO = {"phone": "13812345687", "name": "李建国", "company": "昆山锐达公司"}
HIDDEN = ("138****5687", "昆山锐达公司", "李建国", "same_name")


@pytest.fixture
def company() -> Company:
    return found()


@pytest.fixture
def pair(company: Company) -> tuple[UUID, UUID]:
    """Two contacts who are suspected, the older first."""
    ids = [enquire(company.site, **given, message=HOT["message"]) for given in (LI, TYPO)]
    search(LATER)
    first, second = (Lead.objects.get(pk=id_).contact_id for id_ in ids)
    return first, second


def send(client: Client, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    text = body if isinstance(body, str) else json.dumps(body, default=str)
    answer = client.post(f"{ROOT}/{path}", text, content_type="application/json")
    return answer.status_code, answer.json()


def listed(client: Client, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"{ROOT}/duplicates", asked)
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def order(pair: tuple[UUID, UUID], **more: object) -> dict[str, object]:
    return {"contact_id": pair[1], "survivor_id": pair[0], **more}


def away(company: Company, contact_id: UUID) -> None:
    """Let the other team hold what somebody sent."""
    lead = Lead.objects.get(contact=contact_id)
    handoff.to_pool(lead.pk, team_id=company.offline.pk, actor=TESTER, now=LATER, reason="by_hand")


def test_a_pair_is_listed_with_both_sides_masked(company: Company, pair: tuple[UUID, UUID]) -> None:
    (item,) = listed(program(company.administrator))["items"]
    assert set(item["reasons"]) == {"same_name", "typo"}
    assert (item["first"]["contact_id"], item["second"]["contact_id"]) == tuple(map(str, pair))
    assert item["first"]["ways"] == ["138****5678"]
    assert item["hidden"] is None
    assert not item["is_contested"]


def test_pages_go_on_in_the_order_in_which_pairs_were_found(company: Company) -> None:
    for n in range(5):
        for swap in ("12", "21"):
            enquire(company.site, name=f"李{n}明", phone=f"138{n}23456{swap}")
    search(LATER)
    crm, seen, cursor = program(company.administrator), [], ""
    for _ in range(3):
        told = listed(crm, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in told["items"]]
        cursor = told["next_cursor"]
    assert seen == sorted(set(seen))
    assert len(seen) == 5
    assert not told["has_more"]
    assert listed(crm, limit=2, cursor=cursor)["items"] == []
    refused = crm.get(f"{ROOT}/duplicates", {"cursor": cursor, "min_score": 5})
    assert refused.json()["code"] == "cursor_unknown"
    for odd in (
        "limit=0",
        "min_score=x",
        "contact=1",
        "cursor=x",
        "updated_since=x",
        "min_score=0",
    ):
        assert crm.get(f"{ROOT}/duplicates?{odd}").status_code == 422, odd


def test_a_list_takes_the_same_number_of_statements_whatever_it_shows(company: Company) -> None:
    crm = program(company.manager)

    def asked(count: int) -> int:
        for n in range(count):
            for swap in ("12", "21"):
                enquire(company.site, name=f"李{count}{n}明", phone=f"138{count}{n}345{swap}6")
        search(LATER)
        with CaptureQueriesContext(connection) as seen:
            listed(crm)
        return len(seen)

    listed(crm)  # the token is remembered from then on
    assert asked(1) == asked(8) <= 16


def test_whoever_is_not_the_tokens_to_see_is_a_team_to_ask(
    company: Company, pair: tuple[UUID, UUID]
) -> None:
    crm = program(company.manager)
    away(company, pair[1])
    (item,) = listed(crm)["items"]
    assert item["second"] is None
    assert item["hidden"] == {
        "teams": [company.offline.name],
        "advice": f"Exists, with {company.offline.name}: ask there.",
    }
    away(company, pair[0])
    assert listed(crm)["items"] == []


def test_the_look_up_says_exists_and_whom_to_ask_and_nothing_else(
    company: Company, pair: tuple[UUID, UUID]
) -> None:
    away(company, pair[1])
    crm = program(company.manager)
    status, told = send(crm, "duplicates/lookup", {"phone": "138 1234 5687"})
    assert status == 200
    assert [m["person"] for m in told["matches"]] == [None]
    assert told["matches"][0]["hidden"]["teams"] == [company.offline.name]
    for hidden in (*HIDDEN, str(pair[1])):
        assert hidden not in json.dumps(told, ensure_ascii=False)
    _, told = send(crm, "duplicates/lookup", {"phone": LI["phone"]})
    assert told["matches"][0]["person"]["contact_id"] == str(pair[0])
    _, told = send(crm, "duplicates/lookup", {"email": "nobody@example.com"})
    assert told["matches"] == []
    for nothing in ({}, {"phone": "12"}, {"wechat": " "}):
        assert send(crm, "duplicates/lookup", nothing)[1]["code"] == "unreachable"


def test_a_preview_says_what_will_happen_and_changes_nothing(
    company: Company, pair: tuple[UUID, UUID]
) -> None:
    crm = program(company.administrator)
    _, told = send(crm, "merges/preview", order(pair, company="contact"))
    older, younger = (str(Lead.objects.get(contact=id_).pk) for id_ in pair)
    assert (told["name"], told["company"]) == ("李建国", "昆山锐达公司")
    assert (told["stays_open"], told["closes"]) == (older, younger)
    assert told["refusal"] is None
    assert not Merge.objects.exists()
    send(crm, "merges", [order(pair, company="contact")])
    made = Merge.objects.get()
    assert (made.name, made.company, str(made.closed_lead_id)) == (
        "李建国",
        "昆山锐达公司",
        younger,
    )
    assert send(crm, "merges/preview", order(pair))[1]["code"] == "merge_with_itself"


def test_two_at_work_must_agree(company: Company, pair: tuple[UUID, UUID]) -> None:
    for contact_id in pair:
        lead_id = Lead.objects.get(contact=contact_id).pk
        log_call(lead_id, call(), member=holder(lead_id), now=LATER)
    crm = program(company.administrator)
    assert listed(crm)["items"][0]["is_contested"]
    assert send(crm, "merges/preview", order(pair))[1]["refusal"] == "both_worked_on"
    _, told = send(crm, "merges", [order(pair)])
    assert told["merges"][0]["problem"]["code"] == "both_worked_on"
    _, told = send(crm, "merges", [order(pair, is_agreed=True)])
    assert told["merges"][0]["status"] == "merged"


def test_of_many_each_has_its_own_answer_and_a_repeat_has_the_same(
    company: Company, pair: tuple[UUID, UUID]
) -> None:
    other = enquire(company.site, phone="13700000000", name="王")
    third = Lead.objects.get(pk=other).contact_id
    crm = program(company.administrator)
    many = [
        order(pair, reason="同一个人"),
        order((pair[0], uuid4())),
        order((pair[0], pair[0])),
        order((pair[0], third), name="contact"),
        order((third, pair[1])),
    ]
    first, again = (send(crm, "merges", many) for _ in range(2))
    assert first == again
    told = first[1]["merges"]
    assert [one["status"] for one in told] == ["merged", "refused", "refused", "merged", "refused"]
    codes = [one["problem"]["code"] for one in told if one["problem"]]
    assert codes == ["contact_missing", "merge_with_itself", "already_merged"]
    assert Merge.objects.count() == 2
    assert set(Contact.objects.values_list("name", flat=True)) == {"王"}


def test_taking_apart_answers_each_and_a_repeat_leaves_it_apart(
    company: Company, pair: tuple[UUID, UUID]
) -> None:
    crm = program(company.administrator)
    made = send(crm, "merges", [order(pair)])[1]["merges"][0]
    ids = {"merge_ids": [made["merge_id"], str(uuid4())]}
    _, told = send(crm, "merges/apart", ids)
    assert [one["status"] for one in told["merges"]] == ["apart", "refused"]
    assert told["merges"][0]["reopened"] == [made["closed_lead"]]
    assert told["merges"][1]["problem"]["code"] == "merge_missing"
    assert Lead.objects.filter(ended_at=None).count() == 2
    _, again = send(crm, "merges/apart", ids)
    assert [one["status"] for one in again["merges"]] == ["apart", "refused"]
    assert send(crm, "merges", [order(pair)])[1]["merges"][0]["merge_id"] != made["merge_id"]


def test_nobody_merges_or_takes_apart_whom_the_token_may_not_see(
    company: Company, pair: tuple[UUID, UUID]
) -> None:
    hers, all_ = program(company.manager), program(company.administrator)
    away(company, pair[1])
    missing = send(hers, "merges", [order((pair[0], uuid4()))])[1]["merges"][0]["problem"]
    assert send(hers, "merges", [order(pair)])[1]["merges"][0]["problem"] == missing
    assert send(hers, "merges/preview", order(pair))[0] == 404
    made = send(all_, "merges", [order(pair)])[1]["merges"][0]["merge_id"]
    away(company, pair[0])
    told = send(hers, "merges/apart", {"merge_ids": [made, str(uuid4())]})[1]["merges"]
    assert told[0]["problem"] == told[1]["problem"]
    assert Merge.objects.get().undone_at is None


def test_reading_does_not_merge_and_a_salesperson_decides_nothing(
    company: Company, pair: tuple[UUID, UUID]
) -> None:
    reads = program(company.administrator, "duplicates:read")
    assert send(reads, "merges", [order(pair)])[1]["code"] == "scope_missing"
    assert send(reads, "merges/apart", {"merge_ids": [str(uuid4())]})[0] == 403
    writes = program(company.administrator, "duplicates:write")
    assert writes.get(f"{ROOT}/duplicates").status_code == 403
    seller = program(member(company.organisation, "seller", Role.SALESPERSON, company.online))
    assert seller.get(f"{ROOT}/duplicates").json()["code"] == "scope_missing"
    assert send(seller, "merges", [order(pair)])[0] == 403
    assert not Merge.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        "null",
        '[{"contact_id": 1}]',
        [{}] * 101,
        [{"contact_id": str(uuid4()), "survivor_id": str(uuid4()), "name": "mine"}],
        [{"contact_id": str(uuid4()), "survivor_id": str(uuid4()), "reason": "a\0b"}],
        [{"contact_id": str(uuid4()), "survivor_id": str(uuid4()), "reason": "x" * 201}],
        '[{"contact_id": "\\ud800"}]',
    ],
)
def test_a_body_of_another_shape_is_a_problem_that_says_where(company: Company, body: Any) -> None:
    status, told = send(program(company.administrator), "merges", body)
    assert (status, told["code"]) == (422, "body_unusable")


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, "\x00"])
def test_what_is_no_json_is_a_problem_too(company: Company, body: str) -> None:
    status, told = send(program(company.administrator), "merges", body)
    assert (status, told["code"]) in {(400, "unreadable"), (422, "body_unusable")}
