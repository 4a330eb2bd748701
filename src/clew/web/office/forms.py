"""Shapes of what operators type. Checks of meaning are the actions'; these bound and name fields."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clew.access.models import Member, Role
from clew.access.passwords import LONGEST, SHORTEST
from clew.access.tokens import SCOPES
from clew.base.sheets_out import Format
from clew.capture.custom import LONGEST_KEY, LONGEST_LABEL, LONGEST_UNIT
from clew.capture.models import CustomField, Source
from clew.capture.queries import definitions
from clew.capture.values import CURRENCIES
from clew.handoff.models import Calendar, Method
from clew.pipeline.extract import offered

SCOPE_WORDS = [
    ("leads:write", _("send leads")),
    ("leads:read", _("read leads, with numbers masked")),
    ("contacts:read", _("read numbers in full, on record")),
    ("events:read", _("read the record of events")),
    ("duplicates:read", _("look for duplicates, with numbers masked")),
    ("duplicates:write", _("merge duplicates and take merges apart")),
]
WAYS = [
    (Method.Way.TURN, _("by turn, by weight")),
    (Method.Way.IDLE, _("to who has waited longest")),
    (Method.Way.POOL, _("into the pool")),
]


class Styled(forms.Form):
    """A form whose fields look like ours."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give each widget the class that it is styled by."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.dress()

    def dress(self) -> None:
        """Style what was added since."""
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", _style(field.widget))


FIELD_KINDS = [
    (CustomField.Kind.TEXT, pgettext_lazy("field", "Text")),
    (CustomField.Kind.NUMBER, pgettext_lazy("field", "Number")),
    (CustomField.Kind.DATE, pgettext_lazy("field", "Date")),
    (CustomField.Kind.CHOICE, pgettext_lazy("field", "Choice")),
    (CustomField.Kind.MONEY, pgettext_lazy("field", "Money")),
]


ASK = "ask_"  # before the key of a custom field
ASKING = [("", _("no")), ("optional", _("yes, may stay empty")), ("required", _("yes, required"))]


def _style(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return "c-ticks"
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


class MemberForm(Styled):
    """A new account."""

    name = forms.CharField(label=_("Name"), max_length=60)
    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[
            (Role.SALESPERSON, _("Salesperson")),
            (Role.MANAGER, _("Manager")),
            (Role.ADMINISTRATOR, _("Administrator")),
        ],
    )
    password = forms.CharField(
        label=_("First password"),
        strip=False,
        max_length=LONGEST,
        help_text=_("12 to 128 characters, whichever you like."),
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "minlength": SHORTEST}, render_value=True
        ),
    )


class PasswordForm(Styled):
    """One's own new password."""

    present = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=LONGEST,
        help_text=_("12 to 128 characters, whichever you like."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": SHORTEST}),
    )


class NewPasswordForm(Styled):
    """A colleague's new password, set by an administrator."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=LONGEST,
        help_text=_("12 to 128 characters, whichever you like."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": SHORTEST}),
    )


class TokenForm(Styled):
    """A token for another system."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("Website, shop, ERP …")}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=SCOPE_WORDS,
        initial=[SCOPES[0]],
        widget=forms.CheckboxSelectMultiple,
    )


class SeatForm(Styled):
    """How many leads a seat takes."""

    weight = forms.IntegerField(label=_("Weight"), min_value=0, max_value=100, initial=1)
    capacity = forms.IntegerField(
        label=_("Open at most"), min_value=0, max_value=10_000, initial=50
    )
    is_present = forms.BooleanField(label=_("Present"), required=False, initial=True)


class MethodForm(Styled):
    """How a team takes leads."""

    side = forms.ChoiceField(
        label=_("Takes"),
        choices=[
            (Method.Side.ONLINE, _("leads from the net")),
            (Method.Side.OFFLINE, _("people who were introduced")),
            (Method.Side.RULES, _("only what distribution rules send")),
        ],
    )
    calendar = forms.ModelChoiceField(
        label=_("Working hours"), queryset=Calendar.objects.order_by("pk"), empty_label=None
    )
    high = forms.ChoiceField(label=_("High intent"), choices=WAYS)
    medium = forms.ChoiceField(label=_("Medium intent"), choices=WAYS)
    low = forms.ChoiceField(label=_("Low intent"), choices=WAYS, initial=Method.Way.POOL)


class TeamForm(MethodForm):
    """A new team."""

    field_order = ("name",)
    name = forms.CharField(label=_("Name of the team"), max_length=60)


class JoinForm(Styled):
    """A seat for a member in a team."""

    member = forms.ModelChoiceField(label=_("Who"), queryset=Member.objects.none())
    weight = forms.IntegerField(label=_("Weight"), min_value=0, max_value=100, initial=1)
    capacity = forms.IntegerField(
        label=_("Open at most"), min_value=0, max_value=10_000, initial=50
    )


