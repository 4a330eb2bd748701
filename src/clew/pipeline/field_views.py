"""Correcting one lead on its page: the operator's own fields, the product group, the region."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clew.access.models import Member
from clew.base.json import dumps
from clew.capture.custom import written
from clew.capture.inputs import PREFIX
from clew.capture.queries import definitions
from clew.contacts.errors import ValuesChanged
from clew.contacts.queries import facts_of
from clew.handoff.queries import visible_lead
from clew.pipeline.actions import fields as actions
from clew.pipeline.forms import FactsForm, FieldsForm
from clew.pipeline.views import lead_page


@require_POST
def set_fields(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Keep what was typed; what cannot be read is shown at its field, with all that was typed."""
    viewer = cast(Member, request.user)
    lead = visible_lead(viewer, lead_id)
    fields = definitions()
    form = FieldsForm(request.POST, fields=fields, held=lead.custom)
    if not form.is_valid():
        return lead_page(request, lead.pk, fields=form)
    values, shown = form.changes()
    now = datetime.now(timezone.get_current_timezone())
    try:
        changed = actions.set_fields([lead.pk], values, shown=shown, member=viewer, now=now)
    except ValuesChanged as meanwhile:
        now_held = visible_lead(viewer, lead.pk).custom
        again = FieldsForm(_again(request, now_held, values), fields=fields, held=now_held)
        again.add_error(None, _(meanwhile.message))
        return lead_page(request, lead.pk, fields=again)
    if changed:
        messages.success(request, _("Kept."))
    return redirect("pipeline:lead", lead.pk)


@require_POST
def correct(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Keep another product group or region; what cannot be read is shown with all that was typed."""
    viewer = cast(Member, request.user)
    lead = visible_lead(viewer, lead_id)
    form = FactsForm(request.POST, held=facts_of(lead))
    if not form.is_valid():
        return lead_page(request, lead.pk, facts=form)
    facts, shown = form.changes()
    now = datetime.now(timezone.get_current_timezone())
    try:
        changed = actions.correct_facts([lead.pk], facts, shown=shown, member=viewer, now=now)
    except ValuesChanged as meanwhile:
        held = facts_of(visible_lead(viewer, lead.pk))
        shown_now = {f"shown_{fact}": text for fact, text in held.items()}
        again = FactsForm({**held, **facts, **shown_now}, held=held)
        again.add_error(None, _(meanwhile.message))
        return lead_page(request, lead.pk, facts=again)
    if changed:
        messages.success(request, _("Kept."))
    return redirect("pipeline:lead", lead.pk)


def _again(
    request: HttpRequest, held: Mapping[str, object], values: Mapping[str, object]
) -> QueryDict:
    """What was typed, over what the lead holds by now where nothing was typed."""
    given = request.POST.copy()
    given["shown"] = dumps(held)
    for one in definitions():
        if one.key not in values:
            given[PREFIX + one.key] = written(one, held.get(one.key))
    return given
