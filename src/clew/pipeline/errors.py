"""What a salesperson may be told when something about a lead cannot be done."""

from clew.errors import ClewError, Conflict, Denied, Invalid, Missing


class LeadNotClaimed(Conflict):
    """This lead is in the pool. Claim it first, then call."""

    code = "lead_not_claimed"


class CallOfAnotherLead(Conflict):
    """This call was already logged for another lead."""

    code = "call_of_another_lead"


class NextTimePassed(Invalid):
    """The next contact must lie ahead."""

    code = "next_time_passed"


class NextTimeMissing(Invalid):
    """Choose when to make contact again."""

    code = "next_time_missing"


class EndUnknown(Invalid):
    """Choose how the lead ended."""

    code = "end_unknown"


class ValueUnreadable(Invalid):
    """The value is an amount in yuan, such as 12800 or 12800.50."""

    code = "value_unreadable"


class ColumnsMissing(Invalid):
    """Choose at least one column."""

    code = "columns_missing"


class ReasonMissing(Invalid):
    """Write down what the full numbers are for."""

    code = "reason_missing"


class ExportTooLarge(Invalid):
    """This is more than one export may hold. Narrow the filter."""

    code = "export_too_large"


class FullNumbersDenied(Denied):
    """Only administrators may export full numbers. Ask for a masked export, or ask an administrator."""

    code = "full_numbers_denied"


class ExportMissing(Missing):
    """There is no such export, or it is not yours."""

    code = "export_missing"


class ExportOver(Conflict):
    """This export is not here any more. Ask for a new one."""

    code = "export_over"


class ExportsEnough(Conflict):
    """You have enough exports under way. Wait for one of them, or delete it."""

    code = "exports_enough"


class RightsChanged(Denied):
    """What you may see has changed since you asked. Ask for a new export."""

    code = "rights_changed"


class ExportBroken(ClewError):
    """The export stopped again and again at the same place. The log says why."""

    code = "export_broken"
