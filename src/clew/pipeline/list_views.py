"""The list of leads: filtered, in the reader's columns and order, as a view keeps it."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clew.access.models import Member
from clew.capture.custom import CUSTOM, Choice
from clew.capture.models import Source
from clew.handoff.queries import visible_leads
from clew.pipeline.bulk.actions import AT_MOST
from clew.pipeline.bulk.queries import acts
from clew.pipeline.bulk.wording import ACTS
from clew.pipeline.custom import SPANNED, heading
from clew.pipeline.extract import Column, offered
from clew.pipeline.filters import BESIDE, HISTORY, ME
from clew.pipeline.leads import USUAL, leads
from clew.pipeline.matching import SORTED_AT_MOST, at_most, matching
from clew.pipeline.naming import ORDERS, PERIODS, Names, names, said
from clew.pipeline.saved.actions import show_columns
from clew.pipeline.saved.queries import MOST_COLUMNS, Look, look, may_change, views
from clew.pipeline.stage_wording import CHANNELS, CLOCKS, ENDINGS
from clew.pipeline.wording import GRADES, PLACES

SORTED_BY = {
    "name": ("name",),
    "company": ("company",),
    "grade": ("best",),
    "points": ("best",),
    "opened": ("", "oldest"),
    "strengthened": ("messaged",),
    "next": ("due",),
    "cost": ("cost",),
}
NUMBERS = {"points", "messages", "calls", "cost", "value", "opened"}
TIMES = {"strengthened", "first_contact", "last_contact", "next", "ended"}


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column; with an address where it puts the list into another order."""

    code: str
    label: str | Promise
    is_number: bool
    address: str = ""
    direction: str = ""  # as aria-sort says it


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """List the leads that the member may see."""
    viewer = _viewer(request)
    seen = look(viewer, request.GET.dict())
    wanted = seen.wanted.settled(viewer, timezone.localdate())
    known = names(viewer)
    parts = said(seen.wanted, known)
    chips = [(one, seen.address(**{one.part: ""})) for one in parts]
    page = leads(viewer, wanted, seen.columns)
    figures = {CUSTOM + key for key, field in known.fields.items() if field.kind in SPANNED}
    context = {
        "page": page,
        "seen": seen,
        "wanted": seen.wanted,
        "known": known,
        "chips": chips,
        "headings": list(_headings(seen, offered(), figures)),
        "next": seen.address(after=page.after) if page.after else "",
        "first": seen.address() if wanted.after else "",
        "places": [(code, label, seen.address(place=code)) for code, label in PLACES.items()],
        "grades": [(code, label, seen.address(grade=code)) for code, label in GRADES.items()],
        "every": seen.address(batch=""),
        "sources": Source.objects.filter(is_active=True).order_by("name"),
        "periods": PERIODS.items(),
        "orders": [*ORDERS.items(), *_orders(known)],
        "ends": ENDINGS.items(),
        "channels": CHANNELS.items(),
        "clocks": CLOCKS.items(),
        "beside": [(part, getattr(seen.wanted, part)) for part in BESIDE],
        "me": ME,
        "history": HISTORY,
        "views": list(views(viewer)),
        "fields": _asked(seen, known),
        "may_keep": bool(seen.view and may_change(viewer, seen.view)),
        "filter_count": len(parts),
        "times": TIMES,
        "numbers": NUMBERS | figures,
        "days": {CUSTOM + key for key, field in known.fields.items() if field.kind == "date"},
        "acts": [(act, ACTS[act]) for act in acts(viewer) if act != "field" or known.fields],
        "most": AT_MOST,
        "sorted_at_most": SORTED_AT_MOST,
        "export": reverse("office:new_export") + seen.address(),
    }
    return render(request, "pipeline/leads.html", context)


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """Say how many leads fit, up to what one change may take: a number, or nothing beyond."""
    viewer = _viewer(request)
    wanted = look(viewer, request.GET.dict()).wanted.settled(viewer, timezone.localdate())
    number = at_most(matching(visible_leads(viewer), wanted.beginning), AT_MOST + 1)
    return HttpResponse(str(number) if number <= AT_MOST else "", content_type="text/plain")


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest) -> HttpResponse:
    """Choose and order the columns: for this address, or as one's own from now on."""
    viewer = _viewer(request)
    sent = request.POST.get("state", "") if request.method == "POST" else ""
    query = QueryDict(sent[:4_000]) if request.method == "POST" else request.GET
    seen = look(viewer, query.dict())
    chosen = _chosen(request) if request.method == "POST" else list(seen.columns)
    wish = request.POST.get("do", "")
    if wish == "usual":
        show_columns(chosen, viewer=viewer)
        messages.success(request, _("These are your columns now."))
        return redirect(_address(seen, ""))
    if wish == "reset":
        show_columns([], viewer=viewer)
        return redirect(_address(seen, ""))
    if wish == "show":
        return redirect(_address(seen, ",".join(chosen)))
    known = offered()
    rest = [c for c, column in known.items() if c not in chosen and not column.is_retired]
    context = {
        "seen": seen,
        "offered": [(c, known[c].label, c in chosen) for c in [*_moved(chosen, wish), *rest]],
        "most": MOST_COLUMNS,
    }
    return render(request, "pipeline/columns.html", context)


