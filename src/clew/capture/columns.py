"""What the columns of a file mean, and what one of its rows says. Pure; a page, a command and a test read alike."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from clew.capture import custom
from clew.capture.custom import CUSTOM, Definition
from clew.capture.headers import FIRST_NAMES, LAST_NAMES, plainly
from clew.capture.rules import LARGEST_LEAD, WECHAT, encode
from clew.capture.schemas import LeadIn, Outcome
from clew.capture.values import (
    BARE,
    ending,
    folded,
    moment,
    money,
    says_number,
    scrambled,
)
from clew.capture.ways import EMAIL, MOBILE, Way, narrow, numbers, phone_fault, ways

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
PLACES = ("region", "province", "city", "county")
HISTORY = ("result", "value", "ended_at", "reason")
TARGETS = (
    *("name", "phone", "email", "wechat", "company", *PLACES, "category", "message"),
    *("occurred_at", "external_id", "page", "referrer", "introduced_by", *UTM),
    *(*HISTORY, "answer", "extra", "ignore"),
)
LIMITS = {
    "name": 120,
    "company": 200,
    "category": 60,
    "page": 2000,
    "referrer": 2000,
    "introduced_by": 200,
    "phone": 60,
    "email": 200,
    "wechat": 120,
    "region": 120,
    "message": 5000,
    "external_id": 200,
    "reason": 200,
}
CODES = (  # of faults: the row stays out
    *("unreachable", "digits_lost", "masked", "no_area_code", "too_few_digits", "too_many_digits"),
    *(
        "not_a_phone",
        "not_an_email",
        "not_a_wechat_id",
        "not_a_number",
        "not_a_date",
        "ambiguous_date",
        "impossible_date",
        "missing",
    ),
    *("out_of_range", "too_long", "lead_too_large", "nul"),
    *("not_a_choice", "not_an_amount", "other_currency", "impossible_day", "too_exact"),
)
WIDE_ROW = 40_000  # characters; a shorter one cannot make too large a lead
IDENTITY = {"phone", "email", "wechat", "external_id", "name", "page", "referrer"}
Kind = Literal["text", "number", "date"]


class Column(Struct, frozen=True):
    """What one column holds. `kind` and `is_required` make cells that differ a fault, in history only."""

    name: str
    target: str = "extra"
    kind: Kind = "text"
    is_required: bool = False


class Plan(Struct, frozen=True):
    """How rows become leads. Words that are neither `won` nor `lost` mean that the end is not known."""

    columns: list[Column]
    is_history: bool = False
    country: str = "CN"
    day_first: bool | None = None
    won: list[str] = []
    lost: list[str] = []
    leave_out_same: bool = False
    currency: str = "CNY"
    fields: list[Definition] = []  # the operator's own, as they were when the plan was made


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong, and in which column; empty where it is the whole row."""

    column: str
    code: str


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row as a lead; none where it has faults. `notes` tell what was kept beside because it could not be used."""

    lead: LeadIn | None
    outcome: Outcome | None = None
    faults: list[RowFault] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    notes: list[RowFault] = field(default_factory=list)


def read(
    plan: Plan, cells: Sequence[str], source: str, *, latest: datetime | None = None
) -> RowRead:
    """Read one row as a lead of a source. Whatever has no field of its own is in `extra`, under its column's name.

    Never raises. A date after `latest` is impossible.
    """
    reader = _compiled.get(id(plan))
    if reader is None or reader.plan is not plan:
        _compiled.clear()
        reader = _compiled[id(plan)] = _Reader(plan)
    return reader.read(cells, source, latest)


def sameness(plan: Plan, cells: Sequence[str]) -> bytes:
    """Digest what a row says, in 16 bytes: case, width, blanks and swapped letters make no difference.

    In what tells people apart, such as an address, swapped letters do.
    """
    parts = [
        folded(cell) if column.target in IDENTITY else scrambled(cell)
        for column, cell in zip(plan.columns, cells, strict=False)
        if column.target != "ignore"
    ]
    text = "\x1f".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(slots=True)
class _Draft:
    """A row on its way to a lead."""

    cells: Sequence[str]
    fields: dict[str, Any]
    extra: dict[str, Any]
    outcome: dict[str, Any]
    faults: list[RowFault]
    notes: list[RowFault]
    latest: datetime | None

    def keep(self, name: str, text: str, code: str) -> None:
        """Keep beside what cannot be used."""
        self.extra[name] = text
        self.notes.append(RowFault(name, code))


Places = list[tuple[int, str]]  # of columns: where, and what they are called
Step = Callable[[_Draft], None]


class _Reader:
    """A plan made ready, so that a row costs only what its columns need."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._own = {CUSTOM + one.key: one for one in plan.fields}
        known = {*TARGETS, *self._own} - (set() if plan.is_history else set(HISTORY)) - {"extra"}
        self._at: dict[str, Places] = {}
        for n, column in enumerate(plan.columns):
            target = column.target if column.target in known else "extra"
            self._at.setdefault(target, []).append((n, column.name))
        self._extra = self._at.get("extra", [])
        self._steps = self._ordered_steps()
        strict = list(enumerate(plan.columns)) if plan.is_history else []
        self._required = [(n, c.name) for n, c in strict if c.is_required]
        self._numbers = [(n, c.name) for n, c in strict if c.kind == "number"]
        self._dates = [(n, c.name) for n, c in strict if c.kind == "date"]
        self._won = {scrambled(word) for word in plan.won}
        self._lost = {scrambled(word) for word in plan.lost}

    def read(self, cells: Sequence[str], source: str, latest: datetime | None) -> RowRead:
        """Read one row."""
        cells = [cell.strip() for cell in cells]
        cells += [""] * (len(self.plan.columns) - len(cells))
        extra: dict[str, Any] = {name: cells[n] for n, name in self._extra if cells[n]}
        draft = _Draft(cells, {}, extra, {}, [], [], latest)
        self._check(draft)
        for step in self._steps:
            step(draft)
        lead = LeadIn(source=source, extra=draft.extra, **draft.fields)
        found = self._ways(lead)
        if not found and not self.plan.is_history and not draft.faults:
            draft.faults = self._why_unreachable(draft)
        self._measure(draft, lead)
        if draft.faults:
            return RowRead(None, None, draft.faults, found, draft.notes)
        outcome = Outcome(**draft.outcome) if self.plan.is_history else None
        return RowRead(lead, outcome, draft.faults, found, draft.notes)

    def _ordered_steps(self) -> list[Step]:
        steps: dict[str, Step] = {
            **{name: self._line(name) for name in ("name", "company", "category")},
            **{name: self._line(name) for name in ("page", "referrer", "introduced_by")},
            **dict.fromkeys(PLACES, self._region),
            **dict.fromkeys(UTM, self._utm),
            "phone": self._phones,
            "email": self._joined_ways("email"),
            "wechat": self._joined_ways("wechat"),
            "message": self._message,
            "answer": self._answers,
            "occurred_at": self._moment("occurred_at"),
            "external_id": self._external_id,
            "result": self._result,
            "value": self._value,
            "ended_at": self._moment("ended_at"),
            "reason": self._reason,
            **{target: self._custom(target, one) for target, one in self._own.items()},
        }
        wanted = [step for target, step in steps.items() if target in self._at]
        return list(dict.fromkeys(wanted))

    def _filled(self, draft: _Draft, target: str) -> list[tuple[str, str]]:
        cells = draft.cells
        return [(name, cells[n]) for n, name in self._at.get(target, []) if cells[n]]

    def _check(self, draft: _Draft) -> None:
        """What history holds columns to."""
        cells, faults = draft.cells, draft.faults
        for n, name in self._required:
            if not cells[n]:
                faults.append(RowFault(name, "missing"))
        for n, name in self._numbers:
            if (text := cells[n]) and not says_number(text):
                faults.append(RowFault(name, "not_a_number"))
        for n, name in self._dates:
            if (text := cells[n]) and (code := moment(text, day_first=self.plan.day_first)[1]):
                faults.append(RowFault(name, code))

    def _line(self, target: str) -> Step:
        limit = LIMITS[target]

        def step(draft: _Draft) -> None:
            for name, text in self._filled(draft, target):
                if len(text) > limit:
                    draft.keep(name, text, "too_long")
                elif draft.fields.setdefault(target, text) != text:
                    draft.extra[name] = text

        if target == "name" and len(self._at.get(target, [])) > 1:
            return self._name
        return step

    def _name(self, draft: _Draft) -> None:
        """First and last name make one name; of other columns the first that is filled."""
        filled = self._filled(draft, "name")
        last = next((text for name, text in filled if plainly(name) in LAST_NAMES), "")
        first = next((text for name, text in filled if plainly(name) in FIRST_NAMES), "")
        if last and first and len(filled) == 2:
            whole = f"{first} {last}" if (first + last).isascii() else last + first
            filled = [("", whole)] if len(whole) <= LIMITS["name"] else filled
        for name, text in filled:
            if len(text) > LIMITS["name"]:
                draft.keep(name, text, "too_long")
            elif draft.fields.setdefault("name", text) != text:
                draft.extra[name] = text

    def _phones(self, draft: _Draft) -> None:
        usable = []
        for name, text in self._filled(draft, "phone"):
            if MOBILE.fullmatch(text) or not (code := phone_fault(text, self.plan.country)):
                usable.append((name, text))
            elif code == "digits_lost":
                draft.faults.append(RowFault(name, code))
            else:
                draft.keep(name, text, code)
            if not text.isascii() or "@" in text:
                _look_for_others(draft, text)
        if usable:
            draft.fields["phone"] = self._one_phone_field(draft, usable)

    def _one_phone_field(self, draft: _Draft, usable: list[tuple[str, str]]) -> str:
        """As given where that fits; else the numbers alone, and what was given beside."""
        is_home = self.plan.country == "CN"
        given = ";".join(text for _, text in usable)
        if is_home and len(given) <= LIMITS["phone"]:
            return given
        found = [n for _, text in usable for n in numbers(text, self.plan.country)]
        fitting = ""
        for number in dict.fromkeys(found):
            longer = f"{fitting};{number}" if fitting else number
            fitting = longer if len(longer) <= LIMITS["phone"] else fitting
        is_whole = all(number in fitting for number in found)
        for name, text in usable:
            draft.extra[name] = text
            if not is_whole:
                draft.notes.append(RowFault(name, "too_long"))
        return fitting

    def _joined_ways(self, target: Literal["email", "wechat"]) -> Step:
        code = {"email": "not_an_email", "wechat": "not_a_wechat_id"}[target]

        def step(draft: _Draft) -> None:
            for name, text in self._filled(draft, target):
                before = draft.fields.get(target, "")
                joined = f"{before};{text}" if before else text
                given = (text, "") if target == "email" else ("", text)
                phone = draft.fields.get("phone", "")
                if len(joined) <= LIMITS[target] and _reaches(phone, *given):
                    draft.fields[target] = joined
                else:
                    draft.keep(name, text, "too_long" if len(joined) > LIMITS[target] else code)

        return step

    def _region(self, draft: _Draft) -> None:
        parts: list[str] = []
        for target in ("province", "city", "county", "region"):
            for name, text in self._filled(draft, target):
                if text in parts:
                    continue
                if sum(map(len, parts)) + len(parts) + len(text) <= LIMITS["region"]:
                    parts.append(text)
                else:
                    draft.keep(name, text, "too_long")
        if parts:
            draft.fields["region"] = " ".join(parts)

    def _message(self, draft: _Draft) -> None:
        filled = self._filled(draft, "message")
        is_one = len(self._at["message"]) == 1
        message = "\n".join(text if is_one else f"{name}: {text}" for name, text in filled)
        if len(message) <= LIMITS["message"]:
            draft.fields["message"] = message
            return
        draft.fields["message"] = message[: LIMITS["message"]]
        for name, text in filled:
            draft.keep(name, text, "too_long")

    def _answers(self, draft: _Draft) -> None:
        if answers := dict(self._filled(draft, "answer")):
            draft.fields["answers"] = answers

    def _utm(self, draft: _Draft) -> None:
        utm = {key: text for key in UTM for _, text in reversed(self._filled(draft, key))}
        if utm:
            draft.fields["utm"] = utm
        for key in UTM:
            for name, text in self._filled(draft, key)[1:]:
                draft.extra[name] = text

    def _moment(self, target: Literal["occurred_at", "ended_at"]) -> Step:
        def step(draft: _Draft) -> None:
            into = draft.fields if target == "occurred_at" else draft.outcome
            for name, text in self._filled(draft, target):
                at, code = moment(text, day_first=self.plan.day_first)
                if at and draft.latest and at > draft.latest:
                    at, code = None, "impossible_date"
                if at and into.setdefault(target, at) != at:
                    draft.extra[name] = text
                elif code and self.plan.is_history:
                    draft.faults.append(RowFault(name, code))
                elif code:
                    draft.keep(name, text, code)

        return step

    def _external_id(self, draft: _Draft) -> None:
        for name, text in self._filled(draft, "external_id"):
            if len(text) > LIMITS["external_id"]:
                draft.faults.append(RowFault(name, "too_long"))
            elif draft.fields.setdefault("external_id", text) != text:
                draft.extra[name] = text

    def _result(self, draft: _Draft) -> None:
        for name, text in self._filled(draft, "result"):
            result = self._meaning(text)
            if not result or draft.outcome.setdefault("result", result) != result:
                draft.extra[name] = text
            elif result == "lost" and folded(text) not in BARE and len(text) <= LIMITS["reason"]:
                draft.outcome.setdefault("reason", text)

    def _meaning(self, text: str) -> str:
        if not self._won and not self._lost:
            return ending(text)
        word = scrambled(text)
        return "won" if word in self._won else "lost" if word in self._lost else ""

    def _value(self, draft: _Draft) -> None:
        for name, text in self._filled(draft, "value"):
            minor, currency = money(text, self.plan.currency)
            if minor is None:
                draft.faults.append(RowFault(name, "not_a_number"))
            elif draft.outcome.setdefault("value_minor", minor) != minor:
                draft.extra[name] = text
            else:
                draft.outcome["currency"] = currency

    def _custom(self, target: str, one: Definition) -> Step:
        def step(draft: _Draft) -> None:
            for name, text in self._filled(draft, target):
                found, code = custom.read(one, text, day_first=self.plan.day_first)
                held = draft.fields.setdefault("custom", {})
                if code:
                    draft.faults.append(RowFault(name, code))
                elif held.setdefault(one.key, found) != found:
                    draft.extra[name] = text

        return step

    def _reason(self, draft: _Draft) -> None:
        filled = self._filled(draft, "reason")
        reason = "; ".join(text for _, text in filled)
        if reason and len(reason) <= LIMITS["reason"]:
            draft.outcome["reason"] = reason
        elif reason:
            for name, text in filled:
                draft.keep(name, text, "too_long")

    def _ways(self, lead: LeadIn) -> list[Way]:
        if not (lead.phone or lead.email or lead.wechat):
            return []
        return ways(lead.phone, lead.email, lead.wechat)

    def _why_unreachable(self, draft: _Draft) -> list[RowFault]:
        given = {
            name for target in ("phone", "email", "wechat") for _, name in self._at.get(target, [])
        }
        notes = [note for note in draft.notes if note.column in given]
        return notes or [RowFault("", "unreachable")]

    def _measure(self, draft: _Draft, lead: LeadIn) -> None:
        whole = "".join(draft.cells)
        if "\0" in whole:
            names = [
                c.name
                for c, text in zip(self.plan.columns, draft.cells, strict=False)
                if "\0" in text
            ]
            draft.faults += [RowFault(name, "nul") for name in names]
        if len(whole) > WIDE_ROW and len(encode(lead)) > LARGEST_LEAD:
            draft.faults.append(RowFault("", "lead_too_large"))


_compiled: dict[int, _Reader] = {}


def _reaches(phone: str, email: str, wechat: str) -> bool:
    return any(way.kind != "phone" for way in ways(phone, email, wechat))


def _look_for_others(draft: _Draft, text: str) -> None:
    """A field for any way of reaching somebody may hold an address, or say that it is a WeChat id."""
    if "@" in text and "email" not in draft.fields and (found := EMAIL.search(narrow(text))):
        draft.fields["email"] = found[0][: LIMITS["email"]]
    match = WECHAT.search(narrow(text))
    if match and "wechat" not in draft.fields:
        draft.fields["wechat"] = match[1]
