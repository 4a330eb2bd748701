"""Targets: how soon leads must be met with, by team, kind and grade, and what happens before and after."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Member
from clew.errors import ClewError
from clew.handoff.models import Calendar
from clew.pipeline.clocks import actions
from clew.pipeline.clocks.errors import PolicyMissing
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.queries import Promised, of_all, places, promised
from clew.pipeline.clocks.rules import HANDONS_AT_MOST, LONGEST, Promise
from clew.pipeline.clocks.wording import KINDS, MEANINGS, STOPS, sentence
from clew.web.office import requests
from clew.web.office.forms import Styled
from clew.web.templatetags.clew import level_word

PAGE = ["GET", "HEAD", "POST"]
ALL = "all"
LEVELS = (3, 2, 1)
STEPS = {
    "target": gettext_lazy("Contact within, min"),
    "warn": gettext_lazy("Remind after, min"),
    "escalate": gettext_lazy("Tell the manager after, min"),
    "reclaim": gettext_lazy("Take back after, min"),
    "handons": gettext_lazy("Hand on at most, times"),
}


class TargetsForm(Styled):
    """What is promised of each grade, in working minutes; a step that is left empty is off."""

    stops_on = forms.ChoiceField(
        label=gettext_lazy("What stops the clock"), choices=lambda: list(STOPS.items())
    )
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Counted by"),
        queryset=Calendar.objects.order_by("pk"),
        required=False,
        empty_label=gettext_lazy("The hours of whoever has the lead"),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    def __init__(self, *args: Any, held: Sequence[Policy] = (), **kwargs: Any) -> None:
        """Ask for each step of each grade, beginning with what holds."""
        initial = {"seen": kwargs.pop("seen", "")}
        for one in held:
            initial |= {"stops_on": one.stops_on, "calendar": one.calendar_id}
            for step, minutes in _steps(one).items():
                initial[f"{step}_{one.level}"] = minutes
        super().__init__(*args, initial=initial, **kwargs)
        for level in LEVELS:
            for step, words in STEPS.items():
                is_count = step == "handons"
                self.fields[f"{step}_{level}"] = forms.IntegerField(
                    label=str(words),
                    required=step in {"target", "handons"},
                    min_value=1,
                    max_value=HANDONS_AT_MOST if is_count else LONGEST,
                )
        self.dress()

    @property
    def grades(self) -> Iterator[tuple[int, list[BoundField]]]:
        """Give the fields of each grade, the highest first."""
        for level in LEVELS:
            yield level, [self[f"{step}_{level}"] for step in STEPS]

    def promises(self) -> list[Promise]:
        """Give what is promised of each grade."""
        data = self.cleaned_data
        calendar = data["calendar"]
        return [
            Promise(
                level=level,
                **{step: data[f"{step}_{level}"] for step in STEPS},
                stops_on=data["stops_on"],
                calendar_id=calendar.pk if calendar else None,
            )
            for level in LEVELS
        ]

    def seen_ids(self) -> list[int]:
        """Give the versions that the page had shown."""
        return _numbers(self.cleaned_data["seen"])


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What will happen to a lead of each grade, for all teams and for each of one's own."""
    viewer = requests.caller(request)
    shown = [
        (place, [(one, KINDS[one.kind], MEANINGS[one.kind], _told(one)) for one in place.kinds])
        for place in places(viewer, requests.clock())
    ]
    return render(request, "office/targets.html", {"places": shown})


@require_http_methods(PAGE)
def change(request: HttpRequest, place: str, clock: str) -> HttpResponse:
    """Other targets of one kind, from the next clock on."""
    viewer = requests.caller(request)
    found = _promised(viewer, place, clock)
    held = found.in_force or of_all(clock)
    shown = ",".join(str(one.pk) for one in found.in_force)
    form = TargetsForm(request.POST or None, held=held, seen=shown)
    error = None
    if form.is_valid():
        error = requests.refusal(
            request,
            lambda: actions.set_policies(
                found.team.pk if found.team else None,
                clock,
                form.promises(),
                seen=form.seen_ids(),
                member=viewer,
                now=requests.clock(),
            ),
        )
        if error is None:
            messages.success(request, _("Holds from the next clock on; running ones keep theirs."))
            return redirect("office:targets")
    return _page(request, found, form, error)


@require_POST
def drop(request: HttpRequest, place: str, clock: str) -> HttpResponse:
    """Let a team go by the targets of all again."""
    viewer = requests.caller(request)
    found = _promised(viewer, place, clock)
    if found.team is None:
        raise PolicyMissing
    team_id, seen = found.team.pk, _numbers(request.POST.get("seen", ""))
    actions.drop_policies(team_id, clock, seen=seen, member=viewer, now=requests.clock())
    messages.success(request, _("The targets of all teams hold here again."))
    return redirect("office:targets")


def _page(
    request: HttpRequest, found: Promised, form: TargetsForm, error: ClewError | None
) -> HttpResponse:
    context = {
        "found": found,
        "kind": KINDS[found.kind],
        "meaning": MEANINGS[found.kind],
        "form": form,
        "steps": STEPS.values(),
        "error": error,
        "before": [(one, level_word(one.level), sentence(one)) for one in found.before],
        "seen": ",".join(str(one.pk) for one in found.in_force),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "office/target.html", context, status=status)


def _promised(viewer: Member, place: str, kind: str) -> Promised:
    team_id = None if place == ALL else (_numbers(place) or [0])[0]
    found = promised(viewer, team_id, kind)
    if found is None:
        raise PolicyMissing
    return found


def _told(found: Promised) -> list[tuple[Policy, str]]:
    return [(one, sentence(one)) for one in found.in_force]


def _steps(one: Policy) -> dict[str, int | None]:
    return {
        "target": one.target_minutes,
        "warn": one.warn_minutes,
        "escalate": one.escalate_minutes,
        "reclaim": one.reclaim_minutes,
        "handons": one.handons_at_most,
    }


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    return [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 19]
