"""What was rejected on any way in, or failed on the belt: looked at, settled, taken away as a sheet."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Token
from clew.base.models import Refusal
from clew.capture.actions import reruns
from clew.capture.models import Import, ImportRow, Rerun, Source
from clew.capture.rejections import NOT_KEPT
from clew.web.office import takeaway, troubles
from clew.web.office.reasons import Reason, fault_words, reason
from clew.web.office.requests import actor, caller, clock, refusal
from clew.web.office.settling import AT_ONCE
from clew.web.office.settling import settle as settle_one
from clew.web.office.troubles import Filter, Trouble

RECENT = timedelta(days=30)
MOST_KINDS = 50
MOST_FILES = 20
WAYS: dict[str, str | Promise] = {
    "": gettext_lazy("All"),
    "api": gettext_lazy("API"),
    "form": gettext_lazy("Forms"),
    "belt": gettext_lazy("Belt"),
    "file": gettext_lazy("Files"),
}
STATES = {"": pgettext_lazy("state", "Open"), "settled": gettext_lazy("Settled")}
SETTLEMENTS = {
    "replayed": gettext_lazy("replayed"),
    "corrected": gettext_lazy("corrected"),
    "arrived": gettext_lazy("sent again by its sender"),
    "dismissed": gettext_lazy("put aside"),
}
DOORS = {"api": gettext_lazy("API"), "form": gettext_lazy("Form")}


@dataclass(frozen=True, slots=True)
class Shown:
    """A trouble in words."""

    trouble: Trouble
    reason: Reason
    faults: list[str]
    settlement: str | Promise


@dataclass(frozen=True, slots=True)
class Chip:
    """One choice of a filter."""

    words: str | Promise
    count: int | None
    address: str
    is_chosen: bool


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The list with its filters, the files with refused rows, and what left nothing but a number."""
    viewer, chosen, now = caller(request), troubles.wanted(request.GET), clock()
    if request.GET.get("way") == "file":
        return render(request, "office/failures.html", _frame(chosen, "file", now))
    found = troubles.page(viewer, chosen)
    sums = troubles.counts(chosen)
    context = {
        **_frame(chosen, chosen.way, now, sums),
        "rows": [_in_words(row) for row in found.rows],
        "total": sums.total,
        "next": chosen.address(after=found.after) if found.after else "",
        "first": chosen.address() if chosen.after else "",
        "is_bulk": sums.total > AT_ONCE,
        "rerun": _rerun(now),
    }
    return render(request, "office/failures.html", context)


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Replay or dismiss those that are ticked, or all that fit the filter."""
    what, _, is_all = request.POST.get("what", "").partition("_")
    what = Rerun.What.DISMISS if what == "dismiss" else Rerun.What.REPLAY
    chosen = troubles.wanted(request.POST)
    if is_all and troubles.counts(chosen).total > AT_ONCE:
        _begin(request, what, chosen)
    else:
        refs = request.POST.getlist("trouble")[:AT_ONCE]
        if is_all:
            refs = [row.ref for row in troubles.some(replace(chosen, after=""), AT_ONCE).rows]
        now, by = clock(), actor(request)
        done = sum(settle_one(ref, what, actor=by, now=now) for ref in refs)
        _tell(request, what, done, len(refs) - done)
    return redirect(reverse("office:failures") + chosen.address())


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a sheet: masked, or in full for a purpose that is recorded."""
    chosen = troubles.wanted(request.POST)
    purpose = request.POST.get("purpose", "")
    content = takeaway.sheet_of(caller(request), chosen, purpose, clock())
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="failures.csv"'
    return response


def _frame(
    chosen: Filter, way: str, now: datetime, sums: troubles.Counts | None = None
) -> dict[str, Any]:
    """What the page shows around the list."""
    files = _files() if way in {"", "file"} else []
    number = {} if sums is None else {**sums.ways, "": sum(sums.ways.values())}
    addresses = {name: chosen.address(way=name) for name in WAYS}
    ways = [Chip(w, number.get(n), addresses[n], n == way) for n, w in WAYS.items()]
    states = [Chip(w, None, chosen.address(state=n), n == chosen.state) for n, w in STATES.items()]
    codes = [
        Chip(reason(code).title, n, chosen.address(code=code), code == chosen.code)
        for code, n in (sums.codes if sums else {}).items()
    ]
    return {
        "chosen": chosen,
        "way": way,
        "ways": ways,
        "states": states,
        "codes": codes,
        "sources": Source.objects.order_by("name"),
        "clear": Filter(state=chosen.state).address(),
        "every_reason": chosen.address(code=""),
        "files": files,
        "refusals": _refusals(now),
        "purposes": takeaway.PURPOSES,
    }


