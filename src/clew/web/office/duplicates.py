"""Suspected duplicates: compared, merged, told apart; and merges taken apart."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member
from clew.contacts.actions import dismiss
from clew.contacts.belt.merging import Choice
from clew.contacts.errors import ChoiceUnknown, SuspectMissing
from clew.errors import ClewError
from clew.web import pairs
from clew.web.merging import Order, merge, unmerge
from clew.web.office.requests import actor, caller, clock, line

AT_ONCE = 100
SIDES = {"first", "second"}


@dataclass(frozen=True, slots=True)
class Said:
    """What the form says of a pair: which is the main one, whose fields are kept."""

    main: str = "first"
    name: str = "first"
    company: str = "first"
    reason: str = ""
    is_agreed: bool = False


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The list, the likeliest first, and what was merged of late."""
    viewer, now = caller(request), datetime.now(timezone.get_current_timezone())
    only = line(request.GET.get("pair", ""), 20)
    page = pairs.page(viewer, now, only=only, after=line(request.GET.get("after", ""), 30))
    context = {
        "page": page,
        "only": only,
        "is_first": not request.GET.get("after"),
        "next": f"?after={page.after}" if page.after else "",
        "recent": pairs.recent(viewer, now),
    }
    return render(request, "office/duplicates.html", context)


@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Merge one pair as chosen or several as proposed, or remember that they are different people."""
    ids = [
        int(pk) for pk in request.POST.getlist("pair")[:AT_ONCE] if pk.isdecimal() and len(pk) < 18
    ]
    said = _said(request)
    is_merge = request.POST.get("what") == "merge"
    done, refused = 0, []
    for pk in ids:
        try:
            if is_merge:
                _merge(caller(request), pk, said)
            else:
                _tell_apart(request, pk)
            done += 1
        except ClewError as error:
            refused.append(error)
    _report(request, done, refused, is_merge=is_merge)
    return redirect(reverse("office:duplicates"))


@require_POST
def take_apart(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """Undo a merge, and go back to where it was asked for."""
    try:
        done = unmerge(merge_id, viewer=caller(request), now=clock())
    except ClewError as error:
        if error.status == 404:
            raise
        messages.error(request, _(error.message))
    else:
        words = _("Taken apart: two people again.")
        if done.reopened:
            words += " " + _("What the merge had closed is open again.")
        messages.success(request, words)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    try:
        return reverse("pipeline:lead", args=[UUID(request.POST.get("lead", ""))])
    except ValueError:
        return reverse("office:duplicates")


def _said(request: HttpRequest) -> Said:
    sides = {f: request.POST.get(f, "first") for f in ("main", "name", "company")}
    if not set(sides.values()) <= SIDES:
        raise ChoiceUnknown
    reason = line(request.POST.get("reason", ""), 200)
    return Said(**sides, reason=reason, is_agreed=request.POST.get("agreed") == "yes")


def _merge(viewer: Member, suspect_id: int, said: Said) -> None:
    suspect = pairs.suspects(viewer).filter(pk=suspect_id).first()
    if suspect is None:
        raise SuspectMissing
    first, second = pairs.roots_of([suspect])[suspect.pk]
    kept, gone = (first, second) if said.main == "first" else (second, first)
    whose = {said.main: "survivor"}
    choice = Choice(whose.get(said.name, "contact"), whose.get(said.company, "contact"))
    order = Order(gone, kept, choice, said.reason, said.is_agreed)
    merge(order, viewer=viewer, now=clock())


def _tell_apart(request: HttpRequest, suspect_id: int) -> None:
    if not pairs.suspects(caller(request)).filter(pk=suspect_id).exists():
        raise SuspectMissing
    dismiss(suspect_id, actor=actor(request), now=clock())


def _report(request: HttpRequest, done: int, refused: list[ClewError], *, is_merge: bool) -> None:
    if not done and not refused:
        messages.warning(request, _("Nothing was ticked."))
    if done and is_merge:
        words = ngettext("%(n)d pair merged.", "%(n)d pairs merged.", done)
        messages.success(request, words % {"n": done})
    elif done:
        words = ngettext(
            "Noted: %(n)d pair is two people.", "Noted: %(n)d pairs are two people.", done
        )
        messages.success(request, words % {"n": done})
    for message in dict.fromkeys(_(error.message) for error in refused):
        messages.error(request, message)
