"""The grading rules in force, their history, and going back to an earlier version."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clew.base.digits import number
from clew.capture.queries import all_definitions
from clew.errors import ClewError
from clew.grading import queries
from clew.grading.actions import publish_again
from clew.grading.models import RuleSet
from clew.web.office.grading import wording
from clew.web.office.requests import caller, clock, refusal

PAGE = 20


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What grades now, what is being written, and every version there was."""
    return _page(request)


@require_safe
def version(request: HttpRequest, version: int) -> HttpResponse:
    """One version with its rules, as it was."""
    return _version_page(request, queries.version(version))


@require_POST
def again(request: HttpRequest, version: int) -> HttpResponse:
    """Let an earlier version hold again."""
    earlier = queries.version(version)
    edition = edition_of(request)
    error = refusal(
        request,
        lambda: publish_again(version, edition=edition, member=caller(request), now=clock()),
    )
    if error:
        return _version_page(request, earlier, error)
    messages.success(request, _("These rules grade from the next lead on."))
    return redirect("office:grading")


def edition_of(request: HttpRequest) -> int:
    """The edition of the draft that the sender had before them; 0, which none is, where it is not said."""
    return number(request.POST.get("edition", "")) or 0


def _page(request: HttpRequest) -> HttpResponse:
    now, draft, fields = queries.in_force(), queries.draft(), all_definitions()
    rules = queries.rules_of(now)
    page = Paginator(queries.versions(), PAGE).get_page(request.GET.get("page"))
    listed = list(page)
    context = {
        "now": now,
        "lines": wording.lines(rules, fields),
        "said": wording.of_the_whole(rules, fields),
        "draft": draft,
        "waiting": wording.difference(rules, queries.rules_of(draft), fields),
        "page": page,
        "versions": wording.told(listed, _before(listed[-1]), fields),
    }
    return render(request, "office/grading/rules.html", context)


def _version_page(
    request: HttpRequest, found: RuleSet, error: ClewError | None = None
) -> HttpResponse:
    now, fields = queries.in_force(), all_definitions()
    rules = queries.rules_of(found)
    context = {
        "version": found,
        "now": now,
        "lines": wording.lines(rules, fields),
        "said": wording.of_the_whole(rules, fields),
        "back": wording.difference(queries.rules_of(now), rules, fields),
        "edition": queries.draft().edition,
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "office/grading/version.html", context, status=status)


def _before(oldest: RuleSet) -> RuleSet | None:
    return queries.versions().filter(version__lt=oldest.version).first()
