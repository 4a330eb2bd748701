"""Which leads come to rest, how often they are touched, and by whom."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from clew.access.models import Team
from clew.base.ledger import Actor, append
from clew.pipeline.moves.actions.stages import LOSSES
from clew.pipeline.resting.errors import KeeperUnknown, PaceUnfit, RestReasonUnknown
from clew.pipeline.resting.events import RestPolicySet
from clew.pipeline.resting.models import Keeper, RestPolicy
from clew.pipeline.resting.queries import candidates
from clew.pipeline.resting.rules import USUAL, Pace, is_sound

MOST = 10_000


@dataclass(frozen=True, slots=True)
class RestTerms:
    """What holds, as `RestPolicy` keeps it."""

    ends: tuple[str, ...] = ()
    tries: int | None = None
    turns: int | None = None
    pooled_days: int | None = None
    every_days: int = USUAL.every_days
    touches_at_most: int = USUAL.touches_at_most

    @property
    def takes_any(self) -> bool:
        """Tell whether any lead comes to rest by it."""
        return bool(self.ends or self.tries or self.turns or self.pooled_days)


@transaction.atomic
def set_policy(
    team: Team | None,
    terms: RestTerms,
    keepers: Collection[int],
    *,
    actor: Actor,
    now: datetime,
    since: datetime | None = None,
) -> None:
    """Let other leads of a team rest from now on, or of the company where there is no team; others look after them.

    `since`: also those that ended from then on, in the background. Where no lead rests by it and nobody is named, there
    is no policy any more; what rests stays. Saying the same again changes nothing. The caller has checked that
    the member may. Raises RestReasonUnknown, PaceUnfit, KeeperUnknown.
    """
    _check(terms)
    wanted = set(keepers)
    before = RestPolicy.objects.filter(team=team).first()
    had = set(before.keepers.values_list("member", flat=True)) if before else set()
    if not wanted - had <= set(candidates(team).values_list("pk", flat=True)):
        raise KeeperUnknown
    if not (terms.takes_any or wanted):
        if before is None:
            return
        before.delete()
    else:
        if before and since is None and wanted == had and _terms_of(before) == terms:
            return
        kept = {**asdict(terms), "ends": list(terms.ends)}
        if since is not None:
            kept["since"] = since
        policy, _ = RestPolicy.objects.update_or_create(team=team, defaults=kept)
        policy.keepers.exclude(member__in=wanted).delete()
        Keeper.objects.bulk_create(
            Keeper(policy=policy, member_id=one) for one in sorted(wanted - had)
        )
    told = RestPolicySet(team.pk if team else 0, asdict(terms), sorted(wanted))
    append(told, actor=actor, at=now)


def _terms_of(policy: RestPolicy) -> RestTerms:
    return RestTerms(
        tuple(policy.ends),
        policy.tries,
        policy.turns,
        policy.pooled_days,
        policy.every_days,
        policy.touches_at_most,
    )


def _check(terms: RestTerms) -> None:
    if not set(terms.ends) <= set(LOSSES):
        raise RestReasonUnknown
    counts = (terms.tries, terms.turns, terms.pooled_days)
    if not is_sound(Pace(terms.every_days, terms.touches_at_most)) or not all(
        n is None or 1 <= n <= MOST for n in counts
    ):
        raise PaceUnfit
