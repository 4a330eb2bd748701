"""What people may be told when something of this stage is refused."""

from clew.errors import Invalid


class NothingNamed(Invalid):
    """Say which lead was looked at, or that all notices were read."""

    code = "nothing_named"
