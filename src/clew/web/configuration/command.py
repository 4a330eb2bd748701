"""`clew config export [FILE]` and `clew config import FILE`: how the place is set up, as one file.

A file that is wrong anywhere changes nothing. What it does not mention stays; rules are replaced as a whole.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction

from clew.access.actions import add_team
from clew.access.models import Organisation, Team
from clew.base.ledger import Actor
from clew.capture.actions.fields import (
    FieldData,
    add_field,
    change_field,
    restore_field,
    retire_field,
)
from clew.capture.custom import Choice, Definition
from clew.capture.queries import all_definitions
from clew.capture.regions import name_of, resolve
from clew.errors import ClewError, Invalid
from clew.grading.actions import Days, set_validity
from clew.grading.actions import publish as publish_grading
from clew.grading.models import RuleSet, Validity
from clew.grading.rules import Rule as GradingRule
from clew.handoff.actions import routing as actions
from clew.handoff.actions.methods import Taking, set_method
from clew.handoff.models import Calendar, Method, Routing
from clew.handoff.people.actions import keep_calendar
from clew.handoff.people.notation import (
    WEEKDAYS,
    read_blocks,
    read_days,
    read_exchanged,
    write_blocks,
    write_days,
    write_exchanged,
)
from clew.handoff.people.rules import Plan
from clew.handoff.queries import known
from clew.handoff.routing import Rule, examine
from clew.web.configuration.shapes import (
    LEVELS,
    Configuration,
    Grading,
    Hours,
    Option,
    OwnField,
    Sending,
    TeamMethod,
    Valid,
)
from clew.web.configuration.text import read, write
from clew.web.import_command import FileMissing
from clew.web.terminal import _, complain, say

TERMINAL = Actor("system", "terminal")
GRADES = {level: grade for grade, level in LEVELS.items()}


class PartWrong(Invalid):
    """A part of the configuration cannot hold. Nothing was changed."""

    code = "part_wrong"


def main(argv: Sequence[str]) -> int:
    """Write the configuration out, or put one in place."""
    parser = argparse.ArgumentParser(prog="clew config", description=__doc__)
    parser.add_argument("what", choices=["export", "import"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--dry-run", action="store_true", help=_("check it, change nothing"))
    options = parser.parse_args(argv)
    if options.what == "export":
        text = write(gather())
        if options.file:
            options.file.write_text(text, encoding="utf-8")
        else:
            sys.stdout.write(text)
        return 0
    if not options.file or not options.file.is_file():
        raise FileMissing(file=str(options.file))
    try:
        text = options.file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise PartWrong(where=str(wrong)) from wrong
    changed = apply(read(text), datetime.now(UTC), is_trial=options.dry_run)
    for part in changed:
        say(part)
    if not changed:
        complain(_("Nothing differs."))
    return 0


def gather() -> Configuration:
    """Give how the place is set up now."""
    rule_set = RuleSet.objects.order_by("-version").first()
    routing = Routing.objects.filter(is_trial=False).order_by("-version").first()
    methods = Method.objects.select_related("team", "calendar").order_by("team__name")
    return Configuration(
        fields=[_own_field(one) for one in all_definitions().values()],
        calendars=[_hours(c) for c in Calendar.objects.order_by("name", "pk")],
        teams=[_team_method(m) for m in methods],
        validity=[
            Valid(v.category, v.high_days, v.medium_days, v.low_days)
            for v in Validity.objects.order_by("category")
        ],
        grading=Grading(
            rule_set.high_from,
            rule_set.medium_from,
            msgspec.convert(rule_set.rules, list[GradingRule]),
        )
        if rule_set
        else None,
        distribution=[_sending(r) for r in msgspec.convert(routing.rules, list[Rule])]
        if routing
        else [],
    )


def apply(wanted: Configuration, now: datetime, *, is_trial: bool = False) -> list[str]:
    """Put a configuration in place, all of it or nothing. Gives the places that differed.

    Raises PartWrong, which names the place.
    """
    changed: list[str] = []
    with transaction.atomic():
        present = gather()
        for part, keep in KEEPERS.items():
            there = getattr(present, part) or []
            for number, one in enumerate(getattr(wanted, part) or []):
                if one not in there:
                    _at(f"{part}[{number}]", keep, one, now)
                    changed.append(f"{part}[{number}]")
        for part, put in REPLACERS.items():
            given = getattr(wanted, part)
            if given is not None and given != getattr(present, part):
                _at(part, put, given, now)
                changed.append(part)
        transaction.set_rollback(is_trial)
    return changed


def _at(place: str, keep: Callable[[Any, datetime], None], given: object, now: datetime) -> None:
    try:
        keep(given, now)
    except PartWrong:
        raise
    except ClewError as wrong:
        reasons = wrong.details.get("reasons") or wrong.details.get("why") or ""
        raise PartWrong(where=place, why=f"{wrong.message} {reasons}".strip()) from wrong


def _team_method(m: Method) -> TeamMethod:
    told = {"name": m.team.name, "takes": m.side, "calendar": m.calendar.name}
    return msgspec.convert(told | {"high": m.high, "medium": m.medium, "low": m.low}, TeamMethod)


def _hours(calendar: Calendar) -> Hours:
    return Hours(
        name=calendar.name,
        time_zone=calendar.time_zone,
        **dict(zip(WEEKDAYS, write_blocks(calendar.week), strict=True)),
        days_off=write_days(calendar.days_off).splitlines(),
        days_on=write_exchanged(calendar.days_on, WEEKDAYS).splitlines(),
    )


def _keep_hours(hours: Hours, now: datetime) -> None:
    plan = Plan(
        hours.name,
        hours.time_zone,
        tuple(tuple(read_blocks(getattr(hours, day))) for day in WEEKDAYS),
        frozenset(read_days("\n".join(hours.days_off))),
        read_exchanged("\n".join(hours.days_on)),
    )
    same = Calendar.objects.filter(name=hours.name).order_by("pk").first()
    keep_calendar(plan, actor=TERMINAL, now=now, calendar_id=same.pk if same else None)


def _keep_team(wanted: TeamMethod, now: datetime) -> None:
    calendar = Calendar.objects.filter(name=wanted.calendar).order_by("pk").first()
    if calendar is None:
        raise PartWrong(where=f"teams: {wanted.name}", why=f"no calendar {wanted.calendar}")
    team = Team.objects.filter(name=wanted.name).order_by("pk").first()
    home = Organisation.objects.order_by("pk").first()
    if team is None:
        if home is None:
            raise PartWrong(where=f"teams: {wanted.name}", why="no organisation yet")
        team = add_team(home, name=wanted.name, actor=TERMINAL, now=now)
    taking = Taking(wanted.takes, calendar.pk, wanted.high, wanted.medium, wanted.low)
    set_method(team.pk, taking, actor=TERMINAL, now=now)


def _keep_valid(valid: Valid, now: datetime) -> None:
    days = Days(valid.high_days, valid.medium_days, valid.low_days)
    set_validity(valid.category, days, actor=TERMINAL, now=now)


def _keep_grading(grading: Grading, now: datetime) -> None:
    if grading.high_from <= grading.medium_from:
        raise PartWrong(where="grading", why="high_from must be above medium_from")
    publish_grading(
        msgspec.to_builtins(grading.rules),
        high_from=grading.high_from,
        medium_from=grading.medium_from,
        now=now,
    )


def _keep_distribution(wanted: Sequence[Sending], now: datetime) -> None:
    there = known()
    rules = [_rule(f"distribution[{n}]", sending) for n, sending in enumerate(wanted)]
    for finding in examine(rules, there):
        if finding.is_fatal:
            why = f"{finding.code} {' '.join(finding.names)}".strip()
            raise PartWrong(where=f"distribution[{finding.rule}]", why=why)
    actions.publish(rules, known=there, now=now)


def _own_field(one: Definition) -> OwnField:
    return OwnField(
        key=one.key,
        label=one.label,
        kind=one.kind,
        choices=[Option(c.key, c.label, c.is_retired) for c in one.choices],
        unit=one.unit,
        currency=one.currency if one.kind == "money" else "",
        is_retired=one.is_retired,
    )


def _keep_field(wanted: OwnField, now: datetime) -> None:
    """Define a field or change it; its kind and its currency stay what they are."""
    given = FieldData(
        key=wanted.key,
        label=wanted.label,
        kind=wanted.kind,
        choices=[Choice(c.key, c.label) for c in wanted.choices if not c.is_retired],
        unit=wanted.unit,
        currency=wanted.currency or "CNY",
    )
    there = all_definitions().get(wanted.key)
    if there is None:
        everything = replace(given, choices=[Choice(c.key, c.label) for c in wanted.choices])
        add_field(everything, actor=TERMINAL, now=now)
    elif there.kind != wanted.kind or there.currency != given.currency:
        place = f"fields: {wanted.key}"
        raise PartWrong(where=place, why="a field keeps its kind and its currency; add another one")
    if there and there.is_retired and not wanted.is_retired:
        restore_field(wanted.key, actor=TERMINAL, now=now)
    change_field(given, actor=TERMINAL, now=now)
    if wanted.is_retired:
        retire_field(wanted.key, actor=TERMINAL, now=now)


KEEPERS: dict[str, Callable[[Any, datetime], None]] = {
    "fields": _keep_field,
    "calendars": _keep_hours,
    "teams": _keep_team,
    "validity": _keep_valid,
}
REPLACERS: dict[str, Callable[[Any, datetime], None]] = {
    "grading": _keep_grading,
    "distribution": _keep_distribution,
}


def _sending(rule: Rule) -> Sending:
    names = dict(Team.objects.values_list("pk", "name"))
    told = msgspec.structs.asdict(rule)
    return Sending(
        **{
            **{name: told[name] for name in told if name not in {"team", "otherwise", "levels"}},
            "team": names.get(rule.team, str(rule.team)),
            "otherwise": [names.get(team, str(team)) for team in rule.otherwise],
            "grades": [GRADES[level] for level in rule.levels],
            "regions": [name_of(code) or str(code) for code in rule.regions],
        }
    )


def _rule(place: str, sending: Sending) -> Rule:
    told = msgspec.structs.asdict(sending)
    return Rule(
        **{
            **{name: told[name] for name in told if name != "grades"},
            "team": _team(place, sending.team),
            "otherwise": [_team(place, name) for name in sending.otherwise],
            "levels": [LEVELS[grade] for grade in sending.grades],
            "regions": [_region(place, text) for text in sending.regions],
        }
    )


def _team(place: str, name: str) -> int:
    team = Team.objects.filter(name=name).order_by("pk").first()
    if team is None:
        raise PartWrong(where=f"{place}.team", why=f"no team {name}")
    return team.pk


def _region(place: str, text: str) -> int:
    found = resolve(text)
    if found.code is None or found.is_ambiguous:
        raise PartWrong(where=f"{place}.regions", why=f"no single region {text}")
    return found.code
