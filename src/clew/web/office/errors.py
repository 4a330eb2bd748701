"""What an operator may be told on these pages alone."""

from clew.errors import Invalid


class TooManyTroubles(Invalid):
    """More than 20,000 fit. Narrow the filter, by source or by reason."""

    code = "too_many_troubles"


class ReasonUnchosen(Invalid):
    """Choose why the lead goes to somebody else. It stays with the lead."""

    code = "reason_unchosen"


class PurposeMissing(Invalid):
    """Say what the full list is for. It is noted down."""

    code = "export_purpose_missing"
