"""What somebody may be told about plans and months."""

from clew.errors import Conflict, Invalid, Missing


class PlanUnsound(Invalid):
    """This plan cannot be paid by:"""

    code = "plan_unsound"


class PlanTooEarly(Invalid):
    """That month has begun by another version, or is over. Let the new one hold from a later month."""

    code = "plan_too_early"


class PlanMoved(Conflict):
    """Somebody has published a plan for this team meanwhile. Look at it, then publish yours."""

    code = "plan_moved"


class MonthRunning(Conflict):
    """This month is still running. It can be closed from the first of the next one."""

    code = "month_running"


class MonthMissing(Missing):
    """There is no such month."""

    code = "month_missing"
