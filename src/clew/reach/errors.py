"""What people may be told when something of this stage is refused."""

from clew.errors import Invalid, Missing


class NothingNamed(Invalid):
    """Say which lead was looked at, or that all notices were read."""

    code = "nothing_named"


class VendorUnknown(Invalid):
    """Choose WeCom, DingTalk or Feishu."""

    code = "vendor_unknown"


class OutletNameless(Invalid):
    """Give the robot a name, such as that of its group."""

    code = "outlet_nameless"


class ServesNobody(Invalid):
    """Choose one team or one person for the robot."""

    code = "serves_nobody"


class AddressUnfit(Invalid):
    """This is not the address of such a robot. Copy the whole webhook address from the messenger."""

    code = "address_unfit"


class SecretMissing(Invalid):
    """Switch signing on in the robot's safety settings, and paste its secret here."""

    code = "secret_missing"


class OutletMissing(Missing):
    """There is no such robot, or it was retired."""

    code = "outlet_missing"


class WishUnknown(Invalid):
    """Choose for each event when you want to be told: at once, while unread, collected, or never."""

    code = "wish_unknown"


class QuietUnfit(Invalid):
    """Quiet hours begin and end at different times of the day. Leave both empty to have none."""

    code = "quiet_unfit"


class PatienceUnfit(Invalid):
    """The manager is told after the next way was taken: both in minutes, at most a day."""

    code = "patience_unfit"
