"""What a program may be told about how it asks. `parameter` names what is meant."""

from clew.errors import Invalid


class CursorUnknown(Invalid):
    """This cursor was not given out for this list with these filters. Send it back as it came, with the same filters."""

    code = "cursor_unknown"


class LimitOutOfRange(Invalid):
    """The limit is a whole number from 1 to 200."""

    code = "limit_out_of_range"


class TimeUnreadable(Invalid):
    """Give a time with its offset from UTC, such as 2026-11-23T09:41:00Z or …%2B08:00: in an address, + is written %2B."""

    code = "time_unreadable"


class ParameterUnusable(Invalid):
    """A filter has a value that it cannot have. The document tells which it takes."""

    code = "parameter_unusable"


class ParameterUnknown(Invalid):
    """There is no such filter here. The document lists those there are."""

    code = "parameter_unknown"


class ParameterRepeated(Invalid):
    """A filter is given more than once."""

    code = "parameter_repeated"


class BodyUnusable(Invalid):
    """What was sent has not the shape that the document asks for. `at` tells where."""

    code = "body_unusable"
