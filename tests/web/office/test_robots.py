"""The page of robots: connected, tried, changed, retired; and nothing secret on it."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from babel.messages.pofile import read_po
from django.test import Client, override_settings

from clew.base.targets import read_targets
from clew.reach.courier import Courier
from clew.reach.models import Message, Outlet
from clew_peers.robots import DINGTALK, FEISHU, WECOM, Robots
from tests.company import Company, found
from tests.running import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
WEBHOOK = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-secret-key"


@pytest.fixture
def company() -> Company:
    return found()


@pytest.fixture
def admin(company: Company) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.administrator)
    return client


@pytest.fixture
def robots() -> Iterator[Robots]:
    with Robots() as made, override_settings(PRIVATE_TARGETS=read_targets("127.0.0.1")):
        yield made


def given(company: Company, **changes: object) -> dict[str, object]:
    sent = {
        "vendor": WECOM,
        "name": "线上组群",
        "team": company.online.pk,
        "member": "",
        "address": WEBHOOK,
        "once": str(uuid4()),
    }
    return sent | changes


def test_a_robot_is_connected_and_its_address_is_shown_nowhere(
    admin: Client, company: Company
) -> None:
    assert admin.post("/robots/new", given(company)).status_code == 302
    outlet = Outlet.objects.get()
    for page in ("/robots", f"/robots/{outlet.pk}"):
        text = admin.get(page).content.decode()
        assert "线上组群" in text
        assert "abc-secret-key" not in text
    assert "Never tried" in admin.get("/robots").content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"address": "https://example.com/"}, "This is not the address of such a robot"),
        ({"address": WEBHOOK.replace("https", "http")}, "This is no address that may be called"),
        ({"address": WEBHOOK.replace("https://", "https://user@")}, "This is no address that may be called"),
        ({"team": ""}, "Choose one team or one person"),
        ({"vendor": DINGTALK}, "This is not the address of such a robot"),
        ({"vendor": DINGTALK, "address": "https://oapi.dingtalk.com/robot/send?access_token=t"}, "Switch signing on"),
        ({"name": " "}, "This field is required"),
        ({"vendor": "smoke"}, "Select a valid choice"),
        ({"address": "https://x/webhook/send?key=" + "k" * 600}, "at most 500 characters"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_and_kept_nowhere(
    admin: Client, company: Company, changes: dict[str, object], says: str
) -> None:
    answer = admin.post("/robots/new", given(company, **changes))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Outlet.objects.exists()


def test_a_test_goes_out_and_the_page_tells_how_it_went(
    admin: Client, company: Company, robots: Robots
) -> None:
    robots.add(FEISHU, "hook", "right")
    sent = given(company, vendor=FEISHU, address=robots.address("hook"), secret="wrong")
    admin.post("/robots/new", sent)
    outlet = Outlet.objects.get()
    courier = Courier()
    for secret, says in (("", "The signature is refused"), ("right", "Works")):
        if secret:
            kept = {
                "once": str(uuid4()),
                "name": "线上组群",
                "team": company.online.pk,
                "address": "",
                "secret": secret,
            }
            assert admin.post(f"/robots/{outlet.pk}", kept).status_code == 302
        assert admin.post(f"/robots/{outlet.pk}/test").status_code == 302
        while courier.go_on(datetime.now(UTC)) or courier.is_busy:
            courier.pause(10)
        assert says in admin.get("/robots").content.decode()
    assert [one.state for one in Message.objects.order_by("pk")] == ["failed", "sent"]


def test_a_retired_robot_is_gone(admin: Client, company: Company) -> None:
    admin.post("/robots/new", given(company))
    outlet = Outlet.objects.get()
    for _ in range(2):
        assert admin.post(f"/robots/{outlet.pk}/retire").status_code == 302
    assert "No robot yet" in admin.get("/robots").content.decode()
    assert admin.get(f"/robots/{outlet.pk}").status_code == 404
    assert admin.post(f"/robots/{outlet.pk}/test").status_code == 404


def test_a_double_click_connects_one(admin: Client, company: Company) -> None:
    once = "7b7f2f6e-5f2c-4f0e-9a53-0c5a3c6d3f10"
    for _ in range(2):
        assert admin.post("/robots/new", given(company, once=once)).status_code == 302
    assert Outlet.objects.count() == 1


def test_the_number_of_statements_does_not_grow(
    admin: Client, company: Company, django_assert_max_num_queries: object
) -> None:
    for number in range(6):
        admin.post("/robots/new", given(company, name=f"群{number}"))
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        admin.get("/robots")


@pytest.mark.parametrize(
    ("page", "quoted"),
    [("connect-a-robot.md", r"(?<!\*)\*([^*\n]+)\*(?!\*)"), ("connect-a-robot.zh.md", "“([^”]+)”")],
)
def test_what_the_howto_calls_a_button_stands_on_the_pages(page: str, quoted: str) -> None:
    text = (ROOT / "docs" / "howto" / page).read_text(encoding="utf-8")
    catalogues = ROOT.glob("src/clew/*/locale/zh_Hans/LC_MESSAGES/django.po")
    entries = [m for po in catalogues for m in read_po(io.BytesIO(po.read_bytes())) if m.id]
    known = {str(m.string if page.endswith(".zh.md") else m.id) for m in entries}
    assert set(re.findall(quoted, text)) - known == set()
