"""Whether everything is in order, without a shell: what `clew doctor` finds, each with what to do."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clew.web import doctor, findings
from clew.web.findings import WRONG, Finding, State
from clew.web.office.requests import clock
from clew.web.terminal import speaking

BOOKS_SECONDS = 60  # of one statement


@dataclass(frozen=True, slots=True)
class Look:
    """A state as it is shown: in words, with a sign, and only then by colour."""

    words: str | Promise
    icon: str
    tone: str


LOOKS = {
    State.IN_ORDER: Look(gettext_lazy("In order"), "circle-check", "ok"),
    State.UNSEEN: Look(gettext_lazy("Not seen from here"), "eye", ""),
    State.LOOK: Look(gettext_lazy("Look at this"), "alert-triangle", "soon"),
    State.BROKEN: Look(gettext_lazy("Broken"), "ban", "late"),
}
TITLES = {
    "settings": gettext_lazy("Settings"),
    "database": gettext_lazy("Database"),
    "work": gettext_lazy("What is being worked on"),
    "books": gettext_lazy("Books"),
    "backup": gettext_lazy("Backup"),
}
PAGES = {"Failures": "office:failures", "Turned away": "office:failures"}


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in the reader's language."""

    title: str
    says: str
    look: Look
    route: str


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """All that costs little to look at."""
    return _page(request, is_with_books=False)


@require_POST
def check_books(request: HttpRequest) -> HttpResponse:
    """The same and the books, for which all leads are read."""
    return _page(request, is_with_books=True)


@require_safe
def bundle(request: HttpRequest) -> HttpResponse:
    """What a stranger needs to help, as a file, without secrets or personal data."""
    with speaking(get_language() or ""):
        found = findings.everywhere(os.environ, clock())
        text = doctor.bundle({area: findings.wrong(of) for area, of in found.items()})
    response = HttpResponse(text, content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="clew-support.json"'
    return response


def _page(request: HttpRequest, *, is_with_books: bool) -> HttpResponse:
    now = clock()
    with speaking(get_language() or ""):
        found = findings.everywhere(os.environ, now)
        found["books"] = findings.books_within(BOOKS_SECONDS) if is_with_books else []
        found["backup"] = [findings.backup()]
        areas = [(area, TITLES[area], _rows(of)) for area, of in found.items()]
    states = [one.state for of in found.values() for one in of]
    context = {
        "areas": areas,
        "wrong": sum(state in WRONG for state in states),
        "is_broken": State.BROKEN in states,
        "now": now,
    }
    return render(request, "office/checkup.html", context)


def _rows(found: Iterable[Finding]) -> list[Row]:
    return [Row(f.title, f.says, LOOKS[f.state], PAGES.get(f.name, "")) for f in found]
