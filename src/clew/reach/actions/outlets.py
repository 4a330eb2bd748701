"""The robots that people are told by: made, changed, tried, retired. Addresses and secrets are sealed at once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.base.outgoing import TargetUnfit, target
from clew.base.sealing import seal
from clew.reach.errors import (
    AddressUnfit,
    OutletMissing,
    OutletNameless,
    SecretMissing,
    ServesNobody,
    VendorUnknown,
)
from clew.reach.events import OutletAdded, OutletChanged, OutletRetired, OutletTried
from clew.reach.models import Message, Outlet
from clew.reach.vendors import SPEECH, place

LONGEST = 500  # characters of an address or a secret


@dataclass(frozen=True, slots=True)
class OutletData:
    """What a robot needs: whose it is, for one team or one member, and its address and secret as copied.

    Of one that is changed, an empty address or secret stays as it was.
    """

    vendor: str
    name: str
    team_id: int | None
    member_id: int | None
    address: str
    secret: str


@transaction.atomic
def add_outlet(given: OutletData, *, by: Member, now: datetime) -> Outlet:
    """Make a robot known. Raises VendorUnknown, OutletNameless, ServesNobody, AddressUnfit, SecretMissing."""
    if given.vendor not in SPEECH:
        raise VendorUnknown
    _check(given)
    if SPEECH[given.vendor].HAS_SECRET and not given.secret.strip():
        raise SecretMissing
    made = Outlet(id=uuid4(), vendor=given.vendor, made_by=by, made_at=now)
    _fill(made, given)
    made.save(force_insert=True)
    append(OutletAdded(made.pk, made.vendor), actor=_actor(by), at=now)
    return made


@transaction.atomic
def change_outlet(outlet_id: UUID, given: OutletData, *, by: Member, now: datetime) -> None:
    """Change a robot; it is tried again at once. Raises OutletMissing and what `add_outlet` raises."""
    outlet = _locked(outlet_id)
    given = OutletData(
        outlet.vendor, given.name, given.team_id, given.member_id, given.address, given.secret
    )
    _check(given, is_new=False)
    _fill(outlet, given)
    outlet.failures, outlet.rests_until, outlet.problem = 0, None, ""
    outlet.save()
    append(OutletChanged(outlet.pk), actor=_actor(by), at=now)


@transaction.atomic
def retire_outlet(outlet_id: UUID, *, by: Member, now: datetime) -> None:
    """Let a robot say nothing from now on. Repeating it changes nothing. Raises OutletMissing."""
    outlet = _locked(outlet_id)
    if outlet.retired_at is None:
        outlet.retired_at = now
        outlet.save()
        append(OutletRetired(outlet.pk), actor=_actor(by), at=now)


@transaction.atomic
def try_outlet(outlet_id: UUID, *, by: Member, now: datetime) -> None:
    """Let a robot say that it works; one trial at a time. Raises OutletMissing."""
    outlet = _locked(outlet_id)
    if outlet.retired_at is not None:
        raise OutletMissing
    if not outlet.messages.filter(is_test=True, state=Message.State.WAITING).exists():
        Message.objects.create(
            outlet=outlet, is_test=True, state=Message.State.WAITING, made_at=now
        )
        append(OutletTried(outlet.pk), actor=_actor(by), at=now)


def _check(given: OutletData, *, is_new: bool = True) -> None:
    if not given.name.strip():
        raise OutletNameless
    if (given.team_id is None) == (given.member_id is None):
        raise ServesNobody
    address = given.address.strip()
    if not (address or is_new):
        return
    if len(address) > LONGEST:
        raise AddressUnfit
    to = target(address)  # before anything else reads it
    if not SPEECH[given.vendor].fits(address):
        raise AddressUnfit
    if not to.is_tls and not settings.PRIVATE_TARGETS:
        raise TargetUnfit


def _fill(outlet: Outlet, given: OutletData) -> None:
    outlet.name = given.name.strip()
    outlet.team_id, outlet.member_id = given.team_id, given.member_id
    if address := given.address.strip():
        outlet.address = seal(address.encode(), place(outlet.pk, "address"))
    if secret := given.secret.strip():
        outlet.secret = seal(secret.encode(), place(outlet.pk, "secret"))


def _locked(outlet_id: UUID) -> Outlet:
    found = Outlet.objects.select_for_update().filter(pk=outlet_id).first()
    if found is None:
        raise OutletMissing
    return found


def _actor(member: Member) -> Actor:
    return Actor("member", str(member.pk))
