"""What the doors turn away and keep, and what they do not."""

import asyncio
import json
from datetime import timedelta
from unittest import mock

import pytest

from clew.base.models import Refusal
from clew.capture import keeper, rejections
from clew.capture.actions.rejections import keep
from clew.capture.errors import LeadsRefused
from clew.capture.link import Link, conninfo
from clew.capture.models import Form, Rejected, Submission
from clew.capture.refusals import Refusals
from clew.capture.rejections import Doorway, open_kept
from clew.capture.rules import LARGEST_LEAD, Fault
from clew.errors import Unavailable
from tests.capture.sender import NOW, PHONE, Sender, lead, site, token
from tests.capture.test_views import Visitor, form

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["form"]


@pytest.fixture
def sender() -> Sender:
    site()
    return Sender()


def contents() -> list[dict[str, object]]:
    """What is kept, as it was sent, oldest first."""
    return [
        json.loads(bytes(open_kept(row.digest, row.body).lead))
        for row in Rejected.objects.order_by("pk")
    ]


def test_only_the_refused_leads_of_an_array_are_kept_with_their_faults(sender: Sender) -> None:
    bad = lead(phone="", name="张三", external_id="a-2")
    odd = lead(colour="red", source="site")
    answer = sender.one([lead(), bad, lead(name="x" * 121), odd])
    assert answer.status_code == 422
    assert not Submission.objects.exists()
    assert bad in contents()
    assert odd in contents()
    assert Rejected.objects.count() == 3
    kept = Rejected.objects.get(external_id="a-2")
    assert (kept.code, kept.source.key, kept.count) == ("unreachable", "site", 1)
    assert kept.faults == [{"field": "", "code": "unreachable"}]
    assert kept.token is not None
    assert Rejected.objects.get(code="too_long").faults == [{"field": "name", "code": "too_long"}]


def test_nothing_of_what_is_kept_stands_in_the_clear(sender: Sender) -> None:
    sender.one(lead(phone="", message="call 13912345678", **{"13912345678": "王五"}))
    row = Rejected.objects.values().get()
    shown = str({name: value for name, value in row.items() if name != "body"})
    assert "13912345678" not in shown + bytes(row["body"]).decode("latin-1")
    assert row["faults"] == [{"field": "", "code": "unknown_field"}]


def test_a_lead_refused_again_takes_the_place_of_what_was_kept(sender: Sender) -> None:
    for name in ("first", "second"):
        sender.one(lead(phone="", name=name, external_id="a-1"))
    sender.send(*[lead(phone="", name="same")] * 5)
    row = Rejected.objects.get(external_id="a-1")
    assert row.count == 2
    assert json.loads(bytes(open_kept(row.digest, row.body).lead))["name"] == "second"
    assert Rejected.objects.get(external_id=None).count == 5


def test_an_unknown_source_is_kept_without_one(sender: Sender) -> None:
    sender.one(lead(source="nowhere"))
    assert Rejected.objects.get().source is None
    assert contents()[0]["source"] == "nowhere"


def test_leads_under_a_key_used_before_are_kept_whole(sender: Sender) -> None:
    sender.one(lead(), idempotency_key="k")
    sender.one([lead(name="B"), lead(name="C")], idempotency_key="k")
    assert {str(row["name"]) for row in contents()} == {"B", "C"}
    assert set(Rejected.objects.values_list("code", flat=True)) == {"idempotency_key_reused"}


def test_strangers_and_unreadable_bodies_leave_nothing_behind(sender: Sender) -> None:
    sender.one(lead(phone=""), authorization="Bearer clew_x")
    Sender(token("leads:read")[1]).one(lead(phone=""))
    sender.send(b"{", b"", b'{"source": "site", "phone": 5, oops', b"[1, 2]", [lead()] * 1001)
    assert not Rejected.objects.exists()


