"""What the demo can refuse."""

from clew.errors import Conflict


class NotEmpty(Conflict):
    """There is data here already. The demo goes into an empty deployment only."""

    code = "demo_not_empty"


class NoDemo(Conflict):
    """The demo is not loaded, so there is nothing to remove."""

    code = "demo_not_loaded"


class MixedWithOwn(Conflict):
    """Leads of your own sources are held by the demo's people. Give them to your own first, then remove the demo."""

    code = "demo_mixed"
