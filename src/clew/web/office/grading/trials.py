"""The draft tried on past leads: begun here, done by the worker, shown with what would change."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member
from clew.grading import queries
from clew.grading.models import Trial, TrialChange
from clew.grading.trials.actions import try_draft
from clew.handoff.queries import visible_leads
from clew.web.office.grading import drafting
from clew.web.office.grading.pages import edition_of
from clew.web.office.requests import caller, clock, refusal

PAGE = 50
WAYS = ("up", "down")


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Try the draft on the newest leads."""
    member, edition = caller(request), edition_of(request)
    error = refusal(request, lambda: try_draft(edition=edition, member=member, now=clock()))
    if error:
        return drafting.page(request, error)
    begun = queries.newest_trial(member, edition)
    return redirect("office:grading_trial", begun.pk) if begun else redirect("office:grading_draft")


@require_safe
def show(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    """How far it is; when it is done, which leads would be graded otherwise."""
    viewer = caller(request)
    trial = queries.trial(viewer, trial_id)
    way = request.GET.get("way", "")
    seen = _changes(viewer, trial)
    page = Paginator(_that_way(seen, way), PAGE).get_page(request.GET.get("page"))
    context = {
        **_progress(trial),
        "page": page,
        "way": way if way in WAYS else "",
        "changed_count": trial.up_count + trial.down_count,
        "visible_count": seen.count(),
        "is_current": queries.draft().edition == trial.edition,
        "address": reverse("office:grading_trial", args=[trial.pk]),
    }
    return render(request, "office/grading/trial.html", context)


@require_safe
def progress(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    """How far it has come: the part of the page that is fetched again and again."""
    trial = queries.trial(caller(request), trial_id)
    return render(request, "office/grading/_progress.html", _progress(trial))


def _progress(trial: Trial) -> dict[str, object]:
    whole = max(1, trial.expected_count)
    return {
        "trial": trial,
        "percent": min(100, round(100 * trial.seen_count / whole)),
        "state": "done" if trial.ended_at else "working",
    }


def _changes(viewer: Member, trial: Trial) -> QuerySet[TrialChange]:
    """What would change of the leads that the viewer may see."""
    found = TrialChange.objects.filter(trial=trial, lead__in=visible_leads(viewer))
    return found.select_related("lead__contact", "lead__source").order_by("pk")


def _that_way(found: QuerySet[TrialChange], way: str) -> QuerySet[TrialChange]:
    if way == "up":
        return found.filter(level_after__gt=F("level_before"))
    return found.filter(level_after__lt=F("level_before")) if way == "down" else found
