"""After an undo everything is as if the file had never come: two runs of one story are compared."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from clew.base.ledger import Actor
from clew.base.sealing import lookup
from clew.contacts.models import Contact, Identifier, Lead
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import undo
from clew.web.worker import run_belt_once
from tests.company import MONDAY_NOON, Company, found, submit

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PHONES = ("13812345670", "13812345671", "13912345672")
EMAILS = ("", "", "a@b.cn", "c@d.cn")
WECHATS = ("", "", "zhou_jg", "wang_xm")
START = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class Arriving:
    """One submission of the story."""

    channel: str
    phone: str
    email: str
    wechat: str
    name: str
    company: str
    message: str
    category: str
    custom: dict[str, Any]
    batch: int  # 1 where it begins another batch of the belt
    closes: bool  # afterwards somebody closes what is open of this phone


ARRIVING = st.builds(
    Arriving,
    channel=st.sampled_from(["api", "form", "file", "file", "history", "old"]),
    phone=st.sampled_from(PHONES),
    email=st.sampled_from(EMAILS),
    wechat=st.sampled_from(WECHATS),
    name=st.sampled_from(["", "周", "王"]),
    company=st.sampled_from(["", "锐达机械厂", "五金商行"]),
    message=st.sampled_from(["", "急要 20 台，请报价", "test", "要减速机 3 台"]),
    category=st.sampled_from(["", "伺服", "减速机"]),
    custom=st.sampled_from([{}, {}, {"volt": 24}, {"volt": 48, "axis": "two"}]),
    batch=st.integers(0, 1),
    closes=st.sampled_from([False] * 7 + [True]),
)


def is_of_file(arriving: Arriving) -> bool:
    """Tell whether the file brings it: `old` is history that came otherwise."""
    return arriving.channel in {"file", "history"}


@contextmanager
def undone_afterwards() -> Iterator[None]:
    """Give each run the same empty company."""
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        transaction.set_rollback(True)


def tell(company: Company, story: list[Arriving], *, with_file: bool) -> dict[UUID, int]:
    """Let a story happen, with what the file brings or without. Gives its number for each submission."""
    numbers = {}
    turns = accumulate(one.batch for one in story)
    for turn, group in groupby(zip(turns, enumerate(story), strict=True), key=itemgetter(0)):
        now = MONDAY_NOON + timedelta(minutes=turn)
        batch = [(n, one) for _, (n, one) in group if with_file or not is_of_file(one)]
        for number, one in batch:
            numbers[_submit(company, one, number, now)] = number
        if batch:
            run_belt_once(now)
        for _, one in batch:
            if one.closes and not is_of_file(one):
                _close(one.phone, now)
    return numbers


def _submit(company: Company, one: Arriving, number: int, now: datetime) -> UUID:
    return submit(
        company.fair if is_of_file(one) else company.site,
        now,
        channel="history" if one.channel == "old" else one.channel,
        millisecond=START + number,
        phone=one.phone,
        email=one.email,
        wechat=one.wechat,
        name=one.name,
        company=one.company,
        message=one.message,
        category=one.category,
        custom=one.custom,
    )


def _close(phone: str, now: datetime) -> None:
    digest = lookup("+86" + phone, "phone")
    for lead in Lead.objects.filter(contact__identifiers__digest=digest, ended_at=None):
        handoff.close(lead.pk, reason="won", actor=Actor("member", "1"), now=now)


def state(numbers: dict[UUID, int]) -> list[Any]:
    """Write down contacts, ways, leads and facts by the numbers of the story."""
    ways = defaultdict(list)
    for way in Identifier.objects.order_by("kind", "digest"):
        ways[way.contact_id].append((way.kind, bytes(way.digest)))
    leads = defaultdict(list)
    for lead in Lead.objects.prefetch_related("repeats").order_by("pk"):
        grade = Grade.objects.get(lead=lead, superseded_at=None)
        assert recomputed_equal(grade)
        fields = {
            f.attname: getattr(lead, f.attname)
            for f in Lead._meta.concrete_fields
            if f.attname not in {"submission_id", "contact_id", "written_in", "written_at"}
        }
        repeats = sorted(numbers[r.submission_id] for r in lead.repeats.all())
        is_closed = Placement.objects.get(lead=lead, closed_at=None).kind == "closed"
        standing = (grade.level, grade.points, grade.facts, is_closed)
        leads[lead.contact_id].append((numbers[lead.pk], repeats, fields, standing))
    return sorted(
        [(leads[c.pk], ways[c.pk], c.name, c.company, c.created_at) for c in Contact.objects.all()],
        key=lambda row: row[0][0][0],
    )


@given(story=st.lists(ARRIVING, min_size=2, max_size=12), portion=st.sampled_from([1, 3, 500]))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_it_is_as_if_the_file_had_never_come(story: list[Arriving], portion: int) -> None:
    with undone_afterwards():
        company = found(weights=(2, 1), capacity=3)
        with undone_afterwards():
            expected = state(tell(company, story, with_file=False))
        numbers = tell(company, story, with_file=True)
        file = [id_ for id_, number in numbers.items() if is_of_file(story[number])]
        kept = 0
        for start in range(len(file) - 1, -1, -portion):
            some = file[max(0, start - portion + 1) : start + 1]
            kept += undo(some, MONDAY_NOON + timedelta(hours=2)).kept
        assert account(company.administrator).is_balanced
        assert breaches() == Breaches(0, 0, 0, 0, 0)
        event("kept" if kept else "all undone")
        seen = state(numbers)
        if not kept:
            assert seen == expected
