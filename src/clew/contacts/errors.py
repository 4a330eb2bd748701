"""What contacts can refuse."""

from clew.errors import ClewError, Invalid


class Unreachable(Invalid):
    """There is no usable way of reaching this person: give a phone number, an e-mail address or a WeChat id."""

    code = "unreachable"


class Overtaken(ClewError):
    """Another worker met the same person first; the batch is run again."""

    code = "overtaken"


class PurposeUnknown(Invalid):
    """Choose what you need the number for."""

    code = "purpose_unknown"
