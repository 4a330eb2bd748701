"""The belt's second step: every opened or strengthened lead gets a grade."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from clew.base.bulk import as_array, copy_text
from clew.base.json import dumps
from clew.base.ledger import BELT, append_all
from clew.capture.rules import is_answer
from clew.contacts.belt.identifying import Enquiry, Met
from clew.grading.errors import NoRules
from clew.grading.events import LeadGraded
from clew.grading.models import Validity
from clew.grading.rules import (
    Compiled,
    Facts,
    Rule,
    Verdict,
    applicable,
    compile_rules,
    grade,
    join,
    observe,
)

Held = dict[UUID, tuple[int, int]]  # leads graded by a person: the override and its level


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
    """Grade each lead by the rules in force, and set what it is valid until.

    Raises NoRules where none were ever published.
    """
    earlier, held = _earlier([e.lead_id for e in enquiries if not e.is_new])
    graded = _grade(enquiries, earlier, held, now)
    days = _days()
    for one in graded:
        e = one.enquiry
        valid = days.get(e.category) or days.get("")
        if valid and e.ended is None:
            e.valid_until = max(now, e.alive_at or now) + timedelta(days=valid[one.level - 1])
    return graded


def regrade(enquiries: Sequence[Enquiry], now: datetime) -> list[Graded]:
    """Grade leads anew from all that was heard of them, as if nothing else had been. Raises NoRules."""
    lead_ids = [e.lead_id for e in enquiries]
    _, held = _earlier(lead_ids)
    graded = _grade(enquiries, dict.fromkeys(lead_ids), held, now)
    renew(lead_ids)
    return graded


def forget(lead_ids: list[UUID]) -> None:
    """Drop every grade of leads that are undone, by rules, by persons and in trials."""
    ids = as_array(lead_ids)
    with connection.cursor() as cursor:
        cursor.execute("delete from grading_trialchange where lead_id = any(%s::uuid[])", [ids])
        cursor.execute("delete from grading_grade where lead_id = any(%s::uuid[])", [ids])
        cursor.execute("delete from grading_override where lead_id = any(%s::uuid[])", [ids])


def _grade(
    enquiries: Sequence[Enquiry],
    earlier: dict[UUID, dict[str, Any] | None],
    held: Held,
    now: datetime,
) -> list[Graded]:
    """A person's word about the level holds; points and signals are those of the rules all the same."""
    published = rules_in_force()
    verdicts = [_verdict(e, earlier.get(e.lead_id), published) for e in enquiries]
    if held:
        verdicts = [
            (facts, replace(v, level=held[e.lead_id][1]) if e.lead_id in held else v)
            for e, (facts, v) in zip(enquiries, verdicts, strict=True)
        ]
    _supersede(list(earlier), now)
    _write(enquiries, verdicts, held, published, now)
    append_all(
        [
            LeadGraded(e.lead_id, verdict.level, verdict.points, published.version)
            for e, (_, verdict) in zip(enquiries, verdicts, strict=True)
        ],
        actor=BELT,
        at=now,
    )
    return [Graded(e, v.level) for e, (_, v) in zip(enquiries, verdicts, strict=True)]


def _days() -> dict[str, tuple[int, int, int]]:
    """Give for how many days leads are valid, by category and then by level."""
    return {v.category: (v.low_days, v.medium_days, v.high_days) for v in Validity.objects.all()}


def renew(lead_ids: list[UUID]) -> None:
    """Let leads be valid for the days of their category and grade since their last sign of life.

    That is the newest submission, or what a person did or planned, whichever is later. What was over
    before it came here has no validity.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update contacts_lead l
            set valid_until = greatest(l.strengthened_at, l.alive_at) + make_interval(days => (
              select (array[v.low_days, v.medium_days, v.high_days])[g.level]
              from grading_validity v where v.category in (l.category, '')
              order by v.category = '' limit 1))
            from grading_grade g
            where l.id = any(%s::uuid[]) and g.lead_id = l.id and g.superseded_at is null
              and (l.ended_at is null or not l.is_history)
            """,
            [as_array(lead_ids)],
        )


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
            compiled = compile_rules(applicable(msgspec.json.decode(rules, type=list[Rule])))
            _published[:] = [Published(newest, version, high_from, medium_from, compiled)]
    return _published[0]


def _verdict(
    e: Enquiry, earlier: dict[str, Any] | None, published: Published
) -> tuple[Facts, Verdict]:
    first, *others = e.heard
    unheard = e.submission_count - len(e.heard)
    before = earlier.get("submission_count", unheard) if earlier else unheard
    facts = _observed(first, before, earlier)
    for met in others:
        facts = _observed(met, facts.submission_count, asdict(facts))
    if e.custom:
        facts = replace(facts, custom=e.custom)
    return facts, grade(facts, published.rules, published.high_from, published.medium_from)


def _observed(met: Met, before: int, earlier: dict[str, Any] | None) -> Facts:
    """Give the facts after one message; an answer to a form's further question is no enquiry of its own."""
    facts = observe(
        message=met.given.message,
        company=met.given.company,
        submission_count=max(1, before + (not is_answer(met.given))),
        source_kind=met.arrival.source_kind,
        is_online=met.arrival.is_online,
        is_introduced=bool(met.given.introduced_by),
        has_phone="phone" in met.kinds,
    )
    return facts if earlier is None else join(earlier, facts)


def _earlier(lead_ids: list[UUID]) -> tuple[dict[UUID, dict[str, Any] | None], Held]:
    """What was known of leads at their grade in force, and which of these a person gave."""
    if not lead_ids:
        return {}, {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select lead_id, facts::text, override_id, level from grading_grade
            where lead_id = any(%s::uuid[]) and superseded_at is null
            """,
            [as_array(lead_ids)],
        )
        rows = cursor.fetchall()
    held = {lead_id: (override, level) for lead_id, _, override, level in rows if override}
    return {lead_id: msgspec.json.decode(facts) for lead_id, facts, _, _ in rows}, held


def _supersede(lead_ids: list[UUID], now: datetime) -> None:
    if lead_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                update grading_grade set superseded_at = %s
                where lead_id = any(%s::uuid[]) and superseded_at is null
                """,
                [now, as_array(lead_ids)],
            )


def _write(
    enquiries: Sequence[Enquiry],
    verdicts: list[tuple[Facts, Verdict]],
    held: Held,
    published: Published,
    now: datetime,
) -> None:
    by_nobody = (None, 0)
    at = now.isoformat()
    copy_text(
        "grading_grade",
        "lead_id, rule_set_id, level, points, signals, facts, graded_at, override_id",
        (
            (
                e.lead_id.hex,
                published.id,
                v.level,
                v.points,
                dumps(v.signals),
                dumps(facts),
                at,
                held.get(e.lead_id, by_nobody)[0],
            )
            for e, (facts, v) in zip(enquiries, verdicts, strict=True)
        ),
    )
