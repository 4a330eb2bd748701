"""After every merge is taken apart it is as if there had been none: two runs of one story are compared."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from clew.base.outbox import follow
from clew.capture.actions.fields import FieldData, add_field
from clew.contacts.belt.merging import Choice
from clew.contacts.errors import AlreadyMerged, MergeWithItself
from clew.contacts.lettering import letters
from clew.contacts.models import Contact, Identifier, Lead, Merge
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Method, Placement, Seat
from clew.pipeline.actions.fields import set_fields
from clew.pipeline.models import Clock
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import FACTS
from clew.web.merging import Order, merge, unmerge
from clew.web.worker import run_belt_once
from tests.company import MONDAY_NOON, TESTER, Company, found, submit

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PHONES = ("13812345670", "13812345671", "13912345672", "13712345673")
EMAILS = ("", "", "a@b.cn", "c@d.cn")
VALUES: tuple[dict[str, Any], ...] = ({}, {"volt": 24}, {"volt": 48, "note": "x"}, {"note": "y"})
START = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """A submission of the story."""

    given: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Corrected:
    """Somebody said what the field `volt` of the lead holds that a submission began."""

    number: int
    value: int | None


@dataclass(frozen=True, slots=True)
class Closed:
    """Somebody closed the lead that a submission began."""

    number: int


class Story:
    """A company to which things happen; submissions go by their number."""

    def __init__(self) -> None:
        self.company: Company = found(weights=(1,), capacity=1000)
        add_field(FieldData("volt", "V", "number"), actor=TESTER, now=MONDAY_NOON)
        Method.objects.update(low="turn")  # else a message may move a lead, which then stays moved
        self.ids: dict[int, UUID] = {}
        self.minutes = 0

    def now(self) -> datetime:
        """A minute later than whatever happened before."""
        return MONDAY_NOON + timedelta(minutes=self.minutes)

    def arrive(self, number: int, given: dict[str, Any]) -> None:
        self.ids[number] = submit(
            self.company.site, self.now(), millisecond=START + number, **given
        )
        self.settle()

    def close(self, number: int) -> bool:
        """End a lead, as far as it is open."""
        if not Lead.objects.filter(pk=self.ids[number], ended_at=None).exists():
            return False
        handoff.close(self.ids[number], reason="won", actor=TESTER, now=self.now())
        self.settle()
        return True

    def correct(self, number: int, value: int | None) -> bool:
        """Let somebody say what a field of an open lead holds."""
        if not Lead.objects.filter(pk=self.ids[number], ended_at=None).exists():
            return False
        by = self.company.administrator
        return bool(set_fields([self.ids[number]], {"volt": value}, member=by, now=self.now()))

    def settle(self) -> None:
        while run_belt_once(self.now()) + follow(FACTS, self.now()):
            pass

    def state(self) -> list[Any]:
        """Write down contacts, ways, leads and places by the numbers of the story."""
        numbers = {id_: number for number, id_ in self.ids.items()}
        ways = defaultdict(list)
        for way in Identifier.objects.order_by("kind", "digest"):
            ways[way.contact_id].append((way.kind, bytes(way.digest)))
        leads = defaultdict(list)
        for lead in Lead.objects.order_by("pk"):
            grade = Grade.objects.get(lead=lead, superseded_at=None)
            assert recomputed_equal(grade)
            repeats = sorted(numbers[r.submission_id] for r in lead.repeats.all())
            places = list(
                Placement.objects.filter(lead=lead).order_by("pk").values_list("kind", "reason")
            )
            clocks = [c.stopped_at is None for c in Clock.objects.filter(lead=lead)]
            told = (lead.interest, lead.submission_count, lead.cost_minor, lead.custom)
            told = (*told, lead.person_id)
            stands = (grade.level, grade.points, grade.facts, lead.ended_at is None)
            leads[lead.contact_id].append((numbers[lead.pk], repeats, told, stands, places, clocks))
        contacts = list(Contact.objects.all())
        found_by = [{"initials": c.initials, "pairs": c.pairs} for c in contacts]
        assert found_by == [letters(c.name, c.company) for c in contacts]
        return sorted(
            [
                (leads[c.pk], ways[c.pk], c.name, c.company, c.survivor_id, c.own_name)
                for c in contacts
            ],
            key=lambda row: row[0][0][0],
        )


@contextmanager
def afresh() -> Iterator[None]:
    """Give a run an empty company, and take it away again."""
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        transaction.set_rollback(True)


class Merging(RuleBasedStateMachine):
    """Arrivals, merges, merges taken apart and closings, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.run = afresh()
        self.run.__enter__()
        self.story = Story()
        self.happened: list[Arrived | Closed | Corrected] = []
        self.while_merged: set[int] = set()

    @rule(
        phone=st.sampled_from(PHONES),
        email=st.sampled_from(EMAILS),
        name=st.sampled_from(["", "周", "王"]),
        message=st.sampled_from(["", "急要 20 台，请报价", "要减速机 3 台"]),
    )
    def arrive(self, phone: str, email: str, name: str, message: str) -> None:
        number = len(self.story.ids)
        given: dict[str, Any] = {"phone": phone, "email": email, "name": name}
        given |= {"message": message, "custom": VALUES[number % len(VALUES)]}
        self.story.minutes += 1
        self.story.arrive(number, given)
        self.happened.append(Arrived(given))
        if Merge.objects.filter(undone_at=None).exists():
            self.while_merged.add(number)

    @rule(pick=st.integers(0, 5), whose=st.sampled_from(["contact", "survivor"]))
    def merge_two(self, pick: int, whose: str) -> None:
        contacts = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
        pairs = [(a, b) for a in contacts for b in contacts]
        if not pairs:
            return
        self.story.minutes += 1
        order = Order(*pairs[pick * 7 % len(pairs)], Choice(whose, whose), is_agreed=True)
        try:
            merge(order, viewer=self.story.company.administrator, now=self.story.now())
        except (MergeWithItself, AlreadyMerged):
            return
        self.story.settle()

    @rule(pick=st.integers(0, 3))
    def take_apart(self, pick: int) -> None:
        standing = list(Merge.objects.filter(undone_at=None).order_by("pk"))
        if standing:
            self.unmerge(standing[pick % len(standing)].pk)

    @rule(pick=st.integers(0, 9))
    def close(self, pick: int) -> None:
        """What a merge let open is work of its own: another test says what becomes of it."""
        numbers = [n for n in self.story.ids if n not in self.while_merged]
        if not numbers:
            return
        self.story.minutes += 1
        number = numbers[pick % len(numbers)]
        if self.story.close(number):
            self.happened.append(Closed(number))

    @rule(pick=st.integers(0, 9), value=st.sampled_from([None, 12, 36]))
    def correct(self, pick: int, value: int | None) -> None:
        numbers = [n for n in self.story.ids if n not in self.while_merged]
        if not numbers:
            return
        self.story.minutes += 1
        number = numbers[pick % len(numbers)]
        if self.story.correct(number, value):
            self.happened.append(Corrected(number, value))

    @invariant()
    def books_are_right(self) -> None:
        assert account(self.story.company.administrator).is_balanced
        assert breaches() == Breaches(0, 0, 0, 0, 0)
        roots = Contact.objects.filter(survivor=None)
        assert not Contact.objects.exclude(survivor=None).exclude(survivor__in=roots).exists()

    def unmerge(self, merge_id: UUID) -> None:
        self.story.minutes += 1
        unmerge(merge_id, viewer=self.story.company.administrator, now=self.story.now())
        self.story.settle()

    def teardown(self) -> None:
        """Take everything apart, and let the same happen where nobody merges."""
        try:
            for merge_id in Merge.objects.filter(undone_at=None).values_list("pk", flat=True):
                self.unmerge(merge_id)
            self.books_are_right()
            seen = self.story.state()
            seats = list(Seat.objects.values_list("open_count", "credit"))
        finally:
            self.run.__exit__(None, None, None)
        with afresh():
            plain = Story()
            for number, what in enumerate(self.happened):
                plain.minutes = number
                if isinstance(what, Arrived):
                    plain.arrive(len(plain.ids), what.given)
                elif isinstance(what, Corrected):
                    plain.correct(what.number, what.value)
                else:
                    plain.close(what.number)
            assert seen == plain.state()
            assert seats == list(Seat.objects.values_list("open_count", "credit"))


def test_after_taking_everything_apart_it_is_as_if_nobody_had_merged() -> None:
    run_state_machine_as_test(
        Merging,
        settings=settings(
            max_examples=30,
            stateful_step_count=12,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_was_corrected_in_a_merged_lead_is_graded_alike_when_it_is_apart_again() -> None:
    """Drawn once, by a model that corrected and did not grade anew, as the page does: taking apart then did."""
    machine, hot = Merging(), "急要 20 台，请报价"
    machine.arrive(PHONES[1], "a@b.cn", "王", hot)
    machine.arrive(PHONES[0], "a@b.cn", "", hot)
    machine.arrive(PHONES[2], "c@d.cn", "", hot)
    machine.merge_two(pick=1, whose="contact")
    machine.merge_two(pick=4, whose="survivor")
    machine.arrive(PHONES[2], "", "王", "")
    machine.merge_two(pick=3, whose="survivor")
    machine.arrive(PHONES[3], "c@d.cn", "", hot)
    machine.correct(pick=0, value=36)
    machine.arrive(PHONES[2], "c@d.cn", "周", hot)
    machine.arrive(PHONES[2], "a@b.cn", "", hot)
    machine.teardown()
