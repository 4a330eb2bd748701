"""What may be told about what follows a sale."""

from clew.errors import ClewError, Conflict, Invalid, Missing


class StepMissing(Missing):
    """There is no such step, or it is not yours."""

    code = "step_missing"


class StepOver(Conflict):
    """This was done already."""

    code = "step_over"


class SurveyMissing(Missing):
    """There is no such question."""

    code = "survey_missing"


class SurveyOld(ClewError):
    """This question is closed by now."""

    code = "survey_old"
    status = 410


class MarkUnknown(Invalid):
    """Give a mark from 1 to 5."""

    code = "mark_unknown"


class PlanUnfit(Invalid):
    """Days run from 1 to 365, marks from 1 to 5, and a low mark lies below a high one."""

    code = "plan_unfit"
