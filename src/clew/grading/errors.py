"""What grading can refuse."""

from clew.errors import ClewError, Conflict, Invalid, Missing


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
    """These rules cannot be used as they are. What is wrong stands beside each rule of the draft."""

    code = "rules_invalid"


class GradingDraftMoved(Conflict):
    """Somebody else changed the grading rules meanwhile. Look at them again, then repeat your change."""

    code = "grading_draft_moved"


class GradingRuleMissing(Missing):
    """There is no such rule in the draft any more."""

    code = "grading_rule_missing"


class TooManyGradingRules(Invalid):
    """There may be at most 60 grading rules with 10 conditions each. Put some together."""

    code = "too_many_grading_rules"


class RuleSetMissing(Missing):
    """There is no such version of the grading rules."""

    code = "rule_set_missing"


class TrialMissing(Missing):
    """There is no such trial any more. Try the rules again."""

    code = "trial_missing"


class GradeMissing(Missing):
    """This lead has no grade."""

    code = "grade_missing"


class OverrideReasonMissing(Invalid):
    """Choose a grade and say why, in at most 200 characters. It is kept with your name."""

    code = "override_reason_missing"


class OverrideOver(Conflict):
    """The rules grade this lead already; there is no grade by a person to lift."""

    code = "override_over"


class NothingToPublish(Invalid):
    """These rules are in force already."""

    code = "nothing_to_publish"
