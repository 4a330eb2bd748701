"""Targets: how soon leads must be met with, by team, kind and grade, and what happens before and after.

And how long they may be in a stage.
"""

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
from clew.base.digits import number
from clew.errors import ClewError
from clew.handoff.models import Calendar
from clew.pipeline.clocks import actions
from clew.pipeline.clocks.errors import PolicyMissing
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.queries import Promised, limitable, of_all, places, promised
from clew.pipeline.clocks.rules import HANDONS_AT_MOST, LONGEST, Promise
from clew.pipeline.clocks.wording import KINDS, MEANINGS, PAUSES, STOPS, sentence
from clew.pipeline.moves.models import Stage
from clew.pipeline.moves.queries import name
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
STAGE_STEPS = {
    "target": gettext_lazy("In it at most, h"),
    "warn": gettext_lazy("Remind after, h"),
    "escalate": gettext_lazy("Tell the manager after, h"),
    "reclaim": gettext_lazy("Take back after, h"),
    "handons": gettext_lazy("Hand on at most, times"),
}
HOUR = 60
KEY = 18  # digits
HANDONS = 3  # where nothing else is said


def _counted_by() -> "forms.ModelChoiceField[Calendar]":
    return forms.ModelChoiceField(
        label=gettext_lazy("Counted by"),
        queryset=Calendar.objects.order_by("pk"),
        required=False,
        empty_label=gettext_lazy("The hours of whoever has the lead"),
    )


class TargetsForm(Styled):
    """What is promised of each grade, in working minutes; a step that is left empty is off."""

    stops_on = forms.ChoiceField(
        label=gettext_lazy("What stops the clock"), choices=lambda: list(STOPS.items())
    )
    calendar = _counted_by()
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    steps = STEPS

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
    def choice(self) -> BoundField:
        """Give the field that holds for all grades."""
        return self["stops_on"]

    @property
    def rows(self) -> Iterator[tuple[int, str, list[BoundField]]]:
        """Give level, name and fields of each grade, the highest first."""
        for level in LEVELS:
            yield level, level_word(level), [self[f"{step}_{level}"] for step in STEPS]

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


class StageTargetsForm(Styled):
    """How long a lead may be in each stage, in working hours; a stage that is left empty has no limit."""

    pauses = forms.ChoiceField(
        label=gettext_lazy("While a next step is planned"), choices=lambda: list(PAUSES.items())
    )
    calendar = _counted_by()
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)
    steps = STAGE_STEPS

    def __init__(self, *args: Any, held: Sequence[Policy] = (), **kwargs: Any) -> None:
        """Ask for each step of each stage, beginning with what holds."""
        initial = {"seen": kwargs.pop("seen", "")}
        for one in held:
            initial |= {
                "pauses": "yes" if one.is_paused_by_steps else "no",
                "calendar": one.calendar_id,
            }
            for step, found in _steps(one).items():
                initial[f"{step}_{one.stage_id}"] = (
                    found // HOUR if found and step != "handons" else found
                )
        super().__init__(*args, initial=initial, **kwargs)
        self._stages = limitable()
        for stage in self._stages:
            for step in self._steps_of(stage):
                most = HANDONS_AT_MOST if step == "handons" else LONGEST // HOUR
                self.fields[f"{step}_{stage.pk}"] = forms.IntegerField(
                    label=str(STAGE_STEPS[step]), required=False, min_value=1, max_value=most
                )
        self.dress()

    @property
    def choice(self) -> BoundField:
        """Give the field that holds for all stages."""
        return self["pauses"]

    @property
    def rows(self) -> Iterator[tuple[int, str, list[BoundField]]]:
        """Give no level, but name and fields of each stage, in order."""
        for stage in self._stages:
            told = f"{name(stage.pipeline)} · {name(stage)}"
            yield 0, told, [self[f"{step}_{stage.pk}"] for step in self._steps_of(stage)]

    def clean(self) -> dict[str, Any]:
        """Refuse steps of a stage that has no limit."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for stage in self._stages:
            steps = (data.get(f"{step}_{stage.pk}") for step in ("warn", "escalate", "reclaim"))
            field = f"target_{stage.pk}"
            if any(steps) and not data.get(field) and field not in self.errors:
                self.add_error(field, _("Say how long it may be there, or leave the row empty."))
        return data

    def promises(self) -> list[Promise]:
        """Give what is promised of each stage that has a limit."""
        return [self._promise(s) for s in self._stages if self.cleaned_data[f"target_{s.pk}"]]

    def _promise(self, stage: Stage) -> Promise:
        data = self.cleaned_data
        hours = [data.get(f"{step}_{stage.pk}") for step in STAGE_STEPS if step != "handons"]
        target, warn, escalate, reclaim = ((one or 0) * HOUR or None for one in hours)
        calendar = data["calendar"]
        return Promise(
            level=0,
            target=target or 0,
            warn=warn,
            escalate=escalate,
            reclaim=reclaim,
            handons=data.get(f"handons_{stage.pk}") or HANDONS,
            stops_on=Policy.Stop.ATTEMPT,
            calendar_id=calendar.pk if calendar else None,
            stage_id=stage.pk,
            is_paused_by_steps=data["pauses"] == "yes",
        )

    @staticmethod
    def _steps_of(stage: Stage) -> list[str]:
        """Give the steps that a stage can have: from the contract on nobody takes a lead away."""
        kept = ["target", "warn", "escalate"]
        return kept if stage.is_contract else list(STAGE_STEPS)


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
    made = StageTargetsForm if clock == Policy.Kind.STAGE else TargetsForm
    form = made(request.POST or None, held=held, seen=shown)
    error = None
    if form.is_valid():
        error = requests.refusal(
            request,
            lambda: actions.set_policies(
                found.team.pk if found.team else None,
                clock,
                form.promises(),
                seen=_numbers(form.cleaned_data["seen"]),
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
    request: HttpRequest,
    found: Promised,
    form: TargetsForm | StageTargetsForm,
    error: ClewError | None,
) -> HttpResponse:
    context = {
        "found": found,
        "kind": KINDS[found.kind],
        "meaning": MEANINGS[found.kind],
        "form": form,
        "steps": form.steps.values(),
        "error": error,
        "before": [(one, _of(one), sentence(one)) for one in found.before],
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


def _told(found: Promised) -> list[tuple[Policy, str, str]]:
    return [(one, _of(one), sentence(one)) for one in found.in_force]


def _of(one: Policy) -> str:
    """Name what a policy is of: a grade, or a stage."""
    if one.stage is None:
        return level_word(one.level)
    return f"{name(one.stage.pipeline)} · {name(one.stage)}"


def _steps(one: Policy) -> dict[str, int | None]:
    return {
        "target": one.target_minutes,
        "warn": one.warn_minutes,
        "escalate": one.escalate_minutes,
        "reclaim": one.reclaim_minutes,
        "handons": one.handons_at_most,
    }


def _numbers(text: str) -> list[int]:
    found = (number(part, KEY) for part in text.split(","))
    return [one for one in found if one is not None]
