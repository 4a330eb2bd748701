"""What an import, its columns and its rows are called. Translated where they are shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from clew.capture.actions.imports import good_count
from clew.capture.columns import RowRead
from clew.capture.custom import CUSTOM, Definition
from clew.capture.custom import shown as shown_as
from clew.capture.models import Import, ImportRow
from clew.capture.schemas import Outcome
from clew.capture.sheets import errors
from clew.capture.sheets.layout import Layout
from clew.errors import ClewError

Text = str | Promise
Words = Mapping[str, Text]

STEPS = (
    gettext_lazy("The file"),
    gettext_lazy("What is in it"),
    gettext_lazy("Check"),
    pgettext_lazy("step", "Import"),
)
STATES: Words = {
    "uploading": gettext_lazy("Not sent to the end"),
    "examining": gettext_lazy("Reading the file"),
    "examined": gettext_lazy("Waiting: what is in it?"),
    "checking": gettext_lazy("Checking every row"),
    "checked": gettext_lazy("Checked, ready to import"),
    "importing": gettext_lazy("Importing"),
    "paused": gettext_lazy("Paused"),
    "done": gettext_lazy("Imported"),
    "undoing": gettext_lazy("Being undone"),
    "undone": gettext_lazy("Undone"),
    "failed": gettext_lazy("Cannot be read"),
}
TONES = {
    "done": "c-t-ok",
    "failed": "c-t-late",
    "examined": "c-t-soon",
    "checked": "c-t-soon",
    "uploading": "c-t-soon",
    "paused": "c-t-soon",
    "undone": "",
}
TERMINAL: Text = gettext_lazy("Terminal")
TARGETS: Mapping[Text, Words] = {
    gettext_lazy("The person"): {
        "name": pgettext_lazy("person", "Name"),
        "phone": gettext_lazy("Phone"),
        "email": gettext_lazy("E-mail"),
        "wechat": gettext_lazy("WeChat"),
        "company": gettext_lazy("Company"),
    },
    gettext_lazy("Where they are"): {
        "region": gettext_lazy("Region"),
        "province": gettext_lazy("Province"),
        "city": gettext_lazy("City"),
        "county": gettext_lazy("County or district"),
    },
    gettext_lazy("What they want"): {
        "message": gettext_lazy("Message"),
        "category": gettext_lazy("Product group"),
        "answer": gettext_lazy("An answer they gave"),
        "occurred_at": gettext_lazy("When they asked"),
        "external_id": gettext_lazy("Number in the other system"),
    },
    gettext_lazy("Where they came from"): {
        "introduced_by": gettext_lazy("Introduced by"),
        "page": gettext_lazy("Page"),
        "referrer": gettext_lazy("Page before"),
        "utm_source": gettext_lazy("Campaign: source"),
        "utm_medium": gettext_lazy("Campaign: medium"),
        "utm_campaign": gettext_lazy("Campaign: name"),
        "utm_term": gettext_lazy("Campaign: keyword"),
        "utm_content": gettext_lazy("Campaign: content"),
    },
    gettext_lazy("How it ended (history)"): {
        "result": gettext_lazy("Won or lost"),
        "value": gettext_lazy("Value of the order"),
        "ended_at": gettext_lazy("When it ended"),
        "reason": gettext_lazy("Why it was lost"),
    },
    gettext_lazy("Everything else"): {
        "extra": gettext_lazy("Keep beside"),
        "ignore": gettext_lazy("Leave out"),
    },
}
OWN: Text = gettext_lazy("Fields of your own")
OWN_CHIPS = 8
KINDS: Words = {
    "text": gettext_lazy("anything"),
    "number": gettext_lazy("numbers only"),
    "date": gettext_lazy("dates only"),
}
SEPARATORS: Words = {
    ",": gettext_lazy("commas"),
    "\t": gettext_lazy("tabs"),
    ";": gettext_lazy("semicolons"),
    "|": gettext_lazy("upright strokes |"),
}
NAMES: Words = {key: words for group in TARGETS.values() for key, words in group.items()}
CHIPS = (
    *("name", "phone", "wechat", "email", "company", "region", "message", "category"),
    *("occurred_at", "external_id", "result", "value", "ended_at", "reason", "extra", "ignore"),
)
VERDICTS: Mapping[str, tuple[Text, Text, str]] = {
    "new": (
        pgettext_lazy("rows", "New"),
        gettext_lazy("become a lead of their own"),
        "c-tile-ok",
    ),
    "strengthened": (
        pgettext_lazy("rows", "Strengthen"),
        gettext_lazy("people you know: the open lead gains an enquiry"),
        "c-tile-acc",
    ),
    "duplicate": (
        pgettext_lazy("rows", "Double"),
        gettext_lazy("the person or the row stands in the file already"),
        "c-tile-soon",
    ),
    "error": (
        pgettext_lazy("rows", "Bad"),
        gettext_lazy("stay out, each with its reason"),
        "c-tile-late",
    ),
}
AS_TEXT = gettext_lazy(
    "Excel shows long numbers as 1.38E+10 and saves them so: the last digits are gone for good. In the original, mark the column, choose Format cells → Number with 0 decimals (or Text), and save again."
)
CODES: Mapping[str, tuple[Text, Text]] = {
    "not_a_choice": (
        gettext_lazy("None of the field's choices"),
        gettext_lazy(
            "Write one of the choices as they are called under Fields, or add this one there."
        ),
    ),
    "not_an_amount": (
        gettext_lazy("Not an amount of money"),
        gettext_lazy("Write it as 1,200.50 or 1.2万."),
    ),
    "other_currency": (
        gettext_lazy("The field holds another currency"),
        gettext_lazy("Convert the amount, or let the column mean something else."),
    ),
    "impossible_day": (
        gettext_lazy("There is no such day"),
        gettext_lazy("Write a day between 1900 and 2199 as 2026-03-01."),
    ),
    "too_exact": (
        gettext_lazy("Too many digits"),
        gettext_lazy("A number has up to 15 digits, six of them decimals."),
    ),
    "digits_lost": (gettext_lazy("The number has lost digits in Excel"), AS_TEXT),
    "masked": (
        gettext_lazy("The number is masked with asterisks"),
        gettext_lazy("Ask whoever sent the file for the full numbers."),
    ),
    "no_area_code": (
        gettext_lazy("The area code is missing"),
        gettext_lazy("Put it in front: 0512-62345678."),
    ),
    "too_few_digits": (
        gettext_lazy("The number is too short"),
        gettext_lazy("A mobile number has 11 digits. Complete it."),
    ),
    "too_many_digits": (
        gettext_lazy("The number is too long"),
        gettext_lazy("Perhaps two numbers without a separator. Put a semicolon between them."),
    ),
    "not_a_phone": (
        gettext_lazy("This is not a phone number"),
        gettext_lazy(
            "Correct it, or empty the field where there is another way of reaching the person."
        ),
    ),
    "unreachable": (
        gettext_lazy("Nothing in the row says how to reach the person"),
        gettext_lazy("An enquiry needs a phone, an e-mail address or a WeChat id."),
    ),
    "not_an_email": (
        gettext_lazy("This is not an e-mail address"),
        gettext_lazy("Correct it: name@company.cn"),
    ),
    "not_a_wechat_id": (
        gettext_lazy("This is not a WeChat id"),
        gettext_lazy("It has 6 to 20 letters, digits, - or _, and begins with a letter."),
    ),
    "not_a_number": (
        gettext_lazy("This should be a number"),
        gettext_lazy("Correct it, or take off “numbers only” at the column."),
    ),
    "not_a_date": (
        gettext_lazy("This should be a date"),
        gettext_lazy("Write it as 2026-11-24, or take off “dates only” at the column."),
    ),
    "ambiguous_date": (
        gettext_lazy("Day or month first?"),
        gettext_lazy("Say it under More settings, or write dates as 2026-11-24."),
    ),
    "impossible_date": (
        gettext_lazy("There is no such date"),
        gettext_lazy("Write it as 2026-11-24."),
    ),
    "missing": (
        gettext_lazy("A required value is missing"),
        gettext_lazy("Fill it in, or take off “required” at the column."),
    ),
    "out_of_range": (
        gettext_lazy("The number is far too large or too small"),
        gettext_lazy("Correct it."),
    ),
    "too_long": (gettext_lazy("This is too long"), gettext_lazy("Shorten it.")),
    "lead_too_large": (
        gettext_lazy("The whole row is too large for a lead"),
        gettext_lazy("Shorten it, or leave columns out."),
    ),
    "nul": (
        gettext_lazy("The row holds bytes that are not text"),
        gettext_lazy("Type it in again, or save the file once more."),
    ),
    "too_few_cells": (
        gettext_lazy("The row has fewer cells than the others"),
        gettext_lazy("Perhaps a line break or a separator in it is missing or too much."),
    ),
    "too_many_cells": (
        gettext_lazy("The row has more cells than there are columns"),
        gettext_lazy("Perhaps a separator stands inside a value: put the value in quotes."),
    ),
    "cell_too_long": (gettext_lazy("A cell is far too long"), gettext_lazy("Shorten it.")),
    "row_too_long": (
        gettext_lazy("The row is far too long"),
        gettext_lazy("Perhaps a quote was opened in it and never closed."),
    ),
    "nul_bytes": (
        gettext_lazy("The row holds bytes that are not text"),
        gettext_lazy("Type it in again, or save the file once more."),
    ),
    "undecodable": (
        gettext_lazy("The row is in another encoding and cannot be read"),
        gettext_lazy("Type its values in again."),
    ),
    "header_again": (
        gettext_lazy("The column names once more"),
        gettext_lazy("Nothing to do: this is no lead."),
    ),
    "same_row": (
        gettext_lazy("The same row stands further up"),
        gettext_lazy("It says exactly the same, so it counts once."),
    ),
    "known_id": (
        gettext_lazy("This number is there already"),
        gettext_lazy("The source has sent a row with this number before. Nothing to do."),
    ),
    "same_person": (
        gettext_lazy("The same person stands further up"),
        gettext_lazy("One lead, with an enquiry more."),
    ),
}
RECORDS = (gettext_lazy("Records"), gettext_lazy("become a record of their own"))
FILE_ROWS = 200_000  # bad rows in one file
NEVER_STORED = frozenset({"same_row", "known_id"})


@dataclass(frozen=True, slots=True)
class Tile:
    """How many rows have one verdict."""

    verdict: str
    count: int
    label: Text
    words: Text
    tone: str


@dataclass(frozen=True, slots=True)
class Reason:
    """How many rows stay out for one reason."""

    verdict: str
    code: str
    count: int
    what: str
    advice: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows of an import, or would."""

    tiles: list[Tile]
    reasons: list[Reason]
    good: int
    new: int
    strengthened: int
    errors: int
    left_out: int
    undone: int
    kept: int


