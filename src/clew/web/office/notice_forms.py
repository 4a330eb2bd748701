"""Shapes of what operators type about telling people."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clew.access.models import Member, Team
from clew.access.queries import members, teams
from clew.reach.actions.outlets import LONGEST
from clew.reach.actions.wishes import LONGEST_PATIENCE
from clew.reach.models import Outlet
from clew.reach.vendors import SPEECH
from clew.reach.wording import VENDORS
from clew.web.office.forms import Styled


class RobotForm(Styled):
    """A robot of a messenger's group."""

    vendor = forms.ChoiceField(
        label=_("Messenger"),
        choices=[(code, words) for code, words in VENDORS.items() if code in SPEECH],
    )
    name = forms.CharField(
        label=pgettext_lazy("robot", "Name"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("The name of its group")}),
    )
    team = forms.ModelChoiceField(
        label=_("For a team"), queryset=Team.objects.none(), required=False, empty_label="—"
    )
    member = forms.ModelChoiceField(
        label=_("or for one person"),
        queryset=Member.objects.none(),
        required=False,
        empty_label="—",
        help_text=_("Whoever has a robot alone is told there, and not in the team's group."),
    )
    address = forms.CharField(
        label=_("Webhook address"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Secret for signing"),
        max_length=LONGEST,
        required=False,
        help_text=_("DingTalk and Feishu: choose signing in the robot's safety settings."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, viewer: Member, *args: Any, robot: Outlet | None = None) -> None:
        """Offer the teams and people there are; of a robot that is there, vendor and secrets stay."""
        known = (
            {"name": robot.name, "team": robot.team_id, "member": robot.member_id}
            if robot
            else None
        )
        super().__init__(*args, initial=known)
        self.fields["team"].queryset = teams(viewer).order_by("name")  # type: ignore[attr-defined]
        self.fields["member"].queryset = members(viewer).filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        if robot:
            self.fields["vendor"].disabled = True
            self.fields["vendor"].initial = robot.vendor
            self.fields["address"].required = False
            self.fields["address"].help_text = _("Leave it empty and it stays as it is.")


class PatienceForm(Styled):
    """For how long something may stay unread."""

    next_minutes = forms.IntegerField(
        label=_("Unread for so many minutes: told the next way"),
        min_value=1,
        max_value=LONGEST_PATIENCE,
    )
    manager_minutes = forms.IntegerField(
        label=_("Unread for so many minutes: the manager is told"),
        min_value=2,
        max_value=LONGEST_PATIENCE,
    )
