"""Tokens, sources, one's own page."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from clew.access.models import Member, Token
from clew.access.tokens import find
from clew.capture.models import Form, Source
from tests.company import Company, enquire
from tests.web.office.conftest import Browser

pytestmark = pytest.mark.django_db


def once() -> str:
    return str(uuid4())


def test_a_token_is_shown_once_and_works(admin: Client) -> None:
    data = {"name": "website", "scopes": ["leads:write"], "once": once()}
    assert admin.post("/tokens/new", data).status_code == 302
    shown = re.search(r"clew_[\w-]{20,}", admin.get("/tokens").content.decode())
    assert shown
    grant = find(shown.group())
    assert grant
    assert grant.scopes == {"leads:write"}
    assert shown.group() not in admin.get("/tokens").content.decode()


def test_a_double_click_makes_one_token_and_still_shows_it(admin: Client) -> None:
    data = {"name": "website", "scopes": ["leads:write"], "once": once()}
    admin.post("/tokens/new", data)
    admin.post("/tokens/new", data)
    assert Token.objects.count() == 1
    assert re.search(r"clew_[\w-]{20,}", admin.get("/tokens").content.decode())


def test_a_token_needs_a_name_and_a_known_right(admin: Client) -> None:
    for wrong in ({"name": ""}, {"scopes": []}, {"scopes": ["everything"]}):
        data = {"name": "x", "scopes": ["leads:read"], "once": once(), **wrong}
        assert admin.post("/tokens/new", data).status_code == 422
    assert not Token.objects.exists()


def test_a_revoked_token_opens_nothing(admin: Client) -> None:
    admin.post("/tokens/new", {"name": "x", "scopes": ["leads:read"], "once": once()})
    shown = re.search(r"clew_[\w-]{20,}", admin.get("/tokens").content.decode())
    assert shown
    admin.post(f"/tokens/{Token.objects.get().pk}/revoke")
    assert find(shown.group()) is None


SOURCE = {
    "name": "百度搜索",
    "key": "baidu",
    "kind": "bought",
    "is_online": "1",
    "cost": "38.65",
    "is_active": "on",
}


def test_a_source_is_added_with_its_cost_in_cents(admin: Client) -> None:
    answer = admin.post("/sources/new", {**SOURCE, "once": once()})
    assert answer["Location"] == "/sources/baidu"
    source = Source.objects.get(key="baidu")
    assert (source.cost_minor, source.kind, source.is_online) == (3865, "bought", True)


def test_a_taken_key_is_refused_and_the_rest_kept(admin: Client, company: Company) -> None:
    answer = admin.post("/sources/new", {**SOURCE, "key": company.site.key, "once": once()})
    assert answer.status_code == 422
    assert "百度搜索" in answer.content.decode()


@pytest.mark.parametrize("cost", ["-1", "1.234", "NaN", "1e99", "x"])
def test_an_impossible_cost_is_refused(admin: Client, cost: str) -> None:
    answer = admin.post("/sources/new", {**SOURCE, "cost": cost, "once": once()})
    assert answer.status_code == 422
    assert not Source.objects.filter(key="baidu").exists()


def test_a_changed_cost_leaves_leads_that_are_there_alone(admin: Client, company: Company) -> None:
    enquire(company.site, phone="13812345678")
    data = {**SOURCE, "key": "other", "cost": "99", "once": once()}
    assert admin.post(f"/sources/{company.site.key}", data).status_code == 302
    company.site.refresh_from_db()
    assert (company.site.key, company.site.cost_minor) == ("site", 9900)
    assert company.site.submissions.get().cost_minor == 3860


def test_a_source_shows_what_to_paste_elsewhere(admin: Client, company: Company) -> None:
    page = admin.get(f"/sources/{company.site.key}").content.decode()
    assert "/api/v1/leads" in page
    assert "&quot;source&quot;: &quot;site&quot;" in page


def test_sources_show_what_each_brought(admin: Client, company: Company) -> None:
    enquire(company.site, phone="13812345678")
    page = admin.get("/sources").content.decode()
    assert "¥38.60" in page
    assert "none yet" in page


def test_without_sources_there_is_one_thing_to_do(admin: Client) -> None:
    Source.objects.all().delete()
    page = admin.get("/sources").content.decode()
    assert page.count("/sources/new") == 1


def test_one_keeps_the_session_when_changing_the_own_password(
    company: Company, browser: Browser
) -> None:
    person = company.people[0]
    person.set_password("three blue herons")
    person.save()
    mine, other = browser(person), browser(person)
    data = {"present": "three blue herons", "password": "four green parrots", "once": once()}
    assert mine.post("/me/password", data).status_code == 302
    assert mine.get("/me").status_code == 200
    assert other.get("/me").status_code == 302


def test_a_wrong_present_password_changes_nothing(company: Company, browser: Browser) -> None:
    person = company.people[0]
    data = {"present": "guessed", "password": "four green parrots", "once": once()}
    assert browser(person).post("/me/password", data).status_code == 422
    assert Member.objects.get(pk=person.pk).password == person.password


def test_single_keys_can_be_switched_off(company: Company, browser: Browser) -> None:
    person = company.people[0]
    browser(person).post("/me/shortcuts", {"shortcuts": "off"})
    person.refresh_from_db()
    assert not person.has_shortcuts


def test_the_language_chosen_in_the_page_outlives_the_browsers(
    company: Company, browser: Browser
) -> None:
    mine = browser(company.people[0])
    mine.post("/preferences", {"language": "zh-hans", "next": "/me"})
    assert "偏好" in mine.get("/me").content.decode()
    elsewhere = browser(company.people[0])
    assert "偏好" in elsewhere.get("/me").content.decode()


HOSTED = {
    "slug": "servo",
    "title": "今天问，今天回",
    "button": "要报价",
    "question": "什么时候要用？",
    "options": "这周\n\n 这个月 \n",
    "consent_zh": "同意启衡工控联系您。",
    "consent_en": "You agree that Qiheng contacts you.",
}


def test_a_form_goes_on_the_net_and_off_again(admin: Client, company: Company) -> None:
    for nonce in [once()] * 2:
        answer = admin.post("/sources/site/forms/new", {**HOSTED, "once": nonce})
        assert answer["Location"] == "/sources/site"
    assert "/f/servo" in admin.get("/sources/site").content.decode()
    page = Form.objects.get(slug="servo")
    assert (page.source, page.options) == (company.site, ["这周", "这个月"])
    stranger = Client()
    assert "今天问，今天回" in stranger.get("/f/servo").content.decode()
    admin.post(f"/forms/{page.pk}/close")
    assert stranger.get("/f/servo").status_code == 404


def test_an_address_is_used_by_one_form(admin: Client, company: Company) -> None:
    for address in ("/sources/site/forms/new", "/sources/fair/forms/new"):
        answer = admin.post(address, {**HOSTED, "once": once()})
    assert answer.status_code == 422
    assert "今天问" in answer.content.decode()
    assert company.fair.forms.count() == 0


def test_a_changed_wording_is_a_new_version_and_the_old_one_stays(admin: Client) -> None:
    for slug, words in (("a", "同意。"), ("b", "同意。"), ("c", "都同意。")):
        data = {**HOSTED, "slug": slug, "consent_zh": words, "once": once()}
        admin.post("/sources/site/forms/new", data)
    versions = dict(Form.objects.values_list("slug", "consent_text__version"))
    assert versions == {"a": 1, "b": 1, "c": 2}