class SourceForm(Styled):
    """Where leads come from."""

    name = forms.CharField(
        label=pgettext_lazy("source", "Name"),
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": _("Baidu search, trade fair, website …")}),
    )
    key = forms.SlugField(
        label=pgettext_lazy("source", "Key"),
        max_length=60,
        help_text=_("What systems send as “source”: letters, digits, hyphens. It stays."),
        widget=forms.TextInput(attrs={"autocapitalize": "none"}),
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("source", "Kind"),
        choices=[
            (Source.Kind.OWN, pgettext_lazy("source", "Own: website, shop, WeChat")),
            (Source.Kind.BOUGHT, pgettext_lazy("source", "Bought: advertising, platforms")),
            (Source.Kind.EARNED, pgettext_lazy("source", "Earned: recommended, met in person")),
        ],
    )
    is_online = forms.TypedChoiceField(
        label=pgettext_lazy("source", "Way"),
        choices=[("1", _("Online")), ("", _("Offline, through people"))],
        coerce=bool,
        required=False,
    )
    cost = forms.DecimalField(
        label=_("Cost of one lead, ¥"),
        min_value=0,
        max_value=10_000_000,
        decimal_places=2,
        initial=0,
    )
    is_active = forms.BooleanField(label=_("Takes leads"), required=False, initial=True)


class FieldForm(Styled):
    """A custom field: what it is called, and what its values are."""

    label = forms.CharField(label=pgettext_lazy("field", "Name"), max_length=LONGEST_LABEL)
    kind = forms.ChoiceField(label=pgettext_lazy("field", "Holds"), choices=FIELD_KINDS)
    choices = forms.CharField(
        label=_("Choices, one on each line"),
        max_length=6000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Write “key = name” to choose the key that other systems send."),
    )
    unit = forms.CharField(label=_("Unit"), max_length=LONGEST_UNIT, required=False)
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in CURRENCIES], required=False
    )
    key = forms.CharField(
        label=pgettext_lazy("field", "Key"),
        max_length=LONGEST_KEY,
        required=False,
        help_text=_(
            "What systems send: small letters, digits, underscores. It stays. Empty: chosen for you."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )


class HostedForm(Styled):
    """A form page on the net."""

    title = forms.CharField(label=_("Heading"), max_length=80)
    lede = forms.CharField(label=_("Line below it"), max_length=200, required=False)
    button = forms.CharField(label=_("Button"), max_length=20)
    question = forms.CharField(
        label=_("One question after it was sent"), max_length=80, required=False
    )
    options = forms.CharField(
        label=_("Answers to choose from, one on each line"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    consent_zh = forms.CharField(label=_("What people agree to, in Chinese"), max_length=300)
    consent_en = forms.CharField(label=_("What people agree to, in English"), max_length=300)
    slug = forms.SlugField(
        label=_("Last part of the link"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer to ask for each custom field in use."""
        super().__init__(*args, **kwargs)
        self.own = definitions()
        for one in self.own:
            label = gettext("Ask for “{field}”").format(field=one.label)
            self.fields[ASK + one.key] = forms.ChoiceField(
                label=label, choices=ASKING, required=False
            )
        self.dress()

    def asked(self) -> list[tuple[str, bool]]:
        """Give the custom fields that it asks for, and whether they are required."""
        wanted = [(one.key, self.cleaned_data[ASK + one.key]) for one in self.own]
        return [(key, how == "required") for key, how in wanted if how]


class LeadForm(Styled):
    """A lead typed in by a colleague."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    wechat = forms.CharField(label=_("WeChat"), max_length=120, required=False)
    email = forms.CharField(
        label=_("E-mail"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email"}),
    )
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    category = forms.CharField(label=_("Product group"), max_length=60, required=False)
    source = forms.ModelChoiceField(
        label=_("Source"), queryset=Source.objects.none(), to_field_name="key"
    )
    message = forms.CharField(
        label=_("What do they want?"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    introduced_by = forms.CharField(label=_("Introduced by"), max_length=200, required=False)


class ExportForm(Styled):
    """A sheet of leads: which columns, what kind of file, masked or not."""

    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one column.")},
    )
    format = forms.ChoiceField(
        label=_("File"),
        choices=[
            (Format.XLSX.value, _("Excel (.xlsx)")),
            (Format.CSV.value, _("Text with commas (.csv)")),
        ],
    )
    is_full = forms.BooleanField(label=_("With full numbers"), required=False)
    reason = forms.CharField(
        label=_("What are the full numbers for?"),
        max_length=200,
        required=False,
        help_text=_("It is kept with your name, and every administrator can read it."),
    )

    def begin_with(self, columns: Sequence[str]) -> None:
        """Offer what the list shows first and ticked, in its order."""
        known = offered()
        labels = {
            c: column.label for c, column in known.items() if not column.is_retired or c in columns
        }
        in_turn = [*columns, *(code for code in labels if code not in columns)]
        field = self.fields["columns"]
        field.initial = list(columns)
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(code, labels[code]) for code in in_turn]
