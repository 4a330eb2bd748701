"""Correcting what was rejected or failed, and sending it on as a new submission."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clew.base.json import dumps
from clew.capture.actions import failures, rejections
from clew.capture.actions.leads import SKEW
from clew.capture.errors import LeadsRefused
from clew.capture.models import Source
from clew.capture.rules import encode
from clew.capture.salvage import Salvaged, salvage
from clew.capture.schemas import LeadIn
from clew.errors import ClewError
from clew.web.office import troubles
from clew.web.office.forms import LeadForm
from clew.web.office.reasons import fault_words, reason
from clew.web.office.requests import actor, clock, refusal
from clew.web.office.troubles import Trouble


@require_POST
def show(request: HttpRequest, trouble: str) -> HttpResponse:
    """All that was sent, in fields to correct, with the faults at them. That somebody looked is recorded."""
    found, now = troubles.one(trouble), clock()
    if found.settlement:
        messages.warning(request, _("Somebody has settled this already."))
        return redirect(_back(request))
    _kind, key = troubles.parsed(trouble)
    if isinstance(key, int):
        lead = failures.open_failure(key, actor=actor(request), now=now)
        given = salvage(encode(lead), now + SKEW)
    else:
        given = rejections.open_rejected(key, actor=actor(request), now=now)
    form = _form({"message": "", **given.texts})
    for fault in found.faults:
        _add(form, fault["field"], fault["code"])
    return _page(request, found, form, given)


@require_POST
def correct(request: HttpRequest, trouble: str) -> HttpResponse:
    """Send it on, once however often the button is clicked; what is still wrong is shown at its field."""
    found, now = troubles.one(trouble), clock()
    given = salvage(found.raw, now + SKEW)
    form, error = _form(request.POST), None
    if form.is_valid():
        texts = {**form.cleaned_data, "source": form.cleaned_data["source"].key}
        lead = given.corrected(texts)
        error = refusal(request, lambda: _send(request, found, lead))
        if error is None:
            messages.success(
                request, _("It was sent on as a new submission; what was wrong is settled.")
            )
            return redirect(_back(request))
    if isinstance(error, LeadsRefused):
        for fault in error.faults:
            _add(form, fault.field, fault.code)
        error = None
    return _page(request, found, form, given, error=error, status=422)


def _send(request: HttpRequest, found: Trouble, lead: LeadIn) -> None:
    _kind, key = troubles.parsed(found.ref)
    if isinstance(key, int):
        failures.correct(key, lead, actor=actor(request), now=clock())
    else:
        rejections.correct(key, lead, actor=actor(request), now=clock())


def _form(data: Any) -> LeadForm:
    form = LeadForm(data)
    form.fields["source"].queryset = Source.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
    return form


def _add(form: LeadForm, field: str, code: str) -> None:
    is_ours = field in form.fields
    words = fault_words(code) if is_ours or not field else f"{field}: {fault_words(code)}"
    if words not in form.errors.get(field if is_ours else "__all__", []):
        form.add_error(field if is_ours else None, ValidationError(words))


def _back(request: HttpRequest) -> str:
    return reverse("office:failures") + troubles.wanted(request.POST).address()


def _page(
    request: HttpRequest,
    found: Trouble,
    form: LeadForm,
    given: Salvaged,
    *,
    error: ClewError | None = None,
    status: int = 200,
) -> HttpResponse:
    carried = {**_carried(given.rest), **given.left}
    context = {
        "trouble": found,
        "reason": reason(found.code),
        "form": form,
        "error": error,
        "carried": [(name, v if isinstance(v, str) else dumps(v)) for name, v in carried.items()],
        "back": troubles.wanted(request.POST),
    }
    return render(request, "office/correct.html", context, status=status)


def _carried(rest: LeadIn) -> dict[str, Any]:
    named = ((name, getattr(rest, name)) for name in rest.__struct_fields__)
    return {name: value for name, value in named if value}
