"""Hosted forms: one way of reaching the person, and one question after it.

A form is not protected by a cookie but by its signed ticket, since many browsers inside other apps
keep no cookies. Whatever goes wrong, what was typed stays in the fields.
"""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from clew.base.away import AWAY
from clew.base.ledger import Actor
from clew.base.sealing import lookup
from clew.capture import tickets
from clew.capture.actions import failures, leads, rejections, visits
from clew.capture.errors import (
    AnswersWrong,
    FieldsWrong,
    FormOverrun,
    LeadsRefused,
    TooFast,
    TooManyVisits,
    TooOld,
)
from clew.capture.forms import Asked, AskForm
from clew.capture.models import ConsentText, Form, FormField, Submission
from clew.capture.queries import defined
from clew.capture.rejections import Doorway
from clew.capture.rules import PROOF_BITS, answer_key, as_typed, encode, is_proven, work_bits
from clew.capture.schemas import ConsentIn, LeadIn
from clew.errors import ClewError, Missing, Unavailable

VISITOR = Actor("visitor")
LEAST_TIME = timedelta(seconds=3)  # nobody types a number faster, unless the browser fills it in
MOST_PROVEN = 200  # sendings in ten minutes from one address: a trade fair shares one
MOST_UNPROVEN = 8
LONGEST_AGENT = 300

_seen: dict[str, Form] = {}  # as last read, for the time that the database is away


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent, with its valid ticket."""

    page: Form
    form: AskForm
    ticket: tickets.Ticket
    is_proven: bool


def clock() -> datetime:
    """The time at this edge."""
    return datetime.now(UTC)


@csrf_exempt  # the signed ticket takes its place
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form, or store what was sent and go on to the thanks."""
    page, now = _page(slug), clock()
    if request.method != "POST":
        return _show(request, page, AskForm(asked=_asked(page)), now)
    form = AskForm(request.POST, _asked(page))
    try:
        submission_id = _store(request, _sent(request, page, form, now), now)
    except ClewError as error:
        _refuse(request, page, form, error, now)
        return _show(request, page, form, now, error)
    reference = tickets.refer(submission_id)
    return HttpResponseRedirect(reverse("capture:thanks", args=[slug, reference]), status=303)


@csrf_exempt  # the signed reference takes its place
@require_http_methods(["GET", "HEAD", "POST"])
def thank(request: HttpRequest, slug: str, ref: str) -> HttpResponse:
    """Say what happens next and ask the one further question. An answer is kept once."""
    page, first = _page(slug), tickets.resolve(ref)
    if first is None:
        raise Missing
    error: ClewError | None = None
    if request.method == "POST":
        answer = request.POST.get("answer", "")
        if answer in page.options:
            followup = leads.Followup(page.question, answer)
            leads.follow_up(first, followup, evidence=_evidence(request), now=clock())
            return HttpResponseRedirect(request.path, status=303)
        error = FieldsWrong()
    is_answered = Submission.objects.filter(
        source_id=page.source_id, external_id=answer_key(first)
    ).exists()
    context = {"page": page, "is_answered": is_answered, "error": error}
    return render(request, "capture/thanks.html", context, status=error.status if error else 200)


def _page(slug: str) -> Form:
    """The form as the operator made it; as last seen where the database is away."""
    fields = FormField.objects.select_related("field").order_by("position", "pk")
    pages = Form.objects.select_related("organisation", "source", "consent_text").prefetch_related(
        Prefetch("fields", fields)
    )
    try:
        page = pages.filter(slug=slug, is_active=True).first()
    except AWAY as lost:
        if slug not in _seen:
            raise Unavailable from lost
        return _seen[slug]
    if page is None:
        raise Missing
    _seen[slug] = page
    return page


def _asked(page: Form) -> list[Asked]:
    """The custom fields that the form asks for."""
    return [Asked(defined(one.field), one.is_required) for one in page.fields.all()]


def _sent(request: HttpRequest, page: Form, form: AskForm, now: datetime) -> Sent:
    """Look at what was sent. Raises TooOld, TooFast, FieldsWrong, AnswersWrong."""
    ticket = tickets.read(request.POST.get("ticket", ""), page.slug, now)
    if ticket is None or _is_foreign(request):
        raise TooOld
    proven = is_proven(ticket.nonce, request.POST.get("proof", ""), ticket.bits)
    is_trapped = bool(request.POST.get("company_site"))
    if is_trapped or (not proven and now - ticket.shown_at < LEAST_TIME):
        raise TooFast
    if not form.is_valid():
        raise FieldsWrong if {"reach", "message"} & form.errors.keys() else AnswersWrong
    return Sent(page, form, ticket, proven)


def _is_foreign(request: HttpRequest) -> bool:
    """Was this sent by a page of another site?"""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    own = f"{request.scheme}://{request.get_host()}"
    origin = request.headers.get("Origin", own)
    return origin not in {own, "null", *settings.CSRF_TRUSTED_ORIGINS}


