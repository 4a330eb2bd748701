"""What a manager may be told about a loss review."""

from clew.errors import Conflict, Invalid, Missing


class NothingLost(Conflict):
    """Nothing that was lost in this time is left to look at."""

    code = "nothing_lost"


class ReviewMissing(Missing):
    """There is no such loss to look at."""

    code = "review_missing"


class ReviewDone(Conflict):
    """Somebody has looked at this loss already."""

    code = "review_done"


class LossMoved(Conflict):
    """This lead is no longer lost as it was: somebody has taken it up meanwhile."""

    code = "loss_moved"


class WhyUnsaid(Invalid):
    """Say in at most 200 characters why it is worth a second try."""

    code = "why_unsaid"
