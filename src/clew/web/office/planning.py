"""Shapes of what is planned: calendars, absences, what a seat takes on."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clew.handoff.models import Calendar
from clew.handoff.people.notation import (
    read_blocks,
    read_days,
    read_exchanged,
    write_blocks,
    write_days,
    write_exchanged,
)
from clew.handoff.people.rules import Plan
from clew.web.office.forms import Styled

WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
NEAR = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "UTC")


@cache
def _zones() -> list[tuple[Any, Any]]:
    near = [(name, name) for name in NEAR]
    others = sorted(available_timezones().difference(NEAR))
    return [(_("Near"), near), (_("All"), [(name, name) for name in others])]


class CalendarForm(Styled):
    """Working hours by weekday, days off and exchanged days, as text."""

    name = forms.CharField(label=_("Name of the calendar"), max_length=60)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_zones, initial=settings.TIME_ZONE)
    day0 = forms.CharField(label=WEEKDAYS[0], required=False, max_length=200)
    day1 = forms.CharField(label=WEEKDAYS[1], required=False, max_length=200)
    day2 = forms.CharField(label=WEEKDAYS[2], required=False, max_length=200)
    day3 = forms.CharField(label=WEEKDAYS[3], required=False, max_length=200)
    day4 = forms.CharField(label=WEEKDAYS[4], required=False, max_length=200)
    day5 = forms.CharField(label=WEEKDAYS[5], required=False, max_length=200)
    day6 = forms.CharField(label=WEEKDAYS[6], required=False, max_length=200)
    days_off = forms.CharField(
        label=_("Days off"),
        required=False,
        max_length=40_000,
        help_text=_("One date or span on each line: 2026-10-01 – 2026-10-07"),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    days_on = forms.CharField(
        label=_("Exchanged workdays"),
        required=False,
        max_length=20_000,
        help_text=_(
            "A date that is worked, and by the hours of which weekday: 2026-10-10 Wednesday"
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    @property
    def week(self) -> list[forms.BoundField]:
        """The seven days, Monday first."""
        return [self[f"day{n}"] for n in range(7)]

    def plan(self) -> Plan:
        """Read what was typed. Raises BlockUnreadable, DayUnreadable."""
        data = self.cleaned_data
        return Plan(
            name=data["name"],
            time_zone=data["time_zone"],
            days=tuple(tuple(read_blocks(data[f"day{n}"])) for n in range(7)),
            days_off=frozenset(read_days(data["days_off"])),
            days_on=read_exchanged(data["days_on"]),
        )


def written(calendar: Calendar) -> dict[str, object]:
    """Give a calendar as its form shows it."""
    days: dict[str, object] = {
        f"day{n}": text for n, text in enumerate(write_blocks(calendar.week))
    }
    return days | {
        "name": calendar.name,
        "time_zone": calendar.time_zone,
        "days_off": write_days(calendar.days_off),
        "days_on": write_exchanged(calendar.days_on, [str(name) for name in WEEKDAYS]),
    }


class HoursForm(Styled):
    """A calendar of one's own, or none."""

    calendar = forms.ModelChoiceField(
        label=_("Working hours"),
        queryset=Calendar.objects.order_by("pk"),
        required=False,
        empty_label=_("those of the team"),
    )


def _in_this_century(day: date) -> None:
    if not date(2000, 1, 1) <= day <= date(2099, 12, 30):
        raise forms.ValidationError(_("Choose a day of this century."))


class AbsenceForm(Styled):
    """From when until when somebody is away; without an hour whole days are meant."""

    from_day = forms.DateField(
        label=_("From"),
        validators=[_in_this_century],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    from_time = forms.TimeField(
        label=_("from what hour (whole day if empty)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
    )
    until_day = forms.DateField(
        label=_("Until"),
        validators=[_in_this_century],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until_time = forms.TimeField(
        label=_("until what hour (whole day if empty)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"list": "absence-reasons"}),
    )

    def span(self) -> tuple[datetime, datetime]:
        """Give the moments meant, by the operator's wall clock; the last day counts as a whole."""
        data, zone = self.cleaned_data, timezone.get_current_timezone()
        begin = datetime.combine(data["from_day"], data["from_time"] or datetime.min.time(), zone)
        if data["until_time"]:
            return begin, datetime.combine(data["until_day"], data["until_time"], zone)
        next_day = data["until_day"] + timedelta(days=1)
        return begin, datetime.combine(next_day, datetime.min.time(), zone)
