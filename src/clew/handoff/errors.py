"""What handing off can refuse."""

from clew.errors import Conflict, Invalid, Missing


class LeadMissing(Missing):
    """There is no such lead, or you may not see it."""

    code = "lead_missing"


class LeadTaken(Conflict):
    """Somebody else already has this lead."""

    code = "lead_taken"


class ClaimTooLate(Conflict):
    """It was closed meanwhile, so nobody can claim it."""

    code = "claim_too_late"


class LeadNotOpen(Conflict):
    """This lead is closed. Reopen it first."""

    code = "lead_not_open"


class LeadNotPooled(Conflict):
    """This lead is not in a pool any more."""

    code = "lead_not_pooled"


class PoolUnknown(Invalid):
    """Choose the pool of a team that takes leads, or the company's."""

    code = "pool_unknown"


class ContactBusy(Conflict):
    """This person has a newer open enquiry, so the old one cannot be reopened."""

    code = "contact_busy"


class SeatMissing(Missing):
    """There is no such seat in your teams."""

    code = "seat_missing"


class SeatTaken(Conflict):
    """This person already has a seat in the team."""

    code = "seat_taken"


class NoSeat(Invalid):
    """You have no seat in the team that holds this lead."""

    code = "no_seat"


class CapacityReached(Conflict):
    """You hold as many leads as you may. Finish some first."""

    code = "capacity_reached"


class SideTaken(Conflict):
    """Another team takes the leads of this side already."""

    code = "side_taken"


class DraftMoved(Conflict):
    """Somebody else changed the draft meanwhile. Look at it again, then repeat your change."""

    code = "draft_moved"


class RulesBroken(Invalid):
    """These rules cannot hold: a rule names what is not there any more. It is marked in the draft."""

    code = "rules_broken"


class RuleMissing(Missing):
    """There is no such rule in the draft any more."""

    code = "rule_missing"


class TooManyRules(Invalid):
    """There may be at most a hundred distribution rules. Put some together."""

    code = "too_many_rules"


class VersionMissing(Missing):
    """There is no such version of the distribution rules."""

    code = "version_missing"


class PilotRuns(Conflict):
    """A pilot is running already. End it before you start the next."""

    code = "pilot_runs"


class PilotOver(Conflict):
    """This pilot has ended already."""

    code = "pilot_over"


class PilotImpossible(Invalid):
    """A pilot takes a share of 1 to 100 per cent of the leads."""

    code = "pilot_impossible"
