"""Writing what to say, and what not to do."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.pipeline.moves.models import Stage
from clew.pipeline.plays.default_scripts import SCRIPTS
from clew.pipeline.plays.errors import (
    ScriptChanged,
    ScriptEmpty,
    ScriptMissing,
    ScriptTaken,
    ScriptTooLong,
)
from clew.pipeline.plays.events import ScriptRetired, ScriptWritten
from clew.pipeline.plays.models import Script

MOST_LINES, LONGEST_LINE, LONGEST_AVOID = 8, 160, 200


@dataclass(frozen=True, slots=True)
class Words:
    """What a script says, in both languages: lines to say, and what not to do."""

    lines_zh: str = ""
    lines_en: str = ""
    avoid_zh: str = ""
    avoid_en: str = ""


@transaction.atomic
def ensure(now: datetime) -> None:
    """Put the default scripts in place where nobody has ever written one."""
    if Script.objects.exists():
        return
    stages = {(s.pipeline.side, s.key): s for s in Stage.objects.select_related("pipeline")}
    for one in SCRIPTS:
        place = (one.side, one.stage)
        if one.stage and place not in stages:
            continue
        Script.objects.create(
            stage=stages[place] if one.stage else None,
            said=one.said,
            lines_zh="\n".join(one.zh),
            lines_en="\n".join(one.en),
            avoid_zh=one.avoid_zh,
            avoid_en=one.avoid_en,
            written_at=now,
        )


@transaction.atomic
def write(
    words: Words, *, stage_id: int | None, said: str, member: Member, now: datetime
) -> Script:
    """Write the first script for something said (or to begin with) at a stage, or at any.

    Raises ScriptEmpty, ScriptTooLong, ScriptMissing where there is no such stage, ScriptTaken.
    """
    if stage_id is not None and not Stage.objects.filter(pk=stage_id, retired_at=None).exists():
        raise ScriptMissing
    return _write(Script(stage_id=stage_id, said=said), words, member, now)


@transaction.atomic
def rewrite(script_id: int, words: Words, *, member: Member, now: datetime) -> Script:
    """Put another wording in the place of a script; it stays as it was where nothing is changed.

    Raises ScriptEmpty, ScriptTooLong, ScriptMissing, ScriptChanged.
    """
    before = _in_use(script_id)
    given = _clean(words)
    if given == Words(before.lines_zh, before.lines_en, before.avoid_zh, before.avoid_en):
        return before
    before.retired_at = now
    before.save(update_fields=["retired_at"])
    after = Script(stage_id=before.stage_id, said=before.said, replaces=before)
    return _write(after, given, member, now)


@transaction.atomic
def retire(script_id: int, *, member: Member, now: datetime) -> None:
    """Show a script no more. Raises ScriptMissing, ScriptChanged."""
    script = _in_use(script_id)
    script.retired_at = now
    script.save(update_fields=["retired_at"])
    append(ScriptRetired(script.pk), actor=Actor("member", str(member.pk)), at=now)


def _write(script: Script, words: Words, member: Member, now: datetime) -> Script:
    given = _clean(words)
    if not given.lines_zh and not given.lines_en:
        raise ScriptEmpty
    script.lines_zh, script.lines_en = given.lines_zh, given.lines_en
    script.avoid_zh, script.avoid_en = given.avoid_zh, given.avoid_en
    script.written_at, script.writer = now, member
    try:
        with transaction.atomic():
            script.save()
    except IntegrityError as taken:
        raise ScriptTaken from taken
    event = ScriptWritten(script.pk, script.replaces_id)
    append(event, actor=Actor("member", str(member.pk)), at=now)
    return script


def _clean(words: Words) -> Words:
    """Give the words without empty lines and margins. Raises ScriptTooLong."""
    spoken = []
    for text in (words.lines_zh, words.lines_en):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            raise ScriptTooLong
        spoken.append("\n".join(lines))
    avoid = [" ".join(text.split()) for text in (words.avoid_zh, words.avoid_en)]
    if any(len(text) > LONGEST_AVOID for text in avoid):
        raise ScriptTooLong
    return Words(spoken[0], spoken[1], avoid[0], avoid[1])


def _in_use(script_id: int) -> Script:
    script = Script.objects.select_for_update().filter(pk=script_id).first()
    if script is None:
        raise ScriptMissing
    if script.retired_at is not None:
        is_rewritten = Script.objects.filter(replaces=script_id).exists()
        raise ScriptChanged if is_rewritten else ScriptMissing
    return script
