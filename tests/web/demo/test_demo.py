"""The demo: believable, never dead, gone without a trace."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from clew.access.models import Member, Organisation, Role, Team
from clew.base.models import Entry, Outbox
from clew.capture.actions.fields import FieldData, add_field
from clew.capture.models import CustomField, Form, FormField, Rejected, Source, Submission
from clew.contacts.actions import correct
from clew.contacts.models import Contact, Lead, Suspect
from clew.grading.models import RuleSet
from clew.handoff.models import Calendar, Placement, Round, Routing, Seat
from clew.handoff.queries import recomputed_equal
from clew.pipeline.bulk.actions import choose, go_on, say, start, undo
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.commission.models import Deal, Line
from clew.pipeline.filters import Filter
from clew.pipeline.models import BulkEdit, Clock, Layout, Result, SavedView, Task, Worth
from clew.pipeline.plays.models import Decision, Deed, Run, Script, Version
from clew.pipeline.queue.queries import my_day
from clew.pipeline.rules import Group
from clew.pipeline.saved.actions import Sharing, begin_with, save
from clew.tally.queries import account, waste
from clew.web.demo import load
from clew.web.demo.errors import MixedWithOwn, NoDemo
from clew.web.demo.removal import STATEMENTS, remove
from clew.web.worker import run_belt_once
from tests.company import TESTER, source, submit
from tests.kept import kept

SUNDAY_AT_THREE = datetime(2026, 11, 21, 19, 0, tzinfo=UTC)
DAYS = 12

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with kept(django_db_blocker):
        load(SUNDAY_AT_THREE, DAYS)
        yield


@pytest.mark.usefixtures("_demo")
def test_at_three_on_a_sunday_lin_has_a_full_day() -> None:
    local = SUNDAY_AT_THREE.astimezone(ZoneInfo("Asia/Shanghai"))
    urgent = {
        member.username: sum(row.group is Group.URGENT for row in my_day(member, local).rows)
        for member in Member.objects.filter(role=Role.SALESPERSON)
    }
    assert urgent["lin"] >= 2
    assert Clock.objects.filter(stopped_at=None, due_at__gt=SUNDAY_AT_THREE).exists()
    assert Clock.objects.filter(stopped_at=None, breached_at__isnull=False).exists()
    assert Task.objects.filter(done_at=None).count() > 3


@pytest.mark.usefixtures("_demo")
def test_the_books_of_the_demo_balance() -> None:
    administrator = Member.objects.get(username="admin")
    assert account(administrator).is_balanced
    assert waste(administrator, SUNDAY_AT_THREE).count > 0
    assert Rejected.objects.get().code == "fields_wrong"
    assert not Outbox.objects.exists()
    for seat in Seat.objects.all():
        assert seat.open_count == Placement.objects.filter(seat=seat, closed_at=None).count()
    assert all(recomputed_equal(one) for one in Round.objects.all())


@pytest.mark.usefixtures("_demo")
def test_every_sale_of_the_demo_is_a_deal_with_commission(client: Client) -> None:
    won = Placement.objects.filter(kind="closed", reason="won", closed_at=None)
    leads = set(won.values_list("lead_id", flat=True))
    assert leads == set(Deal.objects.filter(undone_at=None).values_list("lead_id", flat=True))
    assert leads == set(Result.objects.filter(is_won=True).values_list("lead_id", flat=True))
    said = Worth.objects.filter(lead__in=leads).count()
    assert said >= 0.9 * len(leads) > 0
    assert Line.objects.filter(amount_minor__gt=0).values("deal").distinct().count() >= said
    client.force_login(Member.objects.get(username="admin"))
    page = client.get("/commission", {"month": f"{SUNDAY_AT_THREE:%Y-%m}"}).content.decode()
    assert "¥" in page


@pytest.mark.usefixtures("_demo")
def test_some_people_may_be_one_and_the_page_says_why(client: Client) -> None:
    found = list(Suspect.objects.filter(state="open"))
    assert 2 <= len(found) <= 12
    assert len({reason for one in found for reason in one.reasons}) >= 2
    client.force_login(Member.objects.get(username="admin"))
    assert client.get("/duplicates").content.decode().count("data-pair") == len(found)


@pytest.mark.usefixtures("_demo")
def test_the_history_of_every_lead_has_no_gap() -> None:
    for lead in Lead.objects.prefetch_related("placements"):
        stays = sorted(lead.placements.all(), key=lambda p: p.pk)
        assert all(before.closed_at == after.opened_at for before, after in pairwise(stays))
        assert stays[-1].closed_at is None


@pytest.mark.usefixtures("_demo")
def test_loading_twice_changes_nothing() -> None:
    before = Submission.objects.count()
    assert load(SUNDAY_AT_THREE, DAYS) == 0
    assert Submission.objects.count() == before


@pytest.mark.usefixtures("_demo")
def test_removing_the_demo_leaves_nothing_of_it() -> None:
    assert remove() > 0
    for model in (Submission, Contact, Lead, Placement, Source, Member, Organisation, Round):
        assert not model.objects.exists(), model
    left = Entry.objects.values_list("name", flat=True)
    assert list(left) == ["GradingRulesPublished"]  # every deployment starts with them
    with pytest.raises(NoDemo):
        remove()
    connection.check_constraints()


@pytest.mark.usefixtures("_demo")
def test_the_demo_can_be_removed_after_its_leads_and_forms_got_custom_fields() -> None:
    field = add_field(FieldData("volt", "V", "number"), actor=TESTER, now=SUNDAY_AT_THREE)
    form = Form.objects.earliest("pk")
    FormField.objects.create(form=form, field=field, position=0)
    lead = Lead.objects.earliest("pk")
    correct([lead.pk], {"volt": 48}, actor=TESTER, now=SUNDAY_AT_THREE)
    assert remove() > 0
    assert CustomField.objects.exists()
    connection.check_constraints()


@pytest.mark.usefixtures("_demo")
def test_the_demo_can_be_removed_after_its_people_kept_views_and_changed_many_leads() -> None:
    admin = Member.objects.get(username="admin")
    team = Team.objects.order_by("pk")[0]
    own = Member.objects.create(
        organisation=admin.organisation,
        username="own",
        name="Own",
        role=Role.ADMINISTRATOR,
        joined_at=SUNDAY_AT_THREE,
    )
    shared = Sharing("v", "team", team.pk)
    view = save(uuid4(), shared, Filter(), (), viewer=own, now=SUNDAY_AT_THREE)
    save(uuid4(), Sharing("w", "all"), Filter(), (), viewer=admin, now=SUNDAY_AT_THREE)
    begin_with(view.pk, viewer=own)
    begin_with(view.pk, viewer=admin)
    held = Placement.objects.filter(kind="person", closed_at=None)
    leads = list(held.values_list("lead_id", flat=True)[:3])
    bulk = choose(uuid4(), "close", viewer=admin, now=SUNDAY_AT_THREE, lead_ids=leads)
    say(bulk.pk, Terms(end="won"), viewer=admin, now=SUNDAY_AT_THREE)
    start(bulk.pk, viewer=admin, now=SUNDAY_AT_THREE)
    go_on(bulk.pk, now=SUNDAY_AT_THREE, most=9)
    undo(bulk.pk, uuid4(), viewer=admin, now=SUNDAY_AT_THREE)
    remove()
    assert not SavedView.objects.exists()
    assert not BulkEdit.objects.exists()
    assert Layout.objects.get().member == own


@pytest.mark.usefixtures("_demo")
def test_the_demo_can_be_removed_after_its_people_wrote_rules_and_played() -> None:
    admin, lead = Member.objects.get(username="admin"), Lead.objects.earliest("pk")
    for model in (RuleSet, Routing):
        model.objects.update(publisher=admin)
    for model in (Script, Version):
        assert model.objects.update(writer=admin)
    version = Version.objects.earliest("pk")
    played = {"lead": lead, "play": version.play, "version": version, "stage": version.play.stage}
    begun = {"started_at": SUNDAY_AT_THREE, "actor_kind": "system"}
    run = Run.objects.create(**played, **begun, is_held_back=False, held_back_percent=0)
    Deed.objects.create(run=run, step=0, at=SUNDAY_AT_THREE)
    told = dict.fromkeys(
        ("played_count", "held_back_count", "difference_bp", "low_bp", "high_bp"), 0
    )
    Decision.objects.create(
        play=version.play, version=version, member=admin, at=SUNDAY_AT_THREE, **told
    )
    remove()
    assert not Run.objects.exists()
    assert Script.objects.exists()
    connection.check_constraints()


GOES = (Lead, Member, Team, Seat, Placement, Submission, Contact, Calendar, Round)


def test_every_table_that_refers_to_what_goes_is_thought_of() -> None:
    said = " ".join(STATEMENTS)
    tables = {
        model._meta.db_table
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and getattr(field, "db_constraint", True)
        if field.related_model in GOES
    }
    assert len(tables) > 50
    assert {t for t in tables if not re.search(rf"(from|update) {t}\b", said)} == set()


@pytest.mark.usefixtures("_demo")
def test_leads_of_own_sources_are_not_removed_with_the_demo() -> None:
    submit(source("mine", is_online=True), SUNDAY_AT_THREE, phone="13800005555")
    run_belt_once(SUNDAY_AT_THREE)
    with pytest.raises(MixedWithOwn):
        remove()
    assert Lead.objects.filter(source__key="mine").exists()