def tally(batch: Import) -> Tally:
    """Sum an import's counts up for its pages."""
    counts = batch.counts
    reasons = sorted(_reasons(counts), key=lambda r: -r.count)
    return Tally(
        tiles=list(_tiles(batch)),
        reasons=reasons,
        good=good_count(batch),
        new=counts.get("new", 0),
        strengthened=counts.get("strengthened", 0),
        errors=counts.get("error", 0),
        left_out=sum(reason.count for reason in reasons),
        undone=counts.get("undone", 0),
        kept=counts.get("kept", 0),
    )


def _tiles(batch: Import) -> Iterator[Tile]:
    for verdict, (label, words, tone) in VERDICTS.items():
        if batch.is_history and verdict == "new":
            label, words = RECORDS  # noqa: PLW2901
        yield Tile(verdict, batch.counts.get(verdict, 0), label, words, tone)


def _reasons(counts: Mapping[str, int]) -> Iterator[Reason]:
    for name, count in counts.items():
        verdict, _colon, code = name.partition(":")
        if code and count and (verdict == "error" or code in NEVER_STORED):
            what, advice = explain(code)
            yield Reason(verdict, code, count, what, advice)


def explain(code: str) -> tuple[str, str]:
    """Say what a reason means, and what to do about it."""
    what, advice = CODES.get(code, (code, ""))
    return str(what), str(advice)


