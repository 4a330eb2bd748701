"""The pages of a lead: looking at it, calling, planning, ending it, giving it on."""

from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clew.access.models import Member
from clew.base.ledger import Actor
from clew.contacts.actions import reveal as reveal_identifiers
from clew.contacts.queries import facts_of
from clew.errors import Conflict, Invalid
from clew.grading.models import Level
from clew.handoff.actions import leads as handoff
from clew.handoff.errors import SeatMissing
from clew.handoff.pools.claiming import is_unopened, veil
from clew.handoff.pools.queries import pools
from clew.handoff.queries import placement_of, trace, visible_lead
from clew.pipeline import pool_views
from clew.pipeline.actions import leads as actions
from clew.pipeline.actions.worth import WorthIn
from clew.pipeline.actions.worth import correct_worth as correct
from clew.pipeline.clocks.actions import reassign
from clew.pipeline.credit import credit
from clew.pipeline.dossier import colleagues, dossier
from clew.pipeline.duplicates import elsewhere
from clew.pipeline.errors import (
    BackReasonUnknown,
    EndUnknown,
    LeadNotClaimed,
    NextTimeMissing,
    NoteTooLong,
    ValueUnreadable,
    WorthUnsaid,
)
from clew.pipeline.forms import (
    AssignForm,
    BackForm,
    CallForm,
    CloseForm,
    CorrectWorthForm,
    FactsForm,
    FieldsForm,
    PlanForm,
)
from clew.pipeline.meetings.queries import panel
from clew.pipeline.plays.queries import on_lead
from clew.pipeline.plays.speaking import prompt
from clew.pipeline.plays.wording import CHANNEL_WORDS, KIND_WORDS
from clew.pipeline.queue.late import seal_key
from clew.pipeline.queue.queries import DAY, neighbours_in, next_call
from clew.pipeline.recycling.wording import warning
from clew.pipeline.schemas import Sheet
from clew.pipeline.sheet import SheetShown, shown, times
from clew.pipeline.wording import (
    BACK,
    ENDS,
    EXCLUDED,
    EXCLUSION_ICONS,
    EXCLUSIONS,
    PURPOSES,
    REASONS,
    RESULTS,
    moment,
    word,
)

FRAGMENT = "X-Fragment"
LONGEST_LIST = 4_000  # characters


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Begin with the day."""
    return redirect("pipeline:my_day")


@require_GET
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show a lead."""
    return lead_page(request, lead_id)


