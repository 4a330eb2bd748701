"""Hosted forms: put on the net for a source, and taken off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from clew.capture.actions.forms import FormData, close_form, open_form
from clew.capture.models import Form, Source
from clew.errors import Missing
from clew.web.office.forms import HostedForm
from clew.web.office.requests import actor, caller, clock, refusal


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, key: str) -> HttpResponse:
    """A new form for a source."""
    source = Source.objects.filter(key=key).first()
    if source is None:
        raise Missing
    form, error = HostedForm(request.POST or None, initial=_usual(request, source)), None
    if form.is_valid():
        given, home = _given(form.cleaned_data, form.asked()), caller(request).organisation
        error = refusal(
            request,
            lambda: open_form(source, given, of=home, actor=actor(request), now=clock()),
        )
        if error is None:
            messages.success(request, _("The form is on the net. Copy its link from here."))
            return redirect("office:source", key)
    context = {"form": form, "error": error, "source": source}
    status = 422 if request.method == "POST" else 200
    return render(request, "office/hosted.html", context, status=status)


@require_POST
def close(request: HttpRequest, form_id: int) -> HttpResponse:
    """Take a form off the net."""
    page = Form.objects.select_related("source").filter(pk=form_id).first()
    if page is None:
        raise Missing
    close_form(form_id, actor=actor(request), now=clock())
    messages.success(request, _("The form is off the net; its link shows nothing now."))
    return redirect("office:source", page.source.key)


def _usual(request: HttpRequest, source: Source) -> dict[str, Any]:
    """What suits most, in words that can be changed."""
    name = caller(request).organisation.name
    with override("zh-hans"):
        chinese = _("You agree that %(name)s contacts you about this enquiry.") % {"name": name}
    with override("en"):
        english = _("You agree that %(name)s contacts you about this enquiry.") % {"name": name}
    return {
        "slug": source.key,
        "title": _("Ask us: we answer today"),
        "lede": _("Leave one way of reaching you."),
        "button": _("Get a quote"),
        "question": _("When do you need it?"),
        "options": "\n".join((_("This week"), _("This month"), _("Just looking"))),
        "consent_zh": chinese,
        "consent_en": english,
    }


def _given(data: dict[str, Any], asked: list[tuple[str, bool]]) -> FormData:
    return FormData(
        slug=data["slug"],
        title=data["title"],
        lede=data["lede"],
        button=data["button"],
        question=data["question"],
        options=[line.strip() for line in data["options"].splitlines() if line.strip()],
        fields=asked,
        consent={"zh-hans": data["consent_zh"], "en": data["consent_en"]},
    )