def problem(code: str) -> str:
    """Say why a file cannot be read, by the error's own words."""
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, ClewError) and error.code == code:
            return _((error.__doc__ or "").strip())
    return _("This file cannot be read. Save it as CSV or XLSX and send it again.")


def share(batch: Import) -> int:
    """How much of its present work an import has done, in percent."""
    return min(100, 100 * batch.position // batch.row_count) if batch.row_count else 0


def in_row(number: int) -> str:
    """Name a row of the file."""
    return _("row %(number)s") % {"number": f"{number:,}"}


def read_as(layout: Layout, row_count: int) -> str:
    """Say in one line how a file was read."""
    parts = (
        [_("workbook"), _("sheet “%(name)s”") % {"name": layout.sheet}]
        if layout.kind == "workbook"
        else [
            layout.encoding.upper(),
            _("separated by %(what)s")
            % {"what": SEPARATORS.get(layout.separator, f"“{layout.separator}”")},
        ]
    )
    first, last = layout.header_row, layout.first_row - 1
    header = (
        _("names in row %(n)s") % {"n": f"{first}–{last}" if last > first else first}
        if first > 0
        else _("no column names")
    )
    rows = ngettext("%(n)s row", "%(n)s rows", row_count) % {"n": f"{row_count:,}"}
    return " · ".join([*parts, header, rows])


def targets(
    own: Sequence[Definition], *, has_ends: bool
) -> list[tuple[Text, list[tuple[str, Text]]]]:
    """Give what a column may mean, by group; how an enquiry ended only where it is history."""
    groups = [
        (group, list(words.items()))
        for group, words in TARGETS.items()
        if has_ends or "result" not in words
    ]
    named: list[tuple[str, Text]] = [(CUSTOM + one.key, one.label) for one in own]
    return [*groups[:-1], (OWN, named), groups[-1]] if named else groups


def chips(own: Sequence[Definition], *, has_ends: bool) -> list[tuple[str, Text]]:
    """Give what is dragged onto columns: the usual meanings, and the first of the operator's fields."""
    known = {key for _group, words in targets((), has_ends=has_ends) for key, _words in words}
    usual = [(key, NAMES[key]) for key in CHIPS if key in known]
    return [*usual[:-2], *((CUSTOM + one.key, one.label) for one in own[:OWN_CHIPS]), *usual[-2:]]


def fields(read: RowRead, own: Sequence[Definition]) -> list[tuple[str, str]]:
    """Give what a row would be as a lead: the field's name and its value."""
    shown = [(str(NAMES["phone" if w.kind == "phone" else w.kind]), w.value) for w in read.ways]
    lead = read.lead
    if lead is None:
        return shown
    plain = ("name", "company", "region", "category", "message", "introduced_by", "external_id")
    found = [(str(NAMES[f]), str(v)) for f in plain if (v := getattr(lead, f))]
    if lead.occurred_at:
        found.append((str(NAMES["occurred_at"]), f"{localtime(lead.occurred_at):%Y-%m-%d %H:%M}"))
    found += [
        (one.label, shown_as(one, lead.custom[one.key])) for one in own if one.key in lead.custom
    ]
    found += [(name, str(v)) for name, v in {**lead.answers, **lead.extra}.items() if v]
    return found[:1] + shown + found[1:] + _ended(read.outcome)


def _ended(outcome: Outcome | None) -> list[tuple[str, str]]:
    if outcome is None:
        return []
    words = {"won": _("Won"), "lost": _("Lost")}
    shown = [(str(NAMES["result"]), words[outcome.result])] if outcome.result else []
    if outcome.value_minor is not None:
        shown.append((str(NAMES["value"]), f"{outcome.value_minor / 100:,.2f} {outcome.currency}"))
    if outcome.ended_at:
        shown.append((str(NAMES["ended_at"]), f"{localtime(outcome.ended_at):%Y-%m-%d}"))
    return shown + ([(str(NAMES["reason"]), outcome.reason)] if outcome.reason else [])


def duration(batch: Import) -> str:
    """Say how long an import took, or nothing."""
    if batch.started_at is None or batch.ended_at is None:
        return ""
    seconds = max(1, round((batch.ended_at - batch.started_at).total_seconds()))
    if seconds < 120:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    return _("%(n)s minutes") % {"n": round(seconds / 60)}


def undoing(batch: Import) -> str:
    """Say what taking an import back will do."""
    count = ImportRow.objects.filter(batch=batch, submission__isnull=False).count()
    words = ngettext(
        "Take back the one row that went in? A lead that somebody has worked on stays.",
        "Take back all %(n)s rows that went in? Leads that somebody has worked on stay, and you are told how many.",
        count,
    )
    return words % {"n": f"{count:,}"}
