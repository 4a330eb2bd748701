"""How a call to the outside can end without an answer: surely not sent, or perhaps."""

from clew.errors import ClewError


class Unreachable(ClewError):
    """Nobody could be reached there. Nothing was sent."""

    code = "unreachable"


class NoAnswer(ClewError):
    """It was sent, and no answer came: it may have arrived."""

    code = "no_answer"
