"""Distribution rules in words: what each condition asks, what is wrong with a rule, why a lead missed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clew.capture.custom import Definitions
from clew.capture.regions import name_of
from clew.grading.wording import condition_in_words
from clew.handoff.routing import Finding, Rule

Words = str | Promise
LEVELS = [(3, _("High intent")), (2, _("Medium intent")), (1, _("Low intent"))]
KINDS = [
    ("own", pgettext_lazy("source", "Own")),
    ("bought", pgettext_lazy("source", "Bought")),
    ("earned", pgettext_lazy("source", "Earned")),
]
LANGUAGES = [("zh", _("writes Chinese")), ("other", _("writes another language"))]
WEEKDAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]
FLAGS: dict[str, tuple[Words, Words]] = {
    "is_online": (_("from an online source"), _("from an offline source")),
    "is_introduced": (_("introduced by somebody"), _("not introduced")),
    "has_company": (_("names a company"), _("names no company")),
}
CONDITIONS: dict[str, Words] = {
    "levels": _("another grade"),
    "sources": _("another source"),
    "kinds": _("another kind of source"),
    "regions": _("not in the region"),
    "categories": _("another product group"),
    "words": _("does not mention it"),
    "languages": _("another language"),
    "weekdays": _("another day of the week"),
    "hours": _("another time of day"),
    "is_online": _("the other side"),
    "is_introduced": _("introduced or not"),
    "has_company": _("with or without a company"),
    "custom": _("another value in a field of your own"),
}
FINDINGS: dict[str, Words] = {
    "team_gone": _("The team takes no leads any more. Choose another one."),
    "team_twice": _("The same team is named twice. A lead would go round in a circle."),
    "source_gone": _("There is no such source any more."),
    "region_gone": _("There is no such region."),
    "field_gone": _("There is no field “{names}”."),
    "field_value": _("The field “{names}” cannot hold what is asked for."),
    "never": _("No lead can ever fit this: its conditions contradict each other."),
    "hidden": _("Never reached: every lead that fits is taken before by “{names}”."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A rule as a page lists it; `number` counts from 1."""

    number: int
    rule: Rule
    conditions: list[str]
    target: str
    notes: list[tuple[str, bool]]  # words, and whether they keep the rules from holding
    fits: int | None  # leads of the past, where it was tried on them


def rows(
    rules: Sequence[Rule],
    findings: Sequence[Finding],
    teams: Mapping[int, str],
    sources: Mapping[str, str],
    fields: Definitions,
    *,
    fits: Sequence[int] = (),
) -> list[Row]:
    """Put rules into words, each with what was found wrong with it and how many leads it fits."""
    return [
        Row(
            number + 1,
            rule,
            conditions(rule, sources, fields),
            target(rule, teams),
            [(_said(f), f.is_fatal) for f in findings if f.rule == number],
            fits[number] if fits else None,
        )
        for number, rule in enumerate(rules)
    ]


def conditions(rule: Rule, sources: Mapping[str, str], fields: Definitions) -> list[str]:
    """Say each condition in a few words; nothing where the rule holds for every lead."""
    labels = {key: str(words) for key, words in (*LEVELS, *KINDS, *LANGUAGES)}
    said = [
        _either([labels[level] for level in rule.levels]),
        _either([sources.get(key, key) for key in rule.sources]),
        _either([labels[kind] for kind in rule.kinds]),
        _either([name_of(code) or str(code) for code in rule.regions]),
        _either(rule.categories),
        _mentions(rule.words),
        _either([labels[language] for language in rule.languages]),
        _either([str(dict(WEEKDAYS)[day]) for day in rule.weekdays]),
        _hours(rule),
    ]
    for name, (yes, no) in FLAGS.items():
        wanted = getattr(rule, name)
        said.append("" if wanted is None else str(yes if wanted else no))
    said += [condition_in_words(one.condition, fields) for one in rule.custom]
    return [words for words in said if words]


def target(rule: Rule, teams: Mapping[int, str]) -> str:
    """Say where the rule sends leads."""
    names = [teams.get(team, "?") for team in rule.teams]
    first = names[0]
    if rule.into == "pool":
        first = gettext("pool of {team}").format(team=first)
    if len(names) == 1:
        return first
    return gettext("{team}, else {others}").format(team=first, others=" → ".join(names[1:]))


def title(rule: Rule, sources: Mapping[str, str], fields: Definitions) -> str:
    """Give the rule's name, or what it asks for where it has none."""
    return rule.name or " · ".join(conditions(rule, sources, fields)) or gettext("Every lead")


def _either(words: Sequence[str]) -> str:
    return gettext(" or ").join(words)


def _mentions(words: Sequence[str]) -> str:
    return gettext("mentions {words}").format(words=_either(words)) if words else ""


def _hours(rule: Rule) -> str:
    if rule.hours is None:
        return ""
    start, end = rule.hours
    return gettext("{start}:00 to {end}:00").format(start=start, end=end)


def _said(finding: Finding) -> str:
    return str(FINDINGS[finding.code]).format(names=gettext(" or ").join(finding.names))