@dataclass(frozen=True, slots=True)
class AskedField:
    """A custom field in the filter's form: from and until, one of its choices, or words."""

    name: str
    label: str
    kind: str
    choices: tuple[Choice, ...]
    text: str
    first: str
    last: str

    @property
    def is_spanned(self) -> bool:
        """Tell whether it is asked for from and until."""
        return self.kind in SPANNED


def _orders(known: Names) -> Iterator[tuple[str, str]]:
    for key, field in known.fields.items():
        if field.kind in SPANNED and not field.is_retired:
            yield CUSTOM + key, _("%(field)s, largest first") % {"field": field.label}


def _asked(seen: Look, known: Names) -> list[AskedField]:
    given = seen.wanted.parts()
    return [
        AskedField(
            name=CUSTOM + key,
            label=heading(field),
            kind=field.kind,
            choices=field.choices,
            text=given.get(CUSTOM + key, ""),
            first=given.get(f"{CUSTOM}{key}.from", ""),
            last=given.get(f"{CUSTOM}{key}.until", ""),
        )
        for key, field in known.fields.items()
        if not field.is_retired
    ]


def _chosen(request: HttpRequest) -> list[str]:
    sent = dict.fromkeys(request.POST.getlist("column")[:100])
    known = offered()
    return [code for code in sent if code in known][:MOST_COLUMNS] or list(USUAL)


def _moved(chosen: list[str], wish: str) -> list[str]:
    """Move one column up or down by a step, where the page is used without scripts."""
    way, _sign, code = wish.partition(":")
    if code not in chosen or way not in {"up", "down"}:
        return chosen
    at = chosen.index(code)
    to = max(0, at - 1) if way == "up" else at + 1
    rest = [other for other in chosen if other != code]
    return [*rest[:to], code, *rest[to:]]


def _address(seen: Look, given: str) -> str:
    shown = Look(wanted=seen.wanted, columns=(), given=given, view=seen.view)
    return reverse("pipeline:leads") + shown.address()


def _headings(
    seen: Look, known: Mapping[str, Column], figures: Container[str]
) -> Iterator[Heading]:
    """Head the columns; where one sorts both ways, its address is the other way."""
    for code in ("name", *seen.columns):
        ways = (code,) if code in figures else SORTED_BY.get(code, ())
        is_here = seen.wanted.sort in ways
        following = [way for way in ways if not (is_here and way == seen.wanted.sort)]
        is_rising = seen.wanted.sort in {"oldest", "due", "name", "company"}
        yield Heading(
            code=code,
            label=known[code].label,
            is_number=code in NUMBERS or code in figures,
            address=seen.address(sort=following[0]) if following else "",
            direction=("ascending" if is_rising else "descending") if is_here else "",
        )


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)
