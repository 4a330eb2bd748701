"""The belt's second step: every opened or strengthened lead gets a grade."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from clew.base.bulk import copy_in
from clew.base.json import dumps
from clew.base.ledger import BELT, append_all
from clew.contacts.belt.identifying import Enquiry
from clew.grading.errors import NoRules
from clew.grading.events import LeadGraded
from clew.grading.rules import Compiled, Facts, Rule, Verdict, compile_rules, grade, join, observe


@dataclass(frozen=True, slots=True)
class Graded:
    """A lead of this batch with its grade."""

    enquiry: Enquiry
    level: int


@dataclass(frozen=True, slots=True)
class Published:
    """The rules in force, ready to use."""

    id: int
    version: int
    high_from: int
    medium_from: int
    rules: Compiled


def grade_leads(enquiries: Sequence[Enquiry], now: datetime) -> list[Graded]:
    """Grade each lead by the rules in force. Raises NoRules where none were ever published."""
    published = rules_in_force()
    earlier = _earlier_facts([e.lead_id for e in enquiries if not e.is_new])
    verdicts = [_verdict(e, earlier.get(e.lead_id), published) for e in enquiries]
    _supersede(list(earlier), now)
    _write(enquiries, verdicts, published, now)
    append_all(
        [
            LeadGraded(e.lead_id, verdict.level, verdict.points, published.version)
            for e, (_, verdict) in zip(enquiries, verdicts, strict=True)
        ],
        actor=BELT,
        at=now,
    )
    return [Graded(e, v.level) for e, (_, v) in zip(enquiries, verdicts, strict=True)]


_published: list[Published] = []


def rules_in_force() -> Published:
    """Give the newest rule set; compiled once per version. Raises NoRules."""
    with connection.cursor() as cursor:
        cursor.execute("select max(id) from grading_ruleset")
        newest = cursor.fetchone()[0]
        if newest is None:
            raise NoRules
        if not _published or _published[0].id != newest:
            cursor.execute(
                "select version, high_from, medium_from, rules::text from grading_ruleset where id = %s",
                [newest],
            )
            version, high_from, medium_from, rules = cursor.fetchone()
            compiled = compile_rules(msgspec.json.decode(rules, type=list[Rule]))
            _published[:] = [Published(newest, version, high_from, medium_from, compiled)]
    return _published[0]


def _verdict(
    e: Enquiry, earlier: dict[str, Any] | None, published: Published
) -> tuple[Facts, Verdict]:
    facts = observe(
        message=e.given.message,
        company=e.given.company,
        submission_count=e.submission_count,
        source_kind=e.arrival.source_kind,
        is_online=e.arrival.is_online,
        is_introduced=bool(e.given.introduced_by),
        has_phone="phone" in e.way_kinds,
    )
    if earlier is not None:
        facts = join(earlier, facts)
    return facts, grade(facts, published.rules, published.high_from, published.medium_from)


def _earlier_facts(lead_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    if not lead_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select lead_id, facts::text from grading_grade
            where lead_id = any(%s) and superseded_at is null
            """,
            [lead_ids],
        )
        return {lead_id: msgspec.json.decode(facts) for lead_id, facts in cursor.fetchall()}


def _supersede(lead_ids: list[UUID], now: datetime) -> None:
    if lead_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                update grading_grade set superseded_at = %s
                where lead_id = any(%s) and superseded_at is null
                """,
                [now, lead_ids],
            )


def _write(
    enquiries: Sequence[Enquiry],
    verdicts: list[tuple[Facts, Verdict]],
    published: Published,
    now: datetime,
) -> None:
    copy_in(
        "grading_grade",
        "lead_id, rule_set_id, level, points, signals, facts, graded_at",
        (
            (e.lead_id, published.id, v.level, v.points, dumps(v.signals), dumps(facts), now)
            for e, (facts, v) in zip(enquiries, verdicts, strict=True)
        ),
    )
