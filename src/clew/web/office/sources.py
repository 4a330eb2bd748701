"""Sources: what kind of supply, what a lead costs, and how leads get in from there."""

import json
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clew.capture.actions.sources import SourceData, add_source, change_source
from clew.capture.models import Form, Source
from clew.capture.queries import yields
from clew.errors import Missing
from clew.tally.queries import NO_OUTCOMES, outcomes
from clew.web.office.forms import SourceForm
from clew.web.office.requests import actor, caller, clock, refusal

CENTS = 100


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """All sources, with what each brought and how its leads came out."""
    viewer = caller(request)
    came_out = outcomes(viewer)
    rows = [(row, came_out.get(row.source.pk, NO_OUTCOMES)) for row in yields(viewer, clock())]
    return render(request, "office/sources.html", {"sources": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new source."""
    form, error = SourceForm(request.POST or None), None
    if form.is_valid():
        given = _given(form.cleaned_data)
        error = refusal(request, lambda: add_source(given, actor=actor(request), now=clock()))
        if error is None:
            return redirect("office:source", given.key)
    status = 422 if request.method == "POST" else 200
    return render(request, "office/source.html", {"form": form, "error": error}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """One source: its data, and what to paste elsewhere so that leads arrive."""
    source = Source.objects.filter(key=key).first()
    if source is None:
        raise Missing
    form, error = SourceForm(request.POST or None, initial=_initial(source)), None
    form.fields["key"].disabled = True
    if form.is_valid():
        given = _given(form.cleaned_data)
        error = refusal(request, lambda: change_source(given, actor=actor(request), now=clock()))
        if error is None:
            messages.success(request, _("Holds for leads that arrive from now on."))
            return redirect("office:source", key)
    context = {"form": form, "error": error, "source": source, **_ways_in(source)}
    status = 422 if request.method == "POST" else 200
    return render(request, "office/source.html", context, status=status)


def _given(data: dict[str, Any]) -> SourceData:
    return SourceData(
        key=data["key"],
        name=data["name"],
        kind=data["kind"],
        is_online=bool(data["is_online"]),
        cost_minor=int(data["cost"] * CENTS),
        is_active=data["is_active"],
    )


def _initial(source: Source) -> dict[str, Any]:
    return {
        "key": source.key,
        "name": source.name,
        "kind": source.kind,
        "is_online": "1" if source.is_online else "",
        "cost": f"{Decimal(source.cost_minor) / CENTS:.2f}",
        "is_active": source.is_active,
    }


def _ways_in(source: Source) -> dict[str, Any]:
    lead = {
        "source": source.key,
        "name": "张三",
        "phone": "13812345678",
        "message": "400W 伺服 3 台",
    }
    body = json.dumps(lead, ensure_ascii=False)
    call = (
        f"curl {settings.BASE_URL}/api/v1/leads \\\n"
        '  -H "Authorization: Bearer $CLEW_TOKEN" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{body}'"
    )
    forms = Form.objects.filter(source=source, is_active=True).order_by("pk")
    links = [(form, f"{settings.BASE_URL}/f/{form.slug}") for form in forms]
    return {"call": call, "links": links}
