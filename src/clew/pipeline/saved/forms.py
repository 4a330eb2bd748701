"""What naming a view asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clew.access.models import Member, Role
from clew.pipeline.models import SavedView
from clew.pipeline.saved.actions import LONGEST_NAME, Sharing
from clew.pipeline.saved.queries import may_share_with

OWN, ALL = SavedView.Reach.OWN.value, SavedView.Reach.ALL.value


class ViewForm(forms.Form):
    """A name, and who finds the view."""

    name = forms.CharField(
        label=_("Name of the view"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    reach = forms.ChoiceField(
        label=_("Who finds it"), widget=forms.Select(attrs={"class": "form-select"})
    )
    begins = forms.BooleanField(label=_("Begin with this view"), required=False)

    def __init__(self, viewer: Member, *args: Any, **kwargs: Any) -> None:
        """Offer what the member may share with, and what the view is shared with already."""
        view = kwargs.pop("view", None)
        super().__init__(*args, **kwargs)
        offered = {OWN: gettext("Only I")}
        for team in may_share_with(viewer):
            offered[f"team:{team.pk}"] = gettext("The team %(name)s") % {"name": team.name}
        if viewer.role == Role.ADMINISTRATOR:
            offered[ALL] = gettext("Everybody")
        if view and view.team:
            offered.setdefault(
                f"team:{view.team_id}", gettext("The team %(name)s") % {"name": view.team.name}
            )
        if view and view.reach == ALL:
            offered.setdefault(ALL, gettext("Everybody"))
        field = self.fields["reach"]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(offered.items())

    def sharing(self) -> Sharing:
        """Give what was said."""
        reach, _sign, team = self.cleaned_data["reach"].partition(":")
        return Sharing(self.cleaned_data["name"], reach, int(team) if team else None)


def said_of(view: SavedView) -> dict[str, str]:
    """Fill the form with how a view is found now."""
    reach = f"team:{view.team_id}" if view.team_id else view.reach
    return {"name": view.name, "reach": reach}
