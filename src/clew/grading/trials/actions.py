"""Trying rules on past leads: asked for by a person, done by the worker, a stretch of leads at a time."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from clew.access.models import Member
from clew.base.bulk import copy_in, delete_some
from clew.base.ids import uuid7
from clew.base.ledger import Actor, append
from clew.capture.queries import all_definitions
from clew.grading.checks import MOST_LEADS, examine
from clew.grading.errors import GradingDraftMoved, RulesInvalid
from clew.grading.events import GradingRulesTried
from clew.grading.models import Trial
from clew.grading.queries import draft, rules_of
from clew.grading.rules import Rule, Verdict, judge

PIECE = 10_000  # leads, about a third of a second
HELD = timedelta(seconds=30)  # so long a worker that was killed keeps others off
TURN = 0x74726965  # "trie": whose turn it is, is decided by one worker at a time
REPLACED = "replaced"
Row = tuple[UUID, int, int, bool, str]


@transaction.atomic
def try_draft(*, edition: int, member: Member, now: datetime) -> Trial:
    """Try the draft that the member has before them as `edition` on the newest leads.

    The member's earlier trial ends where it is. Raises GradingDraftMoved, RulesInvalid.
    """
    kept = draft()
    if kept.edition != edition:
        raise GradingDraftMoved
    rules = rules_of(kept)
    if any(
        f.is_fatal
        for f in examine(rules.rules, rules.high_from, rules.medium_from, all_definitions())
    ):
        raise RulesInvalid
    under_way = Trial.objects.filter(asked_by=member, ended_at=None)
    under_way.update(ended_at=now, problem=REPLACED, held_by=None, held_until=None)
    trial = Trial.objects.create(
        id=uuid7(),
        asked_by=member,
        asked_at=now,
        edition=edition,
        rules=kept.rules,
        high_from=rules.high_from,
        medium_from=rules.medium_from,
        expected_count=_count(),
    )
    event = GradingRulesTried(trial.pk, edition, trial.expected_count)
    append(event, actor=Actor("member", str(member.pk)), at=now)
    return trial


def advance(now: datetime) -> bool:
    """Chore: look at one stretch of leads for whichever trial has waited longest. False where there is none."""
    holder = uuid7()
    trial = _claim(holder, now)
    if trial is None:
        return False
    rows = _leads(trial.position, min(PIECE, MOST_LEADS - trial.seen_count))
    changed = list(_changed(trial, rows))
    _keep(trial, holder, rows, changed, now)
    return True


def drop_trials(before: datetime, most: int) -> int:
    """Delete trials asked for before a time with what they found, at most so many rows. Returns how many."""
    old = "trial_id in (select id from grading_trial where asked_at < %s)"
    count = delete_some("grading_trialchange", old, [before], most)
    if count < most:
        spent = "asked_at < %s and not exists (select from grading_trialchange c where c.trial_id = grading_trial.id)"
        count += delete_some("grading_trial", spent, [before], most - count)
    return count


@transaction.atomic
def _claim(holder: UUID, now: datetime) -> Trial | None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [TURN])
    free = Q(held_until=None) | Q(held_until__lt=now)
    trial = Trial.objects.filter(free, ended_at=None).order_by("asked_at").first()
    if trial:
        trial.held_by, trial.held_until = holder, now + HELD
        trial.save(update_fields=["held_by", "held_until"])
    return trial


def _leads(position: UUID | None, count: int) -> list[Row]:
    """The next leads, newest first, with their grade and the facts it was given on."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select lead_id, level, points, override_id is not null, facts::text from grading_grade
            where superseded_at is null and (%(position)s::uuid is null or lead_id < %(position)s)
            order by lead_id desc limit %(count)s
            """,
            {"position": position, "count": count},
        )
        rows: list[Row] = cursor.fetchall()
        return rows


def _changed(trial: Trial, rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    """What the rules would grade otherwise; what a person has graded stays as it is."""
    rules = msgspec.convert(trial.rules, list[Rule])
    verdict = judge(rules, trial.high_from, trial.medium_from)
    read = msgspec.json.Decoder(dict[str, Any]).decode
    seen: dict[str, Verdict] = {}  # many leads are known by the same facts
    for lead_id, level, points, is_kept, facts in rows:
        if is_kept:
            continue
        after = seen.get(facts) or seen.setdefault(facts, verdict(read(facts)))
        if after.level != level:
            yield trial.pk, lead_id, level, points, after.level, after.points


@transaction.atomic
def _keep(
    trial: Trial, holder: UUID, rows: Sequence[Row], changed: Sequence[Any], now: datetime
) -> None:
    """Write down one stretch, unless somebody else holds the trial by now or it has ended."""
    held = Trial.objects.select_for_update().get(pk=trial.pk)
    if held.held_by != holder or held.ended_at is not None:
        return
    columns = "trial_id, lead_id, level_before, points_before, level_after, points_after"
    copy_in("grading_trialchange", columns, changed)
    ups = sum(after > before for _, _, before, _, after, _ in changed)
    held.up_count += ups
    held.down_count += len(changed) - ups
    held.kept_count += sum(row[3] for row in rows)
    held.seen_count += len(rows)
    if rows:
        held.position = rows[-1][0]
    if len(rows) < PIECE or held.seen_count >= MOST_LEADS:
        held.ended_at = now
    held.held_by = held.held_until = None
    held.save()


def _count() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select count(*) from (
              select from grading_grade where superseded_at is null limit %s) newest
            """,
            [MOST_LEADS],
        )
        return int(cursor.fetchone()[0])
