"""The form of one distribution rule: every condition is chosen or typed, none is code."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clew.capture.custom import Definition, read, written
from clew.capture.inputs import WORDS as INPUT_WORDS
from clew.capture.models import Source
from clew.capture.queries import all_definitions
from clew.capture.regions import name_of, resolve, rivals
from clew.handoff.models import Method
from clew.handoff.routing import HOURS, FieldTest, Rule
from clew.web.office.distribution.wording import KINDS, LANGUAGES, LEVELS, WEEKDAYS
from clew.web.office.forms import Styled

BETWEEN = re.compile(r"[,，、;；\n]+")
MOST_WORDS = 50
ANY = [("", _("either")), ("yes", _("yes")), ("no", _("no"))]
OPS: dict[str, Literal[">=", "<=", "in", "says"]] = {
    "least": ">=",
    "most": "<=",
    "in": "in",
    "says": "says",
}
FLAGS = {"": None, "yes": True, "no": False}
CLOCK = [("", "–"), *((str(hour), f"{hour}:00") for hour in range(HOURS))]


def _ticks(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


def _either(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=ANY, required=False)


def _list(label: Any, hint: Any, longest: int = 600) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": hint}),
    )


class RuleForm(Styled):
    """Which leads, and where they go. What is left empty makes no difference."""

    levels = _ticks(_("Grade"), LEVELS)
    words = _list(_("Mentions"), _("servo, 伺服 – any of these words"))
    regions = _list(_("Region"), _("江苏, 上海浦东"), 2000)
    categories = _list(_("Product group"), _("exactly as sources send it"))
    sources = _ticks(_("Source"), ())
    kinds = _ticks(_("Kind of source"), KINDS)
    is_introduced = _either(_("Introduced by somebody"))
    is_online = _either(_("From an online source"))
    has_company = _either(_("Names a company"))
    languages = _ticks(_("Language"), LANGUAGES)
    weekdays = _ticks(_("Day of the week"), WEEKDAYS)
    start = forms.ChoiceField(label=_("From"), choices=CLOCK, required=False)
    end = forms.ChoiceField(label=_("Until"), choices=CLOCK, required=False)
    team = forms.ChoiceField(label=_("Team"))
    into = forms.ChoiceField(
        label=_("How"),
        choices=[
            ("method", _("as the team takes that grade")),
            ("pool", _("into the team's pool")),
        ],
        help_text=_("By turn, to who has waited longest, or pool: set for each team by grade."),
    )
    second = forms.ChoiceField(label=_("If nobody there can take it now"), required=False)
    third = forms.ChoiceField(label=_("And if nobody there can either"), required=False)
    name = forms.CharField(
        label=_("Name of the rule"),
        max_length=80,
        required=False,
        help_text=_("Salespeople read it where they ask why."),
    )
    MORE = ("kinds", "is_introduced", "is_online", "has_company", "languages", "weekdays")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the sources and teams there are."""
        super().__init__(*args, **kwargs)
        teams = [
            (str(m.team_id), m.team.name)
            for m in Method.objects.select_related("team").order_by("team__name")
        ]
        for field, choices in {
            "sources": Source.objects.order_by("name").values_list("key", "name"),
            "team": teams,
            "second": [("", _("it waits in the pool")), *teams],
            "third": [("", _("it waits in the pool")), *teams],
        }.items():
            self.fields[field].choices = choices  # type: ignore[attr-defined]
        self.custom = {one.key: one for one in _offered(self.initial.get("custom", []))}
        for one in self.custom.values():
            self.fields.update(_asking(one))
            self.initial.update(_asked(one, self.initial.get("custom", [])))
        self.dress()

    @property
    def custom_fields(self) -> list[list[forms.BoundField]]:
        """The inputs for each custom field."""
        return [[self[name] for name in _asking(one)] for one in self.custom.values()]

    @property
    def has_custom(self) -> bool:
        """Tell whether a custom field is asked for."""
        return any(f.value() not in (None, "", []) for pair in self.custom_fields for f in pair)

    @property
    def has_more(self) -> bool:
        """Tell whether one of the conditions is set that are seldom needed."""
        return any(self[name].value() not in (None, "", []) for name in (*self.MORE, "start"))

    def clean_regions(self) -> list[int]:
        """Find the code of each place, or say which place is meant."""
        codes = []
        for text in _parts(self.cleaned_data["regions"]):
            found = resolve(text)
            if found.is_ambiguous:
                which = gettext("“{text}” is in several places: {places}. Add which one.")
                places = gettext(", ").join(rivals(text)[:6])
                raise forms.ValidationError(which.format(text=text, places=places))
            if found.code is None:
                unknown = gettext("“{text}” is no region that is known here.")
                raise forms.ValidationError(unknown.format(text=text))
            codes.append(found.code)
        return list(dict.fromkeys(codes))

    def clean(self) -> dict[str, Any]:
        """Hours come in pairs."""
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if bool(start) != bool(end):
            self.add_error("end", _("Give both hours or none."))
        elif start and start == end:
            self.add_error("end", _("From and until are the same: no hour is left."))
        given["custom"] = [test for one in self.custom.values() for test in self._tests(one)]
        return given

    def _tests(self, one: Definition) -> list[FieldTest]:
        """Read what is asked of a custom field; what cannot be read is an error at its input."""
        found: list[FieldTest] = []
        for name in _asking(one):
            given, op = self.cleaned_data.get(name), OPS[name.partition("-")[0]]
            if given and op == "in":
                found.append(FieldTest(one.key, op, given))
            elif given:
                value, code = read(one, given)
                if code or value is None:
                    self.add_error(name, INPUT_WORDS[code])
                else:
                    found.append(FieldTest(one.key, op, value))
        return found

    def rule(self) -> Rule:
        """Give the rule that was filled in."""
        given = self.cleaned_data
        others = [int(given[name]) for name in ("second", "third") if given[name]]
        return Rule(
            name=given["name"].strip(),
            team=int(given["team"]),
            into=given["into"],
            otherwise=others,
            levels=sorted((int(level) for level in given["levels"]), reverse=True),
            sources=given["sources"],
            kinds=given["kinds"],
            regions=given["regions"],
            categories=_parts(given["categories"]),
            words=_parts(given["words"]),
            languages=given["languages"],
            weekdays=[int(day) for day in given["weekdays"]],
            hours=(int(given["start"]), int(given["end"])) if given["start"] else None,
            **{name: FLAGS[given[name]] for name in ("is_online", "is_introduced", "has_company")},
            custom=given["custom"],
        )


