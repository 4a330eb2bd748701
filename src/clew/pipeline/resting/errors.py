"""What the no-intent pool can refuse."""

from clew.errors import Conflict, Invalid, Missing


class RestMissing(Missing):
    """There is no such lead in a no-intent pool that you look after."""

    code = "rest_missing"


class RestOver(Conflict):
    """This lead does not rest any more: there was a sign of life, or somebody has taken it out."""

    code = "rest_over"


class TouchedAlready(Conflict):
    """Somebody was faster: this lead has just been touched. It has its next day already."""

    code = "touched_already"


class TouchOfAnotherLead(Conflict):
    """This was kept with another lead. Load the page again."""

    code = "touch_of_another_lead"


class TouchUnknown(Invalid):
    """Choose what came of it from the list."""

    code = "touch_unknown"


class PaceUnfit(Invalid):
    """Touches are 1 to 365 working days apart and 1 to 100 at most; calls, turns and days are 1 or more."""

    code = "pace_unfit"


class RestReasonUnknown(Invalid):
    """Choose reasons for which leads are lost."""

    code = "rest_reason_unknown"


class KeeperUnknown(Invalid):
    """One of the people is no colleague any more. Choose from the list."""

    code = "keeper_unknown"
