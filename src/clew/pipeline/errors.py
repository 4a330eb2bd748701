"""What a salesperson may be told when something about a lead cannot be done."""

from clew.errors import Conflict, Invalid


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