def _offered(asked: Sequence[FieldTest]) -> list[Definition]:
    """The fields in use, and retired ones that the rule asks for already."""
    wanted = {one.field for one in asked}
    return [f for f in all_definitions().values() if not f.is_retired or f.key in wanted]


def _asking(one: Definition) -> dict[str, forms.Field]:
    """The inputs that ask for a custom field: ticks, a part of its text, or its bounds."""
    if one.kind == "choice":
        return {f"in-{one.key}": _ticks(one.label, [(c.key, c.label) for c in one.choices])}
    if one.kind == "text":
        label = gettext("{field} mentions").format(field=one.label)
        return {f"says-{one.key}": forms.CharField(label=label, max_length=200, required=False)}
    unit = one.currency if one.kind == "money" else one.unit
    attrs = {"type": "date"} if one.kind == "date" else {"inputmode": "decimal"}
    words = {"least": gettext("{field} from"), "most": gettext("{field} up to")}
    return {
        f"{bound}-{one.key}": forms.CharField(
            label=words[bound].format(field=one.label),
            max_length=40,
            required=False,
            help_text=unit,
            widget=forms.TextInput(attrs=attrs),
        )
        for bound in words
    }


def _asked(one: Definition, tests: Sequence[FieldTest]) -> dict[str, Any]:
    named = {op: name for name, op in OPS.items()}
    return {
        f"{named[t.op]}-{one.key}": t.value if t.op == "in" else written(one, t.value)
        for t in tests
        if t.field == one.key
    }


def initial(rule: Rule) -> dict[str, Any]:
    """Fill the form in from a rule."""
    others = [str(team) for team in rule.otherwise] + ["", ""]
    start, end = rule.hours or ("", "")
    told = {True: "yes", False: "no", None: ""}
    return {
        "name": rule.name,
        "team": str(rule.team),
        "into": rule.into,
        "second": others[0],
        "third": others[1],
        "levels": [str(level) for level in rule.levels],
        "sources": rule.sources,
        "kinds": rule.kinds,
        "regions": gettext(", ").join(name_of(code).replace(" ", "") for code in rule.regions),
        "categories": gettext(", ").join(rule.categories),
        "words": gettext(", ").join(rule.words),
        "languages": rule.languages,
        "weekdays": [str(day) for day in rule.weekdays],
        "start": str(start),
        "end": str(end),
        **{
            name: told[getattr(rule, name)]
            for name in ("is_online", "is_introduced", "has_company")
        },
        "custom": rule.custom,
    }


class PlayForm(Styled):
    """A lead to play through the rules."""

    level = forms.TypedChoiceField(label=_("Grade"), choices=LEVELS, coerce=int)
    source = forms.ModelChoiceField(
        label=_("Source"),
        queryset=Source.objects.order_by("name"),
        to_field_name="key",
        empty_label=None,
    )
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    category = forms.CharField(label=_("Product group"), max_length=60, required=False)
    wanted = forms.CharField(label=_("What do they want?"), max_length=200, required=False)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    is_introduced = forms.BooleanField(label=_("Introduced by somebody"), required=False)


class PilotForm(Styled):
    """A share of the leads that the draft holds for."""

    percent = forms.IntegerField(
        label=_("Share of the leads, %"), min_value=1, max_value=100, initial=20
    )
    regions = _list(_("Only in these regions"), _("everywhere"), 2000)

    clean_regions = RuleForm.clean_regions


def _parts(text: str) -> list[str]:
    parts: Sequence[str] = [part.strip()[:60] for part in BETWEEN.split(text)]
    return list(dict.fromkeys(part for part in parts if part))[:MOST_WORDS]
