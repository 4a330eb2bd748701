"""What no page of ours would send: every route answers with a page of our own and changes nothing."""

import pytest
from django.test import Client

from clew.capture.models import Submission
from tests.company import Company

pytestmark = pytest.mark.django_db
ODD = ("\0", "\ud800", "9" * 40, "-1", "' or 1=1 --", "<script>", "é" * 3000, "１２３")
FIELDS = [
    "name",
    "username",
    "email",
    "role",
    "password",
    "present",
    "scopes",
    "weight",
    "capacity",
    "is_present",
    "member",
    "key",
    "kind",
    "is_online",
    "cost",
    "is_active",
    "phone",
    "wechat",
    "company",
    "region",
    "category",
    "message",
    "introduced_by",
    "source",
    "once",
    "paste",
    "failure",
    "what",
    "team",
    "active",
    "shortcuts",
    "language",
    "theme",
    "next",
    "side",
    "calendar",
    "high",
]
ADDRESSES = (
    "/sign-in",
    "/preferences",
    "/me/shortcuts",
    "/me/password",
    "/add/read",
    "/add/save",
    "/failures/settle",
    "/people/accounts",
    "/people/teams/new",
    "/people/seats/99999999999999999999999",
    "/people/accounts/99999999999999999999999/teams",
    "/sources/new",
    "/sources/site",
    "/tokens/new",
    "/checkup/books",
    "/tokens/99999999999999999999999/revoke",
)


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("odd", ODD)
def test_odd_values_break_no_page(admin: Client, odd: str) -> None:
    text = odd.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for address in ADDRESSES:
        answer = admin.post(address, dict.fromkeys(FIELDS, text))
        assert answer.status_code < 500, address


def test_odd_queries_break_no_page(admin: Client, company: Company) -> None:
    for query in ("?page=0", "?page=-1", "?page=x", "?page=" + "9" * 40, "?page=%00", "?next=//x"):
        for address in ("/account/never-contacted", "/failures", "/people", "/sign-in"):
            assert admin.get(address + query).status_code < 400 or address == "/sign-in"
    assert company.site.key


@pytest.mark.usefixtures("company")
def test_more_fields_than_a_form_can_have_are_refused(admin: Client) -> None:
    answer = admin.post("/add/save", {f"field{n}": "x" for n in range(2000)})
    assert answer.status_code == 400
    assert not Submission.objects.exists()


def test_a_way_back_to_another_site_leads_home(admin: Client) -> None:
    for evil in ("https://evil.example", "//evil.example", "javascript:alert(1)", "\\\\evil"):
        assert admin.post("/preferences", {"theme": "dark", "next": evil})["Location"] == "/"


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(
    "odd",
    [
        *ODD,
        "²",
        "1\x002",
        "2026-01-01T00:00:00+00:00_x",
        "0001-01-01T00:00:00-23:59_" + "0" * 32,
        "0001-01-01T00:00:00+23:59_" + "0" * 32,
    ],
)
def test_odd_filters_break_no_list(admin: Client, odd: str) -> None:
    text = odd.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for name in ("place", "grade", "source", "q", "after"):
        assert admin.get("/leads", {name: text}).status_code == 200, name
        assert admin.get("/exports/new", {name: text}).status_code == 200, name
    for name in ("way", "code", "source", "state", "after"):
        assert admin.get("/failures", {name: text}).status_code == 200, name
    assert admin.get("/pool", {"after": text}).status_code == 200
