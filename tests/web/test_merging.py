"""Two contacts become one person, and two again, with all that came meanwhile."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from clew.access.models import Role
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.contacts.belt.merging import Choice
from clew.contacts.errors import (
    AlreadyMerged,
    BothWorkedOn,
    ChoiceUnknown,
    ContactMissing,
    MergeMissing,
    MergeUndone,
    MergeWithItself,
)
from clew.contacts.models import Contact, Identifier, Lead, Merge, Repeat
from clew.contacts.queries import contacts_by_number, identifiers, masked, with_open_lead
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.seats import leave
from clew.handoff.errors import ContactBusy
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import log_call
from clew.pipeline.models import Clock, Task
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import FACTS, undo
from clew.web.merging import Order, TakenApart, merge, unmerge
from clew.web.worker import run_belt_once
from tests.company import (
    HOT,
    MONDAY_NOON,
    SUNDAY_NIGHT,
    TESTER,
    Company,
    enquire,
    found,
    member,
    submit,
)
from tests.pipeline.desk import call, holder

pytestmark = pytest.mark.django_db
LI, WANG, ZHAO = "13812345678", "13912345678", "13712345678"


def later(minutes: int) -> datetime:
    return MONDAY_NOON + timedelta(minutes=minutes)


def who(lead_id: UUID) -> UUID:
    return Lead.objects.get(pk=lead_id).contact_id


def join(company: Company, gone: UUID, kept: UUID, at: int = 10, **more: object) -> Merge:
    """Merge the contacts of two leads."""
    order = Order(who(gone), who(kept), **more)  # type: ignore[arg-type]
    made = merge(order, viewer=company.administrator, now=later(at))
    settle(company, at)
    return made


def part(company: Company, made: Merge, at: int = 60) -> TakenApart:
    done = unmerge(made.pk, viewer=company.administrator, now=later(at))
    settle(company, at)
    return done


def settle(company: Company, at: int) -> None:
    """Follow the facts, run the belt, and look at the books."""
    while follow(FACTS, later(at)) + run_belt_once(later(at)):
        pass
    assert account(company.administrator).is_balanced
    assert breaches() == Breaches(0, 0, 0, 0, 0)
    assert all(recomputed_equal(g) for g in Grade.objects.filter(superseded_at=None))


def place(lead_id: UUID) -> tuple[str, int | None, str]:
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    return stands.kind, stands.seat_id, stands.reason


def test_of_two_open_leads_the_younger_closes_and_stands_again_where_it_stood() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, name="李", **HOT)
    wang = enquire(company.site, later(1), phone=WANG, name="王", **HOT)
    stood, due = place(wang), Clock.objects.values("started_at", "due_at", "stopped_at")
    before = list(due.order_by("pk"))
    made = join(company, wang, li)
    assert place(wang) == ("closed", None, "merged")
    assert place(li)[0] == "person"
    assert Clock.objects.get(lead=wang).stopped_at == later(10)
    assert made.closed_lead_id == wang
    assert part(company, made) == TakenApart([wang], 0)
    assert place(wang) == stood
    assert list(due.order_by("pk")) == before
    assert Lead.objects.get(pk=wang).ended_at is None


def test_what_comes_later_by_either_way_strengthens_the_one_open_lead() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    join(company, wang, li)
    third = enquire(company.site, later(20), phone=WANG, message="要 20 台", email="w@b.cn")
    assert Repeat.objects.get(pk=third).lead_id == li
    assert Repeat.objects.get(pk=third).contact_id == who(wang)
    assert Lead.objects.get(pk=li).submission_count == 2
    assert Identifier.objects.get(kind="email").contact_id == who(wang)
    assert Contact.objects.count() == 2


def test_where_nothing_is_open_a_new_lead_is_the_persons() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    join(company, wang, li)
    handoff.close(li, reason="won", actor=TESTER, now=later(20))
    new = enquire(company.site, later(30), phone=WANG)
    again = enquire(company.site, later(31), phone=LI)
    lead = Lead.objects.get(pk=new)
    assert (lead.contact_id, lead.person_id) == (who(wang), who(li))
    assert Repeat.objects.get(pk=again).lead_id == new


def test_a_person_has_one_open_lead_whoever_wrote_it_and_the_database_holds_that() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    join(company, wang, li)
    with pytest.raises(ContactBusy):
        handoff.reopen(wang, actor=TESTER, now=later(20))
    with pytest.raises(IntegrityError, match="lead_one_open_per_person"), transaction.atomic():
        Lead.objects.filter(pk=wang).update(ended_at=None)


def test_name_and_company_are_chosen_field_by_field_and_go_back_to_whom_they_were() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, name="李工")
    wang = enquire(company.site, later(1), phone=WANG, name="李建国", company="锐达")
    made = join(company, wang, li, choice=Choice(name="contact"))
    assert set(Contact.objects.values_list("name", "company")) == {("李建国", "锐达")}
    enquire(company.site, later(20), phone=LI, company="五金商行")
    part(company, made)
    assert Contact.objects.values_list("name", "company").get(pk=who(li)) == ("李工", "五金商行")
    assert Contact.objects.values_list("name", "company").get(pk=who(wang)) == ("李建国", "锐达")
    assert not Contact.objects.exclude(own_name=None, own_company=None).exists()


def test_taking_apart_sends_every_later_message_to_whoever_sent_it() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, message="要伺服")
    wang = enquire(company.site, later(1), phone=WANG, message="要减速机")
    made = join(company, wang, li)
    enquire(company.site, later(20), phone=WANG, message="急要 20 台，请报价")
    enquire(company.site, later(21), phone=LI, message="还要驱动器")
    assert Lead.objects.get(pk=li).submission_count == 3
    part(company, made)
    assert Lead.objects.values_list("submission_count", "interest", "cost_minor").get(pk=li) == (
        2, "还要驱动器", 7720,
    )  # fmt: skip
    assert Lead.objects.values_list("submission_count", "interest", "cost_minor").get(pk=wang) == (
        2, "急要 20 台，请报价", 7720,
    )  # fmt: skip
    assert Lead.objects.get(pk=wang).strengthened_at == later(20)
    assert not Repeat.objects.exclude(contact=None).exists()


def test_a_lead_that_opened_while_merged_becomes_a_message_of_the_one_that_opens_again() -> None:
    company = found(weights=(1, 1))
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    made = join(company, wang, li)
    handoff.close(li, reason="won", actor=TESTER, now=later(15))
    new = enquire(company.site, later(20), phone=WANG, **HOT)
    lis = enquire(company.site, later(21), phone=LI, **HOT)
    part(company, made)
    assert not Lead.objects.filter(pk=new).exists()
    assert Repeat.objects.get(pk=new).lead_id == wang
    assert Lead.objects.get(pk=lis).contact_id == who(li)  # Li's lead was over: it is a new one


def test_a_lead_that_somebody_has_worked_on_meanwhile_stays_and_the_other_stays_closed() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    made = join(company, wang, li)
    handoff.close(li, reason="won", actor=TESTER, now=later(15))
    new = enquire(company.site, later(20), phone=WANG, **HOT)
    log_call(new, call(), member=holder(new), now=later(25))
    assert part(company, made) == TakenApart([], 0)
    assert Lead.objects.get(pk=new).ended_at is None
    assert place(wang) == ("closed", None, "merged")


def test_a_next_step_stops_with_the_merge_and_goes_on_without_it() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, **HOT)
    wang = enquire(company.site, later(1), phone=WANG, **HOT)
    log_call(wang, call(), member=holder(wang), now=later(5))
    made = join(company, wang, li)
    assert Task.objects.get(lead=wang).done_at == later(10)
    part(company, made)
    assert Task.objects.get(lead=wang).done_at is None
    assert Clock.objects.filter(lead=wang).count() == 1


def test_whose_seat_is_gone_their_lead_opens_again_in_the_pool() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, **HOT)
    wang = enquire(company.site, later(1), phone=WANG, **HOT)
    seat = Placement.objects.get(lead=wang).seat
    made = join(company, wang, li)
    assert seat
    leave(seat.pk, actor=TESTER, now=later(20))
    part(company, made)
    assert place(wang)[0] == "pool"
    assert Clock.objects.get(lead=wang).stopped_at is not None


def test_chains_are_followed_to_their_end_and_taken_apart_in_any_order() -> None:
    company = found()
    a = enquire(company.site, later(0), phone=LI, name="甲")
    b = enquire(company.site, later(1), phone=WANG, name="乙")
    c = enquire(company.site, later(2), phone=ZHAO, name="丙")
    first = join(company, c, b, 10)
    second = join(company, b, a, 11)
    assert Contact.objects.get(pk=who(c)).survivor_id == who(a)
    message = enquire(company.site, later(20), phone=ZHAO)
    assert Repeat.objects.get(pk=message).lead_id == a
    part(company, first)
    assert place(c)[0] != "closed"
    assert place(b) == ("closed", None, "merged")
    assert Repeat.objects.get(pk=message).lead_id == c
    assert Contact.objects.get(pk=who(c)).name == "丙"
    part(company, second)
    assert place(b)[0] != "closed"
    assert set(Contact.objects.values_list("name", "survivor", "own_name")) == {
        ("甲", None, None), ("乙", None, None), ("丙", None, None),
    }  # fmt: skip


def test_what_cannot_be_merged_is_refused_in_words() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    zhao = enquire(company.site, later(2), phone=ZHAO)
    with pytest.raises(MergeWithItself):
        join(company, li, li)
    with pytest.raises(ContactMissing):
        merge(Order(who(li), wang), viewer=company.administrator, now=later(9))
    with pytest.raises(ChoiceUnknown):
        join(company, wang, li, choice=Choice(name="nobody"))
    made = join(company, wang, li)
    with pytest.raises(AlreadyMerged):
        join(company, wang, zhao)
    with pytest.raises(AlreadyMerged):
        join(company, zhao, wang)
    with pytest.raises(MergeWithItself):
        join(company, li, wang)
    part(company, made)
    with pytest.raises(MergeUndone):
        part(company, made)
    with pytest.raises(MergeMissing):
        unmerge(li, viewer=company.administrator, now=later(70))


def test_a_contact_points_to_one_other_and_never_to_itself() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    made = join(company, wang, li)
    made.pk = li
    with pytest.raises(IntegrityError, match="merge_one_standing"), transaction.atomic():
        made.save(force_insert=True)
    made.contact = made.survivor
    with pytest.raises(IntegrityError, match="merge_of_two"), transaction.atomic():
        made.save(force_insert=True)
    with pytest.raises(IntegrityError, match="survivor_is_another"), transaction.atomic():
        Contact.objects.filter(pk=who(li)).update(survivor=who(li))


def test_two_who_work_on_both_leads_must_agree_first() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, **HOT)
    wang = enquire(company.site, later(1), phone=WANG, **HOT)
    assert holder(li) != holder(wang)
    for lead_id in (li, wang):
        log_call(lead_id, call(), member=holder(lead_id), now=later(5))
    with pytest.raises(BothWorkedOn):
        join(company, wang, li)
    assert join(company, wang, li, is_agreed=True).closed_lead_id == wang


def test_a_manager_merges_only_what_the_own_teams_hold() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    stranger = member(company.organisation, "boss", Role.MANAGER, company.offline)
    order = Order(who(wang), who(li))
    with pytest.raises(ContactMissing):
        merge(order, viewer=stranger, now=later(9))
    made = merge(order, viewer=company.manager, now=later(9))
    with pytest.raises(MergeMissing):
        unmerge(made.pk, viewer=stranger, now=later(10))
    unmerge(made.pk, viewer=company.manager, now=later(10))


def test_an_undo_keeps_merged_people_and_takes_them_once_they_are_apart() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, channel="file")
    wang = enquire(company.site, later(1), phone=WANG, channel="file")
    made = join(company, wang, li)
    assert undo([li, wang], later(20)).kept_for == {"merged": 2}
    part(company, made)
    assert undo([li, wang], later(70)).leads == 2
    assert not Contact.objects.exists()
    assert not Merge.objects.exists()
    assert account(company.administrator).is_balanced


def test_the_whole_person_is_found_by_every_number() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    assert contacts_by_number(WANG) == [who(wang)]
    join(company, wang, li)
    assert set(contacts_by_number(WANG)) == {who(li), who(wang)} == set(contacts_by_number(LI))
    for lead in Lead.objects.all():
        assert {masked(i) for i in identifiers(lead)} == {"138****5678", "139****5678"}
    keys = {(i.kind, bytes(i.digest)) for i in Identifier.objects.all()}
    assert with_open_lead(keys) == keys
    handoff.close(li, reason="won", actor=TESTER, now=later(20))
    assert with_open_lead(keys) == frozenset()


def test_the_ledger_says_who_merged_and_took_apart_and_names_nobody() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, name="李建国")
    wang = enquire(company.site, later(1), phone=WANG)
    made = join(company, wang, li, reason="同一个人")
    part(company, made)
    told = Entry.objects.filter(name__in=["ContactsMerged", "MergeTakenApart"]).order_by("pk")
    boss = str(company.administrator.pk)
    assert [(e.subject, e.actor_id) for e in told] == [(who(wang), boss)] * 2
    assert told[0].data["closed_lead_id"] == str(wang)
    assert "李建国" not in str(list(Entry.objects.values("data")))


def test_history_keeps_its_contact_and_is_shown_with_the_person() -> None:
    company = found()
    old = enquire(company.site, SUNDAY_NIGHT, phone=WANG, channel="history")
    li = enquire(company.site, later(1), phone=LI)
    made = join(company, old, li)
    assert made.closed_lead_id is None
    assert Lead.objects.get(pk=old).person_id == who(li)
    part(company, made)
    assert Lead.objects.get(pk=old).person_id is None


def test_one_batch_brings_both_ways_of_a_merged_person() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI)
    wang = enquire(company.site, later(1), phone=WANG)
    made = join(company, wang, li)
    handoff.close(li, reason="won", actor=TESTER, now=later(15))
    ids = [submit(company.site, later(20), phone=p) for p in (WANG, LI, WANG)]
    settle(company, 20)
    lead = Lead.objects.get(pk=ids[0])
    assert (lead.submission_count, lead.contact_id) == (3, who(wang))
    part(company, made)
    assert set(Repeat.objects.filter(lead=wang).values_list("pk", flat=True)) == {ids[0], ids[2]}
    assert Lead.objects.get(pk=ids[1]).contact_id == who(li)
