"""The lists of the API: what they tell, in which order, and where they go on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clew.base.changes import horizon, settle
from clew.base.models import Deletion, Entry
from clew.capture.actions.fields import FieldData, add_field, retire_field
from clew.capture.custom import Choice
from clew.capture.models import Submission
from clew.contacts.models import Contact, Lead
from clew.handoff.actions.leads import close, reopen
from clew.handoff.models import Placement
from clew.pipeline.timeline import timeline
from clew.web.flow import undo
from tests.company import COLD, HOT, MONDAY_NOON, SUNDAY_NIGHT, TESTER, Company, enquire, found
from tests.races.threads import at_once
from tests.web.api.programs import LISTS, follow, page, program

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(hours=1)


@pytest.fixture
def company() -> Company:
    return found()


def many(company: Company, count: int) -> list[str]:
    return [str(enquire(company.site, phone=f"138{n:08}", **HOT)) for n in range(count)]


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


def test_pages_follow_each_other_in_the_order_of_change(company: Company) -> None:
    leads = many(company, 7)
    items, _ = follow(program(company.administrator), "leads", limit=3)
    assert ids(items) == leads


def test_a_lead_that_changes_comes_again_behind_the_cursor_and_only_that(company: Company) -> None:
    leads = many(company, 3)
    crm = program(company.administrator)
    _, cursor = follow(crm, "leads")
    assert follow(crm, "leads", cursor)[0] == []
    enquire(company.site, phone="13800000001", message="还要 5 台")
    items, cursor = follow(crm, "leads", cursor)
    assert (ids(items), items[0]["submission_count"]) == ([leads[1]], 2)
    close(Lead.objects.get(pk=leads[0]).pk, reason="won", actor=TESTER, now=LATER)
    items, cursor = follow(crm, "leads", cursor)
    assert (ids(items), items[0]["place"]["kind"]) == ([leads[0]], "closed")


def test_a_lead_comes_again_when_only_its_place_changes(company: Company) -> None:
    lead_id = enquire(company.site, SUNDAY_NIGHT, phone="13812345678", **HOT)
    crm = program(company.administrator)
    _, cursor = follow(crm, "leads")
    Placement.objects.filter(lead=lead_id).update(reason="moved")
    assert ids(follow(crm, "leads", cursor)[0]) == [str(lead_id)]


def test_what_was_undone_is_in_the_deletions(company: Company) -> None:
    kept = enquire(company.site, phone="13812345678", **HOT)
    gone = enquire(company.site, phone="13912345678", **HOT)
    contact = Lead.objects.get(pk=gone).contact_id
    place = Placement.objects.get(lead=gone).pk
    crm = program(company.administrator)
    undo([gone], LATER)
    assert ids(follow(crm, "leads")[0]) == [str(kept)]
    items, _ = follow(crm, "deletions")
    assert {(item["kind"], item["id"]) for item in items} == {
        ("lead", str(gone)),
        ("contact", str(contact)),
        ("placement", str(place)),
    }
    assert ids(follow(crm, "deletions", kind="contact")[0]) == [str(contact)]


def test_a_copy_that_follows_all_lists_equals_what_is_there(company: Company) -> None:
    crm = program(company.administrator)
    copy: dict[str, dict[str, Any]] = {"lead": {}, "contact": {}, "placement": {}}
    cursors = dict.fromkeys(LISTS, "")

    def synchronise() -> None:
        for name in ("leads", "contacts", "placements"):
            items, cursors[name] = follow(crm, name, cursors[name], limit=2)
            copy[name[:-1]] |= {str(item["id"]): item for item in items}
        items, cursors["deletions"] = follow(crm, "deletions", cursors["deletions"], limit=2)
        for item in items:
            copy[item["kind"]].pop(item["id"], None)

    first = enquire(company.site, phone="13812345678", email="a@b.cn", **HOT)
    synchronise()
    second = enquire(company.site, phone="13912345678", email="a@b.cn", **HOT)
    third = enquire(company.site, phone="13912345679", **COLD)
    synchronise()
    close(third, reason="lost", actor=TESTER, now=LATER)
    undo([first, second], LATER)
    synchronise()
    reopen(third, actor=TESTER, now=LATER)
    enquire(company.fair, phone="13812345678", **HOT)
    for _ in range(
        5
    ):  # a transaction in another database may just have ended: it is waited for once more
        synchronise()
    for kind, model in (("lead", Lead), ("contact", Contact), ("placement", Placement)):
        assert set(copy[kind]) == {str(pk) for pk in model.objects.values_list("pk", flat=True)}
        whole = {str(item["id"]): item for item in follow(crm, f"{kind}s")[0]}
        assert copy[kind] == whole


def test_what_a_transaction_writes_late_is_not_passed_over(company: Company) -> None:
    crm = program(company.administrator)
    with transaction.atomic():
        late = Contact.objects.create(id=uuid4(), created_at=LATER)
        seen: list[tuple[list[Any], str]] = []
        raised = at_once(lambda: seen.append(_read_behind_an_open_transaction(crm)))
    assert not raised
    [(items, cursor)] = seen
    assert items == []  # its number is higher than one that still writes
    now = ids(follow(crm, "contacts", cursor)[0])
    assert (len(now), str(late.pk) in now) == (2, True)


def _read_behind_an_open_transaction(crm: Client) -> tuple[list[Any], str]:
    Contact.objects.create(id=uuid4(), created_at=LATER)
    return follow(crm, "contacts")


FILTERS = [
    ("leads", {"source": "site"}, 2),
    ("leads", {"source": "fair"}, 1),
    ("leads", {"source": "nowhere"}, 0),
    ("leads", {"grade": "high"}, 2),
    ("leads", {"category": "伺服"}, 1),
    ("leads", {"region": "32"}, 2),
    ("leads", {"region": "3205"}, 1),
    ("leads", {"region": "440106"}, 0),
    ("leads", {"state": "open"}, 2),
    ("leads", {"state": "closed"}, 1),
    ("leads", {"team": "{online}"}, 2),
    ("leads", {"contact": "{contact}"}, 1),
    ("placements", {"lead": "{lead}"}, 2),
    ("placements", {"kind": "closed"}, 1),
    ("placements", {"state": "open"}, 3),
    ("placements", {"team": "{offline}"}, 1),
    ("events", {"name": "LeadOpened"}, 3),
    ("events", {"name": "LeadOpened", "subject": "{lead}"}, 1),
]


def test_filters_leave_out_the_rest(company: Company) -> None:
    lead = enquire(company.site, phone="13812345678", category="伺服", region="苏州", **HOT)
    enquire(company.site, phone="13812345679", region="南京", **HOT)
    enquire(company.fair, phone="13812345680", **COLD)
    close(lead, reason="won", actor=TESTER, now=LATER)
    known = {
        "online": company.online.pk,
        "offline": company.offline.pk,
        "lead": lead,
        "contact": Lead.objects.get(pk=lead).contact_id,
    }
    crm = program(company.administrator)
    for name, asked, count in FILTERS:
        given = {key: value.format(**known) for key, value in asked.items()}
        assert len(follow(crm, name, **given)[0]) == count, (name, asked)


def test_updated_since_begins_where_it_says(company: Company) -> None:
    crm = program(company.administrator)
    many(company, 3)
    moment = datetime.now(UTC)
    later = str(enquire(company.site, phone="13912345678"))
    given = moment.isoformat().replace("+00:00", "+00:00")
    assert ids(page(crm, "leads", updated_since=given)["items"]) == [later]
    ahead = (moment + timedelta(days=1)).isoformat()
    assert page(crm, "leads", updated_since=ahead)["items"] == []


def test_a_page_costs_the_same_statements_whatever_is_on_it(company: Company) -> None:
    crm = program(company.administrator)
    gone = [enquire(company.site, phone="13912345678"), enquire(company.site, phone="13912345679")]
    many(company, 12)
    undo(gone, LATER)
    wanted = {"leads": 5, "contacts": 4, "placements": 3, "events": 3, "deletions": 2}
    page(crm, "leads")  # from here on the token is known
    for name, count in wanted.items():
        for limit in (1, 200):
            with CaptureQueriesContext(connection) as seen:
                page(crm, name, limit=limit)
            assert len(seen) == count, (name, limit, [query["sql"] for query in seen])
    with CaptureQueriesContext(connection) as seen:
        page(crm, "contacts", ways="full")
    assert len(seen) == 9


def test_a_manager_sees_what_the_managers_teams_hold(company: Company) -> None:
    own = enquire(company.site, phone="13812345678", **HOT)
    enquire(company.fair, phone="13912345678", **HOT)
    crm = program(company.manager)
    assert ids(follow(crm, "leads")[0]) == [str(own)]
    assert ids(follow(crm, "contacts")[0]) == [str(Lead.objects.get(pk=own).contact_id)]
    assert {item["lead_id"] for item in follow(crm, "placements")[0]} == {str(own)}
    assert {item["subject"] for item in follow(crm, "events")[0]} == {str(own)}


def test_the_ledger_comes_whole_and_once(company: Company) -> None:
    many(company, 5)
    items, _ = follow(program(company.administrator), "events", limit=4)
    assert ids(items) == list(Entry.objects.order_by("id").values_list("id", flat=True))


def test_full_numbers_go_on_record_with_the_token(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    crm = program(company.administrator)
    assert page(crm, "contacts")["items"][0]["ways"] == [{"kind": "phone", "value": "138****5678"}]
    assert not Entry.objects.filter(name="IdentifiersRevealed").exists()
    told = page(crm, "contacts", ways="full")["items"][0]
    assert (told["ways"], told["is_masked"]) == (
        [{"kind": "phone", "value": "+8613812345678"}],
        False,
    )
    entry = Entry.objects.get(name="IdentifiersRevealed")
    assert (entry.subject, entry.actor_kind, entry.data["purpose"]) == (
        lead_id,
        "token",
        "synchronise",
    )
    moments = timeline(Lead.objects.get(), company.administrator, MONDAY_NOON)
    assert "crm" in {moment.who for moment in moments}


def test_what_another_server_wrote_is_new_here_after_a_restore(company: Company) -> None:
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    crm = program(company.administrator)
    _, cursor = follow(crm, "leads")
    ahead = horizon()[1] + 1_000_000
    with connection.cursor() as cursor_:
        cursor_.execute("alter table contacts_lead disable trigger lead_written")
        cursor_.execute("update contacts_lead set written_in = %s", [ahead])
        cursor_.execute("alter table contacts_lead enable trigger lead_written")
    assert follow(crm, "leads", cursor)[0] == []
    settle()
    assert ids(follow(crm, "leads", cursor)[0]) == [str(lead_id)]


def test_deletions_are_written_whoever_deletes(company: Company) -> None:
    enquire(company.site, phone="13812345678", **HOT)
    undo(list(Submission.objects.values_list("pk", flat=True)), LATER)
    assert sorted(Deletion.objects.values_list("kind", flat=True)) == [
        "contact",
        "lead",
        "placement",
    ]


def test_fields_of_the_operator_are_told_and_leads_carry_them(company: Company) -> None:
    choices = (Choice("one", "单轴"),)
    for given in (FieldData("volt", "电压", "number"), FieldData("axis", "轴", "choice", choices)):
        add_field(given, actor=TESTER, now=MONDAY_NOON)
    retire_field("volt", actor=TESTER, now=MONDAY_NOON)
    lead = enquire(company.site, phone="13812345678", custom={"volt": 48.5, "axis": "one"})
    crm = program(company.administrator)
    told = page(crm, "fields")["items"]
    assert [(f["key"], f["kind"], f["is_retired"]) for f in told] == [
        ("axis", "choice", False),
        ("volt", "number", True),
    ]
    assert told[0]["choices"] == [{"key": "one", "label": "单轴", "is_retired": False}]
    (item,) = [one for one in page(crm, "leads")["items"] if one["id"] == str(lead)]
    assert item["custom"] == page(crm, f"leads/{lead}")["custom"] == {"volt": 48.5, "axis": "one"}
