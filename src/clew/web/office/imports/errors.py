"""What somebody who says what is in a file may be told."""

from clew.errors import Invalid


class KindMissing(Invalid):
    """Say first whether these are new enquiries or history."""

    code = "kind_missing"


class SourceNotChosen(Invalid):
    """Say where these leads come from."""

    code = "source_not_chosen"


class WayMissing(Invalid):
    """No column says how to reach the people. Mark the one with phone, e-mail or WeChat, or import the file as history."""

    code = "way_missing"


class LayoutWrong(Invalid):
    """The file cannot be read that way. Choose from what is offered."""

    code = "layout_wrong"