@require_GET
def why(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show why a lead went where it went."""
    viewer = _viewer(request)
    found = visible_lead(viewer, lead_id)
    decided = trace(viewer, lead_id)
    context = {
        "lead": found,
        "trace": decided,
        "reason": word(REASONS, decided.reason),
        "sieve": [
            (EXCLUSIONS[code], EXCLUSION_ICONS[code], before, after)
            for code, before, after in decided.sieve
        ],
        "candidates": [(c, word(EXCLUDED, c.excluded)) for c in decided.candidates],
        "left": sum(not c.excluded for c in decided.candidates),
        "waited": next((c.waited_seconds for c in decided.candidates if c.is_chosen), 0) // 60,
    }
    name = "pipeline/_why.html" if request.headers.get(FRAGMENT) else "pipeline/why.html"
    return render(request, name, context)


@require_POST
def reveal(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show the full numbers, on the record."""
    viewer = _viewer(request)
    found = visible_lead(viewer, lead_id)
    place = placement_of(found.pk)
    if veil(viewer).hides(place) or is_unopened(viewer, place, _now()):
        raise LeadNotClaimed
    purpose = request.POST.get("purpose", "")
    numbers = reveal_identifiers(found, purpose=purpose, actor=_actor(viewer), now=_now())
    if request.headers.get(FRAGMENT):
        return render(request, "pipeline/_numbers.html", {"numbers": numbers})
    return lead_page(request, found.pk, numbers=numbers)


@require_http_methods(["GET", "POST"])
def call(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show the call sheet, or keep what it says and go on to the next call."""
    viewer, now = _viewer(request), _now()
    if request.method == "GET":
        place = placement_of(visible_lead(viewer, lead_id).pk)
        if is_unopened(viewer, place, now):
            return redirect("pipeline:lead", place.lead_id)
        sheet = shown(viewer, lead_id, now, chosen=request.GET.get("result", ""))
        return render(request, "pipeline/call.html", _sheet(sheet, lead_id))
    form = CallForm(request.POST)
    try:
        if not form.is_valid():
            return _sheet_again(request, lead_id, str(next(iter(form.errors.values()))[0]))
        sent = form.call(now)
        actions.log_call(lead_id, sent, member=viewer, now=now)
    except Invalid as mistake:
        return _sheet_again(request, lead_id, mistake.message)
    messages.success(request, _kept(sent, now))
    following = next_call(viewer, now, after=lead_id)
    if request.POST.get("go") == "next" and following:
        return redirect(reverse("pipeline:call", args=[following]) + "#dial")
    return redirect("pipeline:my_day")


@require_POST
def draft(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Keep a call sheet that is not saved yet."""
    actions.keep_draft(lead_id, _typed(request), member=_viewer(request), now=_now())
    return HttpResponse(status=204)


@require_POST
def plan(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Set another time for the next contact."""
    viewer, now, form = _viewer(request), _now(), PlanForm(request.POST)
    visible_lead(viewer, lead_id)
    if not form.is_valid():
        raise NextTimeMissing
    due_at = form.due_at(now)
    actions.plan(lead_id, due_at, member=viewer, now=now)
    messages.success(request, _("Next contact %(time)s") % {"time": moment(due_at, now=now)})
    if request.POST.get("back") == DAY:
        return redirect("pipeline:my_day")
    return redirect("pipeline:lead", lead_id)


@require_POST
def close(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """End a lead."""
    viewer, form = _viewer(request), CloseForm(request.POST)
    visible_lead(viewer, lead_id)
    if not form.is_valid():
        raise EndUnknown if "reason" in form.errors else ValueUnreadable
    reason = form.cleaned_data["reason"]
    actions.close_lead(
        lead_id,
        reason=reason,
        member=viewer,
        now=_now(),
        value_minor=form.minor("value"),
        margin_minor=form.minor("margin"),
    )
    messages.success(request, _("Closed: %(reason)s") % {"reason": word(ENDS, reason)})
    return redirect("pipeline:my_day")


@require_POST
def correct_worth(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Correct what a won lead came to; where somebody was faster, say so on its page."""
    viewer, form = _viewer(request), CorrectWorthForm(request.POST)
    found = visible_lead(viewer, lead_id)
    if not form.is_valid():
        raise ValueUnreadable if {"value", "margin"} & form.errors.keys() else WorthUnsaid
    reason, seen = form.cleaned_data["reason"], form.cleaned_data["seen"]
    said = WorthIn(form.minor("value"), form.minor("margin"), reason, seen)
    try:
        correct(found.pk, said, member=viewer, now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
    return redirect("pipeline:lead", found.pk)


@require_POST
def give_back(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Give a lead back to the pool of its team; where somebody was faster, say so on its page."""
    viewer, form = _viewer(request), BackForm(request.POST)
    found = visible_lead(viewer, lead_id)
    if not form.is_valid():
        raise NoteTooLong if "note" in form.errors else BackReasonUnknown
    reason, note = form.cleaned_data["reason"], form.cleaned_data["note"]
    try:
        actions.give_back(found.pk, reason=reason, note=note, member=viewer, now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
        return redirect("pipeline:lead", found.pk)
    messages.success(request, _("Back in the pool: %(reason)s") % {"reason": word(BACK, reason)})
    return redirect("pipeline:my_day")


@require_POST
def assign(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Give the lead to somebody of the teams that the member leads; where somebody was faster, change nothing."""
    viewer, form = _viewer(request), AssignForm(request.POST)
    found = visible_lead(viewer, lead_id)
    seats = {seat.seat_id: seat for seat in colleagues(viewer)}
    chosen = seats.get(form.cleaned_data["seat_id"]) if form.is_valid() else None
    if chosen is None:
        raise SeatMissing
    stands = form.cleaned_data["stands"]
    try:
        reassign(found.pk, seat_id=chosen.seat_id, stands=stands, member=viewer, now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("Given to %(name)s") % {"name": chosen.name})
    return redirect("pipeline:lead", found.pk)


@require_POST
def reopen(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Take a closed lead up again."""
    viewer = _viewer(request)
    found = visible_lead(viewer, lead_id)
    handoff.reopen(found.pk, actor=_actor(viewer), now=_now())
    return redirect("pipeline:lead", found.pk)


def lead_page(
    request: HttpRequest,
    lead_id: UUID,
    *,
    numbers: list[tuple[str, str]] | None = None,
    fields: FieldsForm | None = None,
    facts: FactsForm | None = None,
) -> HttpResponse:
    """The page of a lead: with full numbers, or with what was wrong in what was sent.

    Of one in a pool where looks are counted, only what kind it is until they look closer.
    """
    now = _now()
    found = dossier(_viewer(request), lead_id, now)
    if is_unopened(_viewer(request), found.placement, now):
        return pool_views.unopened(request, found)
    in_use = [one for one in found.fields if not one.is_retired]
    context = {
        "dossier": found,
        "plays": on_lead(found.lead.pk),
        "kinds": KIND_WORDS,
        "channels": CHANNEL_WORDS,
        "beside": neighbours_in(
            _viewer(request), lead_id, request.GET.get("list", "")[:LONGEST_LIST], now
        ),
        "elsewhere": elsewhere(found.lead, _viewer(request)),
        "ended": word(ENDS, found.placement.reason) if not found.may_change else "",
        "back_at": warning(found.lead.pk, now) if found.is_workable else "",
        "credit": credit(_viewer(request), found),
        "now": now,
        "meeting": panel(_viewer(request), found.lead, now),
        "numbers": numbers,
        "purposes": PURPOSES.items(),
        "ends": [(code, ENDS[code]) for code in actions.ENDS],
        "back": [(code, BACK[code]) for code in actions.BACK],
        "times": times(now),
        "colleagues": colleagues(_viewer(request)),
        "pools": pools(_viewer(request)) if found.is_in_pool else [],
        "levels": sorted(Level, reverse=True),
        "fields": fields or FieldsForm(None, fields=in_use, held=found.lead.custom),
        "facts": facts or FactsForm(None, held=facts_of(found.lead)),
    }
    status = Invalid.status if fields or facts else 200
    return render(request, "pipeline/lead.html", context, status=status)


def _typed(request: HttpRequest) -> Sheet:
    """Give a call sheet as it was sent, whatever it holds; an id that is none gives way to a new one."""
    sent = {
        name: request.POST.get(name, "")[: actions.NOTE_AT_MOST] for name in Sheet.__struct_fields__
    }
    try:
        call_id = UUID(sent.pop("call_id"))
    except ValueError:
        call_id = None
    return msgspec.convert(sent | {"call_id": call_id}, Sheet)


def _sheet_again(request: HttpRequest, lead_id: UUID, error: str) -> HttpResponse:
    """Show the sheet with what was typed and what is wrong with it; of a lead not looked into yet, its page."""
    viewer = _viewer(request)
    place = placement_of(visible_lead(viewer, lead_id).pk)
    if is_unopened(viewer, place, _now()):
        return redirect("pipeline:lead", place.lead_id)
    sheet = shown(viewer, lead_id, _now(), typed=_typed(request))
    context = _sheet(sheet, lead_id) | {"error": _(error)}
    return render(request, "pipeline/call.html", context, status=Invalid.status)


def _sheet(sheet: SheetShown, lead_id: UUID) -> dict[str, object]:
    return {"sheet": sheet, "prompt": prompt(lead_id), "seal": seal_key()}


def _kept(sent: actions.CallIn, now: datetime) -> str:
    result = word(RESULTS, sent.result)
    if sent.next_at is None or sent.result in actions.FINAL:
        return _("Kept: %(result)s. The lead is closed.") % {"result": result}
    words = {"result": result, "time": moment(sent.next_at, now=now)}
    return _("Kept: %(result)s. Next contact %(time)s") % words


def _actor(viewer: Member) -> Actor:
    return Actor("member", str(viewer.pk))


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
