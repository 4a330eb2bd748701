"""What somebody says a file is, before every row is checked: remembered, guessed, and changed by hand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import slugify
from msgspec import structs

from clew.capture.actions.sources import SourceData
from clew.capture.columns import TARGETS, Column, Plan
from clew.capture.custom import CUSTOM
from clew.capture.guessing import guess
from clew.capture.models import Import, Source
from clew.capture.queries import definitions
from clew.capture.sheets.layout import ColumnProfile
from clew.web.office.imports import wording
from clew.web.office.imports.peek import layout_of
from clew.web.office.requests import line

LOOKED_AT = 100
NEW_SOURCE = "+"


@dataclass(frozen=True, slots=True)
class Draft:
    """Kind, source and columns as they are said at the moment; `like` is the import they are taken from."""

    plan: Plan
    is_history: bool | None = None
    source_key: str = ""
    new_source: SourceData | None = None
    new_name: str = ""
    like: Import | None = None

    def by(self, plan: Plan) -> "Draft":
        """Take the columns of another plan."""
        return replace(self, plan=with_fields(plan), is_history=plan.is_history)

    def results(self, profiles: Sequence[ColumnProfile]) -> list[tuple[int, str, int, str]]:
        """Give the values of the result's column: number, value, how often, won or lost or nothing."""
        if not self.is_history:
            return []
        by_name = {profile.name: profile for profile in profiles}
        found = next((c for c in self.plan.columns if c.target == "result"), None)
        values = by_name[found.name].values if found and found.name in by_name else {}
        return [
            (number, value, count, self._meaning(value))
            for number, (value, count) in enumerate(values.items())
        ]

    def _meaning(self, value: str) -> str:
        if value in self.plan.won:
            return "won"
        return "lost" if value in self.plan.lost else ""


def profiles_of(batch: Import) -> list[ColumnProfile]:
    """Give what was seen in the columns."""
    return msgspec.convert(batch.profiles, list[ColumnProfile])


def begin(batch: Import, batches: QuerySet[Import]) -> Draft:
    """Begin with what was said before, else as a file with these columns went in last, else with a guess."""
    if batch.plan is not None and batch.source is not None:
        plan = with_fields(msgspec.convert(batch.plan, Plan))
        return Draft(plan, plan.is_history, batch.source.key)
    like = _like(batch, batches)
    if like is not None and like.source is not None:
        plan = with_fields(_carried_over(batch, msgspec.convert(like.plan, Plan)))
        return Draft(plan, plan.is_history, like.source.key, like=like)
    return Draft(_guess(batch, is_history=False))


def posted(given: QueryDict, batch: Import, batches: QuerySet[Import]) -> Draft:
    """Read the form over what it began with."""
    is_history = {"new": False, "history": True}.get(given.get("kind", ""))
    before = begin(batch, batches).plan
    if before.is_history != bool(is_history):
        before = _guess(batch, is_history=bool(is_history))
    known = {*TARGETS, *(CUSTOM + one.key for one in before.fields)}
    chosen = [_column(column, given, number, known) for number, column in enumerate(before.columns)]
    plan = structs.replace(
        before,
        columns=chosen,
        country=_country(given.get("country", "")) or before.country,
        day_first={"day": True, "month": False}.get(given.get("day_first", "")),
        leave_out_same="leave_out_same" in given,
    )
    key = line(given.get("source", ""), 60)
    name = line(given.get("new_name", ""), 80)
    draft = Draft(
        plan,
        is_history,
        "" if key == NEW_SOURCE else key,
        _new_source(given, name) if key == NEW_SOURCE and name else None,
        name,
    )
    return _with_results(draft, given, profiles_of(batch))


def regarding(batch: Import, draft: Draft) -> Draft:
    """Guess anew after the kind has changed; what somebody chose by hand stays."""
    is_history = bool(draft.is_history)
    before = _guess(batch, is_history=not is_history)
    after = _guess(batch, is_history=is_history)
    kept = [
        fresh if chosen.target == old.target else chosen
        for chosen, old, fresh in zip(
            draft.plan.columns, before.columns, after.columns, strict=True
        )
    ]
    plan = structs.replace(
        draft.plan, columns=kept, is_history=is_history, won=after.won, lost=after.lost
    )
    return replace(draft, plan=plan)


def _guess(batch: Import, *, is_history: bool) -> Plan:
    return guess(
        profiles_of(batch),
        is_history=is_history,
        row_count=batch.row_count,
        fields=definitions(),
    )


def with_fields(plan: Plan) -> Plan:
    """Let a plan know the custom fields of today. What meant one that is retired is kept beside."""
    return structs.replace(plan, fields=definitions())


def _column(column: Column, given: QueryDict, number: int, known: Collection[str]) -> Column:
    target = given.get(f"t{number}", column.target)
    kind = given.get(f"k{number}", column.kind)
    must = f"must{number}"
    return structs.replace(
        column,
        target=target if target in known else column.target,
        kind=kind if kind in wording.KINDS else column.kind,
        is_required=given[must] == "yes" if must in given else column.is_required,
    )


def _country(text: str) -> str:
    code = text.strip().upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def _new_source(given: QueryDict, name: str) -> SourceData:
    """A source by its name alone; the key is made of it."""
    kind = given.get("new_kind", "")
    stem = slugify(name)[:50] or "source"
    key, number = stem, 2
    while Source.objects.filter(key=key).exists():
        key, number = f"{stem}-{number}", number + 1
    return SourceData(
        key=key,
        name=name,
        kind=kind if kind in Source.Kind.values else Source.Kind.OWN,
        is_online=given.get("new_way", "online") != "offline",
        cost_minor=0,
    )


def _with_results(draft: Draft, given: QueryDict, profiles: Sequence[ColumnProfile]) -> Draft:
    said = {
        value: given[f"r{number}"]
        for number, value, _count, _meaning in draft.results(profiles)
        if f"r{number}" in given
    }
    if not said:
        return draft
    plan = structs.replace(
        draft.plan,
        won=[value for value, meaning in said.items() if meaning == "won"],
        lost=[value for value, meaning in said.items() if meaning == "lost"],
    )
    return replace(draft, plan=plan)


def _like(batch: Import, batches: QuerySet[Import]) -> Import | None:
    """The last import whose columns all stand in this file, with no more than a reason beside them."""
    names = set(layout_of(batch).columns)
    gone = batches.filter(started_at__isnull=False, plan__isnull=False, source__is_active=True)
    for other in (
        gone.exclude(pk=batch.pk).select_related("source").order_by("-started_at")[:LOOKED_AT]
    ):
        known = {column["name"] for column in _columns(other.plan)}
        if known <= names and len(names - known) <= 1:
            return other
    return None


def _columns(plan: Any) -> Sequence[Mapping[str, Any]]:
    return plan["columns"] if isinstance(plan, dict) else []


def _carried_over(batch: Import, plan: Plan) -> Plan:
    """Bring a plan to this file's order of columns; one that is new is left out."""
    known = {column.name: column for column in plan.columns}
    names = layout_of(batch).columns
    return structs.replace(
        plan, columns=[known.get(name) or Column(name=name, target="ignore") for name in names]
    )