def test_a_lead_that_is_too_large_is_counted_and_not_kept(sender: Sender) -> None:
    sender.one(lead(extra={"text": "x" * LARGEST_LEAD}))
    assert not Rejected.objects.exists()
    assert Refusal.objects.get(code="not_kept").details["count"] == 1


def test_a_token_has_its_share_of_a_day_and_beyond_it_the_count_grows(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "KEEP", rejections.KEEP.replace("<= 1000)", "<= 3)"))
    sender.one([lead(phone="", name=str(n)) for n in range(5)])
    assert Rejected.objects.count() == 3
    assert Refusal.objects.get(code="not_kept").details["count"] == 2
    sender.one([lead(phone="", name=str(n)) for n in range(2)])
    assert sorted(Rejected.objects.values_list("count", flat=True)) == [1, 2, 2]
    Sender().one(lead(phone=""))
    assert Rejected.objects.count() == 4


def test_all_together_have_a_budget(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "KEEP", rejections.KEEP.replace(str(rejections.MOST_BYTES), "2000"))
    sender.one([lead(phone="", message="x" * 900, name=str(n)) for n in range(5)])
    assert Rejected.objects.count() == 1


def test_a_lost_database_loses_nothing_but_time() -> None:
    """The rows wait in the process, and the next writing takes them along."""
    sender, _ = token()
    door = Doorway({}, NOW, token=sender.pk)
    refused = LeadsRefused([Fault(n, "", "unreachable") for n in range(3)])
    body = json.dumps([lead(phone="", name=str(n)) for n in range(3)]).encode()

    async def lose_and_find() -> None:
        link = Link(conninfo())
        kept = keeper.Keeper(link, Refusals(link))
        kept.keep(refused, body, door)
        with mock.patch.object(link, "fetch", side_effect=Unavailable), pytest.raises(Unavailable):
            await kept.flush()
        await kept.close()
        await link.close()

    asyncio.run(lose_and_find())
    assert Rejected.objects.count() == 3


def test_what_a_visitor_typed_is_kept_whatever_was_wrong(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(monkeypatch)
    visitor.open(utm_source="baidu")
    assert visitor.send("张三 138", message="要 3 台").status_code == 422
    row = Rejected.objects.get()
    assert (row.form, row.code, row.source) == (form, "fields_wrong", form.source)
    assert row.external_id == visitor.nonce
    typed = contents()[0]
    assert (typed["phone"], typed["message"]) == ("张三 138", "要 3 台")
    assert typed["utm"] == {"utm_source": "baidu"}
    assert typed["consents"][0]["text_version"] == "3"  # type: ignore[index]
    assert open_kept(row.digest, row.body).evidence["user_agent"] == "Mobile/1"
    visitor.send("没有号码", company_site="x")
    assert (Rejected.objects.get().code, contents()[0]["message"]) == ("too_fast", "没有号码")
    assert Rejected.objects.get().count == 2


def test_a_page_open_for_too_long_and_too_many_from_one_network_are_kept(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(monkeypatch)
    visitor.open()
    visitor.now += timedelta(days=2)
    visitor.send(PHONE)
    for n in range(10):
        visitor.look(visitor.client.get("/f/ask"))
        visitor.send(f"1391234567{n}")
    codes = list(Rejected.objects.order_by("pk").values_list("code", flat=True))
    assert codes == ["too_old", "too_many_visits", "too_many_visits"]
    assert contents()[0]["phone"] == PHONE


def test_an_empty_form_is_not_worth_keeping(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(monkeypatch)
    visitor.open()
    visitor.send("", message=" ")
    assert not Rejected.objects.exists()


def test_a_form_has_its_share_of_a_day(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "clew.capture.actions.rejections.KEEP", rejections.KEEP.replace("<= 1000)", "<= 2)")
    )
    at = Doorway({}, NOW, form=form.pk)
    for n in range(4):
        keep(b"{}", "fields_wrong", [Fault(0, "", "x")], at=at, name=str(n))
    assert Rejected.objects.count() == 2
    assert Refusal.objects.get(code="not_kept").details["count"] == 2
