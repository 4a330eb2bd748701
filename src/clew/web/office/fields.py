"""Custom fields: defined, changed, ordered, retired."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.capture.actions.fields import (
    FieldData,
    add_field,
    change_field,
    move_field,
    restore_field,
    retire_field,
)
from clew.capture.custom import LONGEST_KEY, Choice
from clew.capture.models import CustomField
from clew.capture.queries import defined
from clew.errors import Missing
from clew.web.office.forms import FIELD_KINDS, FieldForm
from clew.web.office.requests import actor, clock, refusal


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Fields in use, in their order, and those that are retired."""
    kinds = dict(FIELD_KINDS)
    rows = [
        (field, defined(field), kinds[CustomField.Kind(field.kind)])
        for field in CustomField.objects.annotate(form_count=Count("forms")).order_by(
            "position", "pk"
        )
    ]
    context = {
        "in_use": [row for row in rows if row[0].retired_at is None],
        "retired": [row for row in rows if row[0].retired_at is not None],
    }
    return render(request, "office/fields.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new field."""
    form, error = FieldForm(request.POST or None), None
    if form.is_valid():
        given = _given(form.cleaned_data, ())
        error = refusal(request, lambda: add_field(given, actor=actor(request), now=clock()))
        if error is None:
            messages.success(
                request, _("The field is on every lead, in rules, in imports and in the API.")
            )
            return redirect("office:fields")
    status = 422 if request.method == "POST" else 200
    return render(request, "office/field.html", {"form": form, "error": error}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """One field: its name, its unit or its choices. Key, kind and currency stay."""
    field = _field(key)
    form, error = FieldForm(request.POST or None, initial=_initial(field)), None
    for name in ("key", "kind", "currency"):
        form.fields[name].disabled = True
    if form.is_valid():
        given = _given(form.cleaned_data, [Choice(**choice) for choice in field.choices])
        error = refusal(request, lambda: change_field(given, actor=actor(request), now=clock()))
        if error is None:
            messages.success(request, _("Kept."))
            return redirect("office:fields")
    context = {"form": form, "error": error, "field": field}
    status = 422 if request.method == "POST" else 200
    return render(request, "office/field.html", context, status=status)


@require_POST
def move(request: HttpRequest, key: str) -> HttpResponse:
    """Move a field one place up or down."""
    move_field(key, is_up=request.POST.get("way") == "up", actor=actor(request), now=clock())
    return redirect("office:fields")


@require_POST
def retire(request: HttpRequest, key: str) -> HttpResponse:
    """Ask for a field no more."""
    field = retire_field(key, actor=actor(request), now=clock())
    messages.success(
        request,
        _("“%(name)s” is asked for no more. What leads have in it stays.") % {"name": field.label},
    )
    return redirect("office:fields")


@require_POST
def restore(request: HttpRequest, key: str) -> HttpResponse:
    """Take a retired field into use again."""
    error = refusal(request, lambda: restore_field(key, actor=actor(request), now=clock()))
    if isinstance(error, Missing):
        raise error
    if error:
        messages.error(request, _(error.message))
    return redirect("office:fields")


def _field(key: str) -> CustomField:
    field = CustomField.objects.filter(key=key).first()
    if field is None:
        raise Missing
    return field


def _given(data: dict[str, Any], before: Sequence[Choice]) -> FieldData:
    return FieldData(
        key=data["key"].strip(),
        label=data["label"],
        kind=data["kind"],
        choices=_choices(data["choices"], before),
        unit=data["unit"],
        currency=data["currency"] or "CNY",
    )


def _choices(text: str, before: Sequence[Choice]) -> list[Choice]:
    """Read a choice off each line; one without a key has that of the same name, or gets one."""
    known = {choice.label.casefold(): choice.key for choice in before}
    taken = {choice.key for choice in before}
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        key, is_keyed, label = (part.strip() for part in line.partition("="))
        if not is_keyed:
            key, label = known.get(line.casefold(), ""), line
        if not key:
            key = _free(label, taken)
        taken.add(key)
        found.append(Choice(key, label))
    return found


def _free(label: str, taken: set[str]) -> str:
    """Make a key of a name, or number it."""
    stem = slugify(label).replace("-", "_").strip("_")[: LONGEST_KEY - 4]
    stem = stem if stem[:1].isalpha() else "choice"
    while "__" in stem:
        stem = stem.replace("__", "_")
    key, number = stem if stem != "choice" else "choice_1", 2
    while key in taken:
        key, number = f"{stem}_{number}", number + 1
    return key


def _initial(field: CustomField) -> dict[str, Any]:
    one = defined(field)
    return {
        "label": one.label,
        "kind": one.kind,
        "choices": "\n".join(f"{c.key} = {c.label}" for c in one.offered),
        "unit": one.unit,
        "currency": one.currency,
        "key": one.key,
    }
