"""What grading can refuse."""

from clew.errors import ClewError, Invalid


class NoRules(ClewError):
    """No grading rules are published yet, so nothing can be graded."""

    code = "no_rules"


class RulesInvalid(Invalid):
    """These rules cannot be used: each condition must be about a known fact."""

    code = "rules_invalid"
