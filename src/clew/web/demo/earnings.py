"""What the demo's deals came to, and how its teams are paid for the months that were lived through."""

from datetime import datetime
from random import Random

from clew.access.models import Member, Role
from clew.base.json import to_builtins
from clew.handoff.models import Method, Placement
from clew.handoff.pools.queries import credit_of
from clew.pipeline.commission.actions.booking import settle
from clew.pipeline.commission.models import Closing, Plan
from clew.pipeline.commission.months import before, month_of
from clew.pipeline.commission.rules import OFFLINE, ONLINE
from clew.pipeline.models import Result, Worth

ONLINE_YUAN, OFFLINE_YUAN = (2_600, 38_000), (38_000, 420_000)
MARGIN_PERCENT = (12, 31)
UNSAID = 11  # of so many deals nobody has said of one what it came to


def pay(begin: datetime, now: datetime, seed: int) -> None:
    """Say what was won, let a plan hold for each side since the beginning, and close what is long over."""
    won = list(
        Placement.objects.filter(
            kind=Placement.Kind.CLOSED, closed_at=None, reason="won", lead__result=None
        )
        .select_related("lead__source")
        .order_by("opened_at", "pk")
    )
    _say(won, seed)
    boss = Member.objects.filter(role=Role.ADMINISTRATOR).earliest("pk")
    for method in Method.objects.exclude(side=Method.Side.RULES).order_by("pk"):
        terms = ONLINE if method.side == Method.Side.ONLINE else OFFLINE
        Plan.objects.create(
            team_id=method.team_id,
            version=1,
            valid_from=month_of(begin),
            published_at=begin,
            publisher=boss,
            **to_builtins(terms),
        )
    settle([p.lead_id for p in won], now)
    for method in Method.objects.exclude(side=Method.Side.RULES).order_by("pk"):
        Closing.objects.create(
            team_id=method.team_id, month=before(before(month_of(now))), closed_at=now, closer=boss
        )


def _say(won: list[Placement], seed: int) -> None:
    """Invent value and margin, by dice of each deal's own."""
    credit = credit_of([p.lead_id for p in won])
    results, worths = [], []
    for number, p in enumerate(won):
        chance = Random(f"{seed}:worth:{number}")  # noqa: S311  a story, not a secret
        value = chance.randint(*(ONLINE_YUAN if p.lead.source.is_online else OFFLINE_YUAN)) * 100
        margin = value * chance.randint(*MARGIN_PERCENT) // 100
        is_said = number % UNSAID != UNSAID - 1
        said = {"value_minor": value, "margin_minor": margin} if is_said else {}
        results.append(Result(lead_id=p.lead_id, is_won=True, ended_at=p.opened_at, **said))
        if is_said:
            holder = credit[p.lead_id][0].member_id
            worths.append(Worth(lead_id=p.lead_id, said_at=p.opened_at, sayer_id=holder, **said))
    Result.objects.bulk_create(results)
    Worth.objects.bulk_create(worths)
