"""Adding a lead by hand and by paste."""

from uuid import uuid4

import pytest
from django.test import Client

from clew.access.models import Role
from clew.capture.models import Source, Submission
from clew.capture.queries import open_body
from clew.handoff.models import Placement
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, Company, enquire, member
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db
PASTED = "张三 13812345678 要 3 台 400W 伺服电机，苏州"


def typed(company: Company, **more: str) -> dict[str, str]:
    return {"phone": "13812345678", "source": company.fair.key, "once": str(uuid4()), **more}


def test_a_pasted_line_becomes_a_filled_in_form_and_nothing_is_kept(
    admin: Client, company: Company
) -> None:
    page = admin.post("/add/read", {"paste": PASTED}).content.decode()
    for value in ("张三", "13812345678", "苏州"):
        assert f'value="{value}' in page
    assert "400W" in page
    assert not Submission.objects.exists()


def test_a_typed_lead_goes_where_every_lead_goes(company: Company, browser: Browser) -> None:
    seller = browser(company.people[0])
    answer = seller.post("/add/save", typed(company, name="张三", message="400W 伺服"))
    submission = Submission.objects.get()
    assert answer["Location"] == f"/add/{submission.pk}"
    assert "looks again by itself" in seller.get(answer["Location"]).content.decode()
    run_belt_once(MONDAY_NOON)
    assert "It is in the pool" in seller.get(answer["Location"]).content.decode()
    assert (submission.channel, submission.actor_id) == ("typed", str(company.people[0].pk))
    assert open_body(submission.pk, submission.body).lead.name == "张三"


def test_a_double_click_records_one_lead(admin: Client, company: Company) -> None:
    data = typed(company)
    for _ in range(2):
        assert admin.post("/add/save", data).status_code == 302
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    "change", [{"phone": ""}, {"phone": "12"}, {"source": "none"}, {"name": "x" * 121}]
)
def test_a_refused_lead_keeps_what_was_typed(
    admin: Client, company: Company, change: dict[str, str]
) -> None:
    answer = admin.post("/add/save", {**typed(company), "company": "昆山锐达", **change})
    assert answer.status_code == 422
    assert "昆山锐达" in answer.content.decode()
    assert not Submission.objects.exists()


def test_the_form_remembers_the_source_last_used(admin: Client, company: Company) -> None:
    assert '<option value="fair" selected>' in admin.get("/add").content.decode()
    admin.post("/add/save", typed(company, source=company.site.key))
    assert '<option value="site" selected>' in admin.get("/add").content.decode()


def test_what_a_colleague_typed_is_not_shown_to_others(company: Company, browser: Browser) -> None:
    answer = browser(company.people[0]).post("/add/save", typed(company))
    stranger = member(company.organisation, "other", Role.SALESPERSON)
    assert browser(stranger).get(answer["Location"]).status_code == 404


def test_without_a_source_there_is_one_thing_to_do(admin: Client) -> None:
    Source.objects.all().delete()
    assert admin.get("/add").content.decode().count("/sources/new") == 1


def test_whoever_holds_a_known_persons_lead_is_not_named_to_who_may_not_see_it(
    company: Company, browser: Browser
) -> None:
    known = enquire(company.site, phone="13812345678", name="张三", **HOT)
    owner = Placement.objects.get(lead=known, closed_at=None).seat
    assert owner
    typist = member(company.organisation, "typist", Role.SALESPERSON, company.offline)
    seller = browser(typist)
    path = seller.post("/add/save", typed(company))["Location"]
    run_belt_once(MONDAY_NOON)
    page = seller.get(path).content.decode()
    assert f"Their lead is with {company.online.name}" in page
    for hidden in (owner.member.name, "enquiry number", str(known), "张三", "It is with"):
        assert hidden not in page
    told = browser(owner.member).get(path).content.decode()
    assert f"It is with {owner.member.name}" in told


def test_whom_a_new_lead_went_to_is_told_to_who_typed_it(
    company: Company, browser: Browser
) -> None:
    typist = member(company.organisation, "typist", Role.SALESPERSON, company.offline)
    seller = browser(typist)
    path = seller.post(
        "/add/save", typed(company, source=company.site.key, message=HOT["message"])
    )["Location"]
    run_belt_once(MONDAY_NOON)
    assert "It is with Sales" in seller.get(path).content.decode()
