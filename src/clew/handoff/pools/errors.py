"""What agreements about leads can refuse."""

from clew.errors import Conflict, Denied, Invalid


class CreditUnsound(Invalid):
    """Name each person once, up to five, with whole per cent that sum to 100."""

    code = "credit_unsound"


class CreditPersonUnknown(Invalid):
    """One of the people has no place in a team any more. Choose somebody of the list."""

    code = "credit_person_unknown"


class CreditDenied(Denied):
    """Only whoever holds a lead gives of its credit, and only of their own part. Ask a manager for anything else."""

    code = "credit_denied"


class TurnsElsewhere(Invalid):
    """What goes to the company's pool is not given out again by turn. Choose one of the two."""

    code = "turns_elsewhere"


class ClaimsSpent(Conflict):
    """You have claimed as many leads today as this pool allows. More tomorrow."""

    code = "claims_spent"


class HadItLately(Conflict):
    """You had this lead yourself until lately. Others come first for a while."""

    code = "had_it_lately"


class ViewsSpent(Conflict):
    """You have looked closer at as many leads today as this pool allows. You can still claim them."""

    code = "views_spent"


class OverflowUnknown(Invalid):
    """Choose another team that takes leads."""

    code = "overflow_unknown"
