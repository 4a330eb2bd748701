"""What agreements about leads can refuse."""

from clew.errors import Denied, Invalid


class CreditUnsound(Invalid):
    """Name each person once, up to five, with whole per cent that sum to 100."""

    code = "credit_unsound"


class CreditPersonUnknown(Invalid):
    """One of the people has no place in a team any more. Choose somebody of the list."""

    code = "credit_person_unknown"


class CreditDenied(Denied):
    """Only whoever holds a lead gives of its credit, and only of their own part. Ask a manager for anything else."""

    code = "credit_denied"
