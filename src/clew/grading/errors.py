"""What grading can refuse."""

from clew.errors import ClewError, Invalid


class NoRules(ClewError):
    """No grading rules are published yet, so nothing can be graded."""

    code = "no_rules"


class CategoryUnknown(Invalid):
    """Choose a category that is in the table; the line for all others cannot be removed."""

    code = "category_unknown"


class ValidityImpossible(Invalid):
    """A lead is valid for 1 to 3,650 days: give a whole number for each grade."""

    code = "validity_impossible"


class RulesInvalid(Invalid):
    """These rules cannot be used: each condition must be about a known fact."""

    code = "rules_invalid"
