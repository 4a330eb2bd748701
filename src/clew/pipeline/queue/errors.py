"""What may be told of results that were given without network."""

from clew.errors import Invalid, Missing


class ResultUnreadable(Invalid):
    """The result or the next contact cannot be read."""

    code = "result_unreadable"


class StrayMissing(Missing):
    """There is no such result, or it is not yours."""

    code = "stray_missing"
