"""Which vendors there are, what each speaks, and where an outlet's secrets are sealed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from clew.reach.channels import dingtalk, feishu, wecom
from clew.reach.channels.speech import Card, Codes, Request
from clew.reach.models import Outlet


class Speech(Protocol):
    """What a module of `channels` has."""

    CODES: Codes
    PER_MINUTE: int
    PER_SECOND: int
    HAS_SECRET: bool

    def fits(self, address: str) -> bool:
        """Tell whether an address looks like one of these robots."""

    def request(self, address: str, secret: str, card: Card, now: datetime, /) -> Request:
        """Say a card."""


SPEECH: Mapping[str, Speech] = {
    Outlet.Vendor.WECOM: wecom,
    Outlet.Vendor.DINGTALK: dingtalk,
    Outlet.Vendor.FEISHU: feishu,
}


def place(outlet_id: UUID, what: str) -> bytes:
    """Name the place that an address or a secret is sealed for."""
    return f"outlet:{outlet_id}:{what}".encode()
