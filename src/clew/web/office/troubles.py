"""What was rejected at a door or failed on the belt, as one list: filtered, newest first, by key."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from clew.access.models import Member, Role
from clew.base.sealing import SealBroken
from clew.capture.errors import LeadsRefused
from clew.capture.models import Failure, Rejected
from clew.capture.queries import open_body
from clew.capture.rejections import open_kept
from clew.capture.rules import encode
from clew.capture.salvage import salvage
from clew.capture.ways import ways
from clew.contacts.rules import mask, veil
from clew.errors import Denied, Missing
from clew.web.office.requests import line

PAGE = 50
FAILED, REJECTED = "f", "r"
WAYS = ("", "api", "form", "belt")
UNCLEAR = 3  # how much is shown of what reaches nobody
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address of the page says; `state` is "" for what is open, or settled."""

    way: str = ""
    code: str = ""
    source: str = ""
    state: str = ""
    after: str = ""

    @property
    def is_set(self) -> bool:
        """Tell whether anything is left out."""
        return bool(self.way or self.code or self.source)

    def address(self, **changes: str) -> str:
        """Give the query of this page with some parts changed; changing a part goes to the start."""
        changed = replace(self, **{"after": "", **changes})
        return "?" + urlencode({k: v for k, v in asdict(changed).items() if v})

    def parts(self) -> dict[str, str]:
        """Give what is filtered by, without the place in the list."""
        return {k: v for k, v in asdict(self).items() if v and k != "after"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that was rejected or failed. `who` is masked; `ended_as` is the submission it became."""

    ref: str
    at: datetime
    way: str
    code: str
    faults: list[dict[str, str]]
    source: str
    sender: str
    who: str
    count: int
    settlement: str
    settled_at: datetime | None
    ended_as: UUID | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Some troubles, and the key of the next page."""

    rows: list[Trouble]
    after: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are by way in and by reason, each within the other filters."""

    total: int
    ways: Mapping[str, int]
    codes: Mapping[str, int]


def wanted(given: Mapping[str, str]) -> Filter:
    """Read a filter from an address or a form; what makes no sense is left out."""
    found = {name: line(given.get(name, ""), 120) for name in ("code", "source", "after")}
    way, state = given.get("way", ""), given.get("state", "")
    return Filter(
        way=way if way in WAYS else "", state=state if state == "settled" else "", **found
    )


def page(viewer: Member, chosen: Filter, size: int = PAGE) -> Page:
    """Give one page, newest first. Raises Denied to all but administrators."""
    if viewer.role != Role.ADMINISTRATOR:
        raise Denied
    return some(chosen, size)


def some(chosen: Filter, size: int) -> Page:
    """Give the next ones after the key, newest first; for the page and for the worker."""
    failed = _beyond(_failures(chosen), "failed_at", FAILED, chosen.after)
    failed = failed.select_related("submission__source", "correction")
    turned_away = _beyond(_rejected(chosen), "at", REJECTED, chosen.after)
    turned_away = turned_away.select_related("source", "token", "form")
    found: list[Failure | Rejected] = [
        *failed.order_by("-failed_at", "-pk")[: size + 1],
        *turned_away.order_by("-at", "-pk")[: size + 1],
    ]
    found.sort(key=_place, reverse=True)
    rows = [_trouble(row) for row in found[:size]]
    last = f"{rows[-1].at.isoformat()}_{rows[-1].ref}" if len(found) > size else ""
    return Page(rows, last)


def counts(chosen: Filter) -> Counts:
    """Count within the filter, each dimension without its own part."""
    by_way: Counter[str] = Counter()
    anyhow = replace(chosen, way="")
    by_way["belt"] = _failures(anyhow).count()
    for form, number in _rejected(anyhow).values_list("form").annotate(n=Count("pk")):
        by_way["form" if form else "api"] += number
    by_code: Counter[str] = Counter()
    whatever = replace(chosen, code="")
    for found in (_failures(whatever), _rejected(whatever)):
        rows: QuerySet[Any, Any] = found
        for code, number in rows.values_list("code").annotate(n=Count("pk")).order_by():
            by_code[code] += number
    total = _failures(chosen).count() + _rejected(chosen).count()
    return Counts(total, by_way, dict(by_code.most_common()))


def one(ref: str) -> Trouble:
    """Give the trouble that a reference names. Raises Missing."""
    kind, key = parsed(ref)
    if kind == FAILED:
        failures = Failure.objects.select_related("submission__source", "correction")
        failure = failures.filter(Q(("pk", key))).first()
        found = _trouble(failure) if failure else None
    else:
        kept = Rejected.objects.select_related("source", "token", "form")
        rejected = kept.filter(Q(("pk", key))).first()
        found = _trouble(rejected) if rejected else None
    if found is None:
        raise Missing
    return found


def parsed(ref: str) -> tuple[str, int | UUID]:
    """Take a reference apart: f-17 is a Failure, r- and a UUID a Rejected. Raises Missing."""
    kind, _, key = ref.partition("-")
    try:
        if kind == FAILED and len(key) <= len(str(2**62)):
            return kind, int(key)
        if kind == REJECTED:
            return kind, UUID(key)
    except ValueError:
        pass
    raise Missing


def _failures(chosen: Filter) -> QuerySet[Failure]:
    found = Failure.objects.filter(settled_at__isnull=chosen.state != "settled")
    if chosen.way not in {"", "belt"}:
        return found.none()
    if chosen.code:
        found = found.filter(code=chosen.code)
    return found.filter(submission__source__key=chosen.source) if chosen.source else found


def _rejected(chosen: Filter) -> QuerySet[Rejected]:
    found = Rejected.objects.filter(settled_at__isnull=chosen.state != "settled")
    if chosen.way:
        is_form = chosen.way == "form"
        found = found.filter(form__isnull=not is_form) if chosen.way != "belt" else found.none()
    if chosen.code:
        found = found.filter(code=chosen.code)
    return found.filter(source__key=chosen.source) if chosen.source else found


def _beyond(found: QuerySet[Row], at: str, kind: str, after: str) -> QuerySet[Row]:
    """Go on after a key; one that cannot be read begins at the start."""
    when, _, ref = after.partition("_")
    try:
        moment = datetime.fromisoformat(when)
        last, key = parsed(ref)
    except (ValueError, Missing):
        return found
    if moment.tzinfo is None:
        return found
    same, below = Q(**{at: moment}), Q(("pk__lt", key))
    earlier = Q(**{f"{at}__lt": moment})
    if last == kind:
        return found.filter(earlier | same & below)
    return found.filter(earlier | same) if kind < last else found.filter(earlier)


def _place(row: Failure | Rejected) -> tuple[datetime, str, int]:
    if isinstance(row, Failure):
        return row.failed_at, FAILED, row.pk
    return row.at, REJECTED, row.pk.int


def _trouble(row: Failure | Rejected) -> Trouble:
    return _failed(row) if isinstance(row, Failure) else _turned_away(row)


def _failed(row: Failure) -> Trouble:
    try:
        raw = encode(open_body(row.submission_id, row.submission.body).lead)
    except SealBroken:
        raw = b""
    is_settled = row.settled_at is not None
    return Trouble(
        ref=f"{FAILED}-{row.pk}",
        at=row.failed_at,
        way="belt",
        code=row.code,
        faults=[],
        source=row.submission.source.name,
        sender=row.error if row.code == "belt_error" else "",
        who=who(raw, row.failed_at),
        count=1,
        settlement=row.settlement,
        settled_at=row.settled_at,
        ended_as=(row.correction_id or row.submission_id) if is_settled else None,
        raw=raw,
    )


def _turned_away(row: Rejected) -> Trouble:
    try:
        raw = bytes(open_kept(row.digest, row.body).lead)
    except SealBroken:
        raw = b""
    return Trouble(
        ref=f"{REJECTED}-{row.pk}",
        at=row.at,
        way="form" if row.form else "api",
        code=row.code,
        faults=row.faults,
        source=row.source.name if row.source else "",
        sender=row.form.title if row.form else row.token.name if row.token else "",
        who=who(raw, row.at),
        count=row.count,
        settlement=row.settlement,
        settled_at=row.settled_at,
        ended_as=row.submission_id,
        raw=raw,
    )


def who(raw: bytes, at: datetime) -> str:
    """Tell whom it is about, masked: the name and a way of reaching them, however incomplete."""
    if not raw:
        return ""
    try:
        texts = salvage(raw, at).texts
    except LeadsRefused:
        return ""
    given = [texts.get(name, "") for name in ("phone", "email", "wechat")]
    found = ways(*(text[:200] for text in given))
    first = next((text for text in given if text.strip()), "")
    reach = mask(found[0].kind, found[0].value) if found else hidden(first)
    return " ".join(part for part in (veil(texts.get("name", "")[:60]), reach) if part)


def hidden(text: str) -> str:
    """Mask what is no way of reaching anybody, or not yet."""
    return f"{text[:UNCLEAR]}****" if text else ""