def _in_words(row: Trouble) -> Shown:
    names = takeaway.FIELDS
    faults = [
        f"{names.get(f['field'], f['field'])}: {fault_words(f['code'])}"
        if f["field"]
        else fault_words(f["code"])
        for f in row.faults
        if f["field"] or f["code"] != row.code
    ]
    return Shown(row, reason(row.code), faults, SETTLEMENTS.get(row.settlement, ""))


def _files() -> list[tuple[Import, int, str]]:
    """The newest files with refused rows: how many there are, and where to see them."""
    bad = ImportRow.objects.filter(verdict=ImportRow.Verdict.ERROR)
    newest = Import.objects.filter(Exists(bad.filter(batch=OuterRef("pk"))))
    newest = newest.select_related("source").order_by("-created_at")[:MOST_FILES]
    found = list(newest)
    rows = bad.filter(batch__in=[one.pk for one in found]).values_list("batch").order_by()
    number = dict(rows.annotate(n=Count("number")))
    return [(one, number.get(one.pk, 0), _address_of(one)) for one in found]


def _address_of(one: Import) -> str:
    try:
        return reverse("office:import", args=[one.pk])
    except NoReverseMatch:
        return ""


def _refusals(now: datetime) -> list[dict[str, Any]]:
    """What was turned away and left nothing but a number, by door, reason and sender."""
    times = Coalesce(Cast(KT("details__count"), models.BigIntegerField()), 1)
    recent = Refusal.objects.filter(at__gt=now - RECENT)
    by_kind = recent.values("door", "code", "actor_kind", "actor_id")
    rows = list(
        by_kind.annotate(times=Sum(times), newest=Max("at")).order_by("-newest")[:MOST_KINDS]
    )
    tokens = dict(Token.objects.values_list("pk", "name"))
    return [
        {
            **row,
            "door": DOORS.get(row["door"], row["door"]),
            "reason": reason(row["code"]),
            "is_lost": row["code"] == NOT_KEPT,
            "sender": _sender(row["actor_kind"], row["actor_id"], tokens),
        }
        for row in rows
    ]


def _sender(kind: str, key: str, tokens: dict[int, str]) -> str:
    if kind == "token" and key.isdecimal():
        return tokens.get(int(key), key)
    return _("nobody we know") if kind == "visitor" else kind


def _rerun(now: datetime) -> Rerun | None:
    """The last one, while it goes on and a little longer."""
    shown = Q(ended_at__isnull=True) | Q(ended_at__gt=now - timedelta(minutes=10))
    return Rerun.objects.filter(shown).order_by("-started_at").first()


def _begin(request: HttpRequest, what: str, chosen: Filter) -> None:
    total = troubles.counts(chosen).total
    error = refusal(
        request,
        lambda: reruns.begin(what, chosen.parts(), total, actor=actor(request), now=clock()),
    )
    if error:
        messages.error(request, _(error.message))
    else:
        messages.success(request, _("It goes on in the background; this page shows how far it is."))


def _tell(request: HttpRequest, what: str, done: int, left: int) -> None:
    if not done + left:
        messages.warning(request, _("Nothing was ticked."))
        return
    if done and what == Rerun.What.REPLAY:
        words = ngettext("%(n)d goes through again.", "%(n)d go through again.", done)
        messages.success(request, words % {"n": done})
    elif done:
        words = ngettext("%(n)d was put aside.", "%(n)d were put aside.", done)
        messages.success(request, words % {"n": done})
    if left:
        words = ngettext(
            "%(n)d stays: it is still wrong and wants to be corrected, or somebody was faster.",
            "%(n)d stay: they are still wrong and want to be corrected, or somebody was faster.",
            left,
        )
        messages.warning(request, words % {"n": left})