def _store(request: HttpRequest, sent: Sent, now: datetime) -> UUID:
    """Store the lead once. Raises TooManyVisits, FormOverrun, FieldsWrong, Unavailable."""
    try:
        most = MOST_PROVEN if sent.is_proven else MOST_UNPROVEN
        address = visits.network(str(request.META.get("REMOTE_ADDR", "")))
        visits.visit(lookup(address, "form address"), most=most, now=now)
        visits.note_sending(sent.page.slug, is_proven=sent.is_proven, now=now)
        shown = ConsentText.objects.get(pk=sent.ticket.text_id)
    except AWAY as lost:
        raise Unavailable from lost
    evidence = {
        **_evidence(request),
        "wording": _wording(shown),
        "shown_at": sent.ticket.shown_at.isoformat(),
        "proof": "work" if sent.is_proven else "time",
    }
    try:
        ids = leads.receive(
            [_lead(request, sent, shown, now)],
            channel=Submission.Channel.FORM,
            actor=VISITOR,
            evidence=evidence,
            now=now,
        )
    except LeadsRefused as refused:
        raise FieldsWrong from refused
    return ids[0]


def _lead(request: HttpRequest, sent: Sent, shown: ConsentText, now: datetime) -> LeadIn:
    draft, ticket = sent.form.draft, sent.ticket
    lines = (draft.message, sent.form.cleaned_data["message"])
    return LeadIn(
        source=sent.page.source.key,
        external_id=ticket.nonce,
        name=draft.name,
        phone=draft.phone,
        email=draft.email,
        wechat=draft.wechat,
        company=draft.company,
        region=draft.region,
        message="\n".join(line for line in lines if line),
        utm=ticket.utm,
        page=request.build_absolute_uri(request.path),
        referrer=ticket.referrer,
        consents=[ConsentIn(shown.purpose, str(shown.version), now)],
        custom=sent.form.custom,
    )


def _show(
    request: HttpRequest,
    page: Form,
    form: AskForm,
    now: datetime,
    error: ClewError | None = None,
) -> HttpResponse:
    """The form with what was typed. A ticket that still holds is kept, and so is its nonce."""
    known = tickets.read(request.POST.get("ticket", ""), page.slug, now)
    ticket = known or _ticket(request, page, now)
    context = {
        "page": page,
        "form": form,
        "error": error,
        "ticket": tickets.sign(ticket),
        "nonce": ticket.nonce,
        "bits": ticket.bits,
        "wording": _wording(page.consent_text),
    }
    response = render(request, "capture/form.html", context, status=error.status if error else 200)
    if isinstance(error, TooManyVisits | FormOverrun):
        response.headers["Retry-After"] = "600"
    return response


def _ticket(request: HttpRequest, page: Form, now: datetime) -> tickets.Ticket:
    """A new ticket. How much work it asks for hangs on how much is being sent."""
    bits = PROOF_BITS
    with contextlib.suppress(*AWAY):
        bits = work_bits(visits.sent_lately(page.slug, now))
    tags, referrer = request.GET.dict(), request.headers.get("Referer", "")
    return tickets.show(page.slug, page.consent_text_id, tags, referrer, now, bits=bits)


def _wording(text: ConsentText) -> str:
    """The consent text in the reader's language, else in the one there is."""
    wording: dict[str, str] = text.wording
    return str(wording.get(get_language() or "") or next(iter(wording.values()), ""))


def _evidence(request: HttpRequest) -> dict[str, str]:
    return {
        "ip": request.META.get("REMOTE_ADDR", ""),
        "user_agent": request.headers.get("User-Agent", "")[:LONGEST_AGENT],
        "language": get_language() or "",
    }


def _refuse(
    request: HttpRequest, page: Form, form: AskForm, error: ClewError, now: datetime
) -> None:
    """Note the refusal and keep what was typed, unless the database is what is missing."""
    with contextlib.suppress(*AWAY):
        if isinstance(error, Unavailable):
            return
        failures.refuse("form", error.code, {"form": page.slug}, VISITOR, now)
        ticket = tickets.read(request.POST.get("ticket", ""), page.slug, now)
        typed = as_typed(request.POST.get("reach", ""), request.POST.get("message", ""))
        if not typed:
            return
        at = Doorway(_evidence(request), now, form=page.pk)
        form.full_clean()
        answers = {"custom": form.custom, "extra": form.unread}
        lead = {"source": page.source.key, **typed, **answers, **_shown(ticket, now)}
        name = ticket.nonce if ticket else ""
        rejections.keep(encode(lead), error.code, [], at=at, name=name)


def _shown(ticket: tickets.Ticket | None, now: datetime) -> dict[str, Any]:
    """What the ticket of a refused form tells: from where, and under which wording it was sent."""
    if ticket is None:
        return {}
    texts = ConsentText.objects.filter(pk=ticket.text_id)
    consents = [ConsentIn(text.purpose, str(text.version), now) for text in texts]
    told = {"external_id": ticket.nonce, "utm": ticket.utm, "referrer": ticket.referrer}
    return {**told, "consents": consents}
