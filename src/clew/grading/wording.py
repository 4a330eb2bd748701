"""Grading rules in words: facts, conditions, findings, changes. Translated where they are shown."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from clew.capture.custom import Definition, Definitions, shown
from clew.grading.changes import Change
from clew.grading.checks import Finding
from clew.grading.fields import field_of
from clew.grading.rules import Condition, Rule, Value

Words = Mapping[str, str | Promise]

FACT_LABELS: Words = {
    "submission_count": gettext_lazy("Messages so far"),
    "source_kind": gettext_lazy("Kind of source"),
    "is_online": gettext_lazy("Came from the net"),
    "is_introduced": gettext_lazy("Introduced by somebody"),
    "has_phone": gettext_lazy("Left a phone number"),
    "has_company": gettext_lazy("Names a company"),
    "is_maker": gettext_lazy("Looks like a machine builder"),
    "is_dealer": gettext_lazy("Looks like a dealer"),
    "quantity": gettext_lazy("Quantity asked for"),
    "asks_price": gettext_lazy("Asks for a price"),
    "is_urgent": gettext_lazy("Is in a hurry"),
    "is_trial": gettext_lazy("Looks like a trial entry"),
    "message_length": gettext_lazy("Length of the message in characters"),
}
OPERATOR_LABELS: Words = {
    ">=": pgettext_lazy("condition", "at least"),
    "<=": pgettext_lazy("condition", "at most"),
    ">": pgettext_lazy("condition", "more than"),
    "<": pgettext_lazy("condition", "less than"),
    "==": pgettext_lazy("condition", "is"),
    "!=": pgettext_lazy("condition", "is not"),
    "in": pgettext_lazy("condition", "is one of"),
    "says": pgettext_lazy("condition", "says"),
    "filled": pgettext_lazy("condition", "is filled in"),
}
CHOICE_LABELS: Words = {
    "own": pgettext_lazy("source", "own"),
    "bought": pgettext_lazy("source", "bought"),
    "earned": pgettext_lazy("source", "earned"),
}
FINDINGS: Words = {
    "no_rules": gettext_lazy("There is no rule: every lead would get the same grade."),
    "too_many_rules": gettext_lazy("At most 60 rules. Put some together."),
    "too_many_conditions": gettext_lazy("At most 10 conditions in a rule."),
    "thresholds_crossed": gettext_lazy("High must begin above medium."),
    "threshold_too_large": gettext_lazy("Thresholds lie between −6,000 and 6,000."),
    "same_key": gettext_lazy("This rule is there twice. Remove one of them."),
    "words_missing": gettext_lazy("Words are missing: write them in both languages."),
    "words_too_long": gettext_lazy("At most 80 characters in words."),
    "points_out_of_range": gettext_lazy("Points lie between −100 and 100."),
    "no_such_fact": gettext_lazy("“%(fact)s” is not known any more. Choose another fact."),
    "operator_does_not_fit": gettext_lazy("“%(fact)s” cannot be compared in this way."),
    "value_does_not_fit": gettext_lazy("The value does not fit “%(fact)s”."),
    "never_holds": gettext_lazy("Can never hold: the conditions on “%(fact)s” contradict each other."),
    "always_holds": gettext_lazy("Holds for every lead, whatever its facts: the conditions sort nothing out."),
    "no_points": gettext_lazy("No points: this rule changes no grade."),
    "high_out_of_reach": gettext_lazy("No lead can reach high: all points together stay below it."),
    "medium_out_of_reach": gettext_lazy("Every lead would be low: all points together stay below medium."),
    "all_high": gettext_lazy("Every lead would be high, whatever its facts."),
    "none_low": gettext_lazy("No lead can be low: the fewest points possible reach medium."),
    "for_every_lead": gettext_lazy("No condition: every lead gets these points."),
}  # fmt: skip


def fact_label(fact: str, fields: Definitions) -> str:
    """Name a fact; one that is not known any more by its key."""
    field = field_of(fact, fields)
    return field.label if field else str(FACT_LABELS.get(fact, fact))


def value_in_words(value: Value, field: Definition | None = None) -> str:
    """Give a value as it reads in a condition; of a custom field as that shows it."""
    if isinstance(value, bool):
        return pgettext("condition", "yes") if value else pgettext("condition", "no")
    chosen = value if isinstance(value, list) else [value]
    return pgettext("between choices", ", ").join(_shown(one, field) for one in chosen)


def _shown(value: float | str, field: Definition | None) -> str:
    if field:
        return shown(field, value)
    return str(CHOICE_LABELS.get(value, value)) if isinstance(value, str) else f"{value:,}"


def condition_in_words(condition: Condition, fields: Definitions) -> str:
    """Give a condition as a sentence without an end, such as “Quantity asked for: at least 10”."""
    field = field_of(condition.fact, fields)
    words = {
        "fact": fact_label(condition.fact, fields),
        "value": value_in_words(condition.value, field),
    }
    how = str(OPERATOR_LABELS.get(condition.op, condition.op))
    if condition.op == "filled":
        return _("%(fact)s: %(how)s, %(value)s") % {**words, "how": how}
    if isinstance(condition.value, bool):
        return _("%(fact)s: %(value)s") % words
    return _("%(fact)s: %(how)s %(value)s") % {**words, "how": how}


def conditions_in_words(conditions: Sequence[Condition], fields: Definitions) -> str:
    """Give all conditions in a row."""
    joint = pgettext("between conditions", " and ")
    return joint.join(condition_in_words(c, fields) for c in conditions) or _("every lead")


def rule_in_words(rule: Rule, language: str) -> str:
    """Give the words of a rule in a language, or in whichever there are."""
    written = [rule.words.get(language, ""), *rule.words.values()]
    return next((text for text in written if text), rule.key)


def finding_in_words(finding: Finding, fields: Definitions) -> str:
    """Say what is wrong or odd."""
    return str(FINDINGS[finding.code]) % {"fact": fact_label(finding.fact, fields)}


def change_in_words(change: Change, language: str, fields: Definitions) -> str:
    """Say what another version does otherwise."""
    before, after = change.before, change.after
    if isinstance(before, Rule) and isinstance(after, Rule):
        return _of_both(change.kind, before, after, language, fields)
    if isinstance(after, Rule):
        words = {"rule": rule_in_words(after, language), "points": _signed(after.points)}
        return _("New: “%(rule)s” %(points)s") % words
    if isinstance(before, Rule):
        return _("Gone: “%(rule)s”") % {"rule": rule_in_words(before, language)}
    if change.kind == "order":
        return _("The rules stand in another order")
    text = _("High from %(after)s instead of %(before)s") if change.kind == "high" else _("Medium from %(after)s instead of %(before)s")  # fmt: skip
    return text % {"before": before, "after": after}


def _of_both(kind: str, before: Rule, after: Rule, language: str, fields: Definitions) -> str:
    rule = rule_in_words(before, language)
    if kind == "points":
        words = {"rule": rule, "before": _signed(before.points), "after": _signed(after.points)}
        return _("“%(rule)s”: %(after)s instead of %(before)s") % words
    if kind == "conditions":
        holds = conditions_in_words(after.when, fields)
        return _("“%(rule)s” now holds for: %(conditions)s") % {"rule": rule, "conditions": holds}
    return _("“%(rule)s” is now worded “%(words)s”") % {
        "rule": rule,
        "words": rule_in_words(after, language),
    }


def _signed(points: int) -> str:
    return f"+{points}" if points >= 0 else f"−{-points}"
