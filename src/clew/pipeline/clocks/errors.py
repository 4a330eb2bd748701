"""What somebody is told whose policy cannot hold."""

from clew.errors import Conflict, Invalid, Missing


class TargetUnsound(Invalid):
    """A lead must be met with within 1 minute to 30 days of working time."""

    code = "target_unsound"


class WarningTooLate(Invalid):
    """Warn before the time runs out, not when it has."""

    code = "warning_too_late"


class EscalationTooEarly(Invalid):
    """Tell the manager when the time has run out, or later."""

    code = "escalation_too_early"


class ReclaimTooEarly(Invalid):
    """Take a lead back after its time has run out, and not before the manager is told."""

    code = "reclaim_too_early"


class ReclaimFromContract(Invalid):
    """From the contract on nobody takes a lead away: leave “take back” empty there."""

    code = "reclaim_from_contract"


class HandonsUnsound(Invalid):
    """A lead is handed on 1 to 20 times, then it goes to the pool."""

    code = "handons_unsound"


class StopUnknown(Invalid):
    """Choose what is enough to stop the clock."""

    code = "stop_unknown"


class NoWorkingHour(Invalid):
    """By this calendar nobody works in the next 60 days, so no target can be met. Give it hours, or choose another."""

    code = "no_working_hour"


class PoliciesMoved(Conflict):
    """Somebody else changed these targets meanwhile. Look at them again, then repeat your change."""

    code = "policies_moved"


class PolicyMissing(Missing):
    """There are no such targets, or they are not yours to change."""

    code = "policy_missing"
