"""The only writers of loss reviews."""

from datetime import datetime

from django.db import connection, transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.handoff.queries import visible_lead
from clew.pipeline.reviews.errors import (
    LossMoved,
    NothingLost,
    ReviewDone,
    ReviewMissing,
    WhyUnsaid,
)
from clew.pipeline.reviews.events import LossesDrawn, LossReviewed
from clew.pipeline.reviews.models import Review, Sample
from clew.pipeline.reviews.queries import losses
from clew.pipeline.reviews.rules import draw

LOCK = 0x6C6F7373  # "loss": one draws at a time
WHY_AT_MOST = 200
MOST = 50


@transaction.atomic
def draw_sample(
    team_id: int,
    since: datetime,
    until: datetime,
    *,
    size: int,
    seed: str,
    member: Member,
    now: datetime,
) -> Sample:
    """Draw losses of a team that ended in a time and that nobody has looked at yet, `MOST` at most.

    The same seed again gives the same sample, and whoever draws meanwhile waits, so that no loss is drawn twice.
    The caller has checked that the member leads the team. Raises NothingLost.
    """
    _take_turn()
    known = Sample.objects.filter(team=team_id, seed=seed).first()
    if known is not None:
        return known
    found = losses(team_id, since, until)
    if not found:
        raise NothingLost
    drawn = draw([loss for loss, _ in found], max(1, min(size, MOST)), seed)
    ended = {loss.lead_id: at for loss, at in found}
    sample = Sample.objects.create(
        team_id=team_id, since=since, until=until, seed=seed, of_count=len(found), drawn_at=now,
        drawer=member,
    )  # fmt: skip
    Review.objects.bulk_create(
        Review(
            sample=sample,
            lead_id=loss.lead_id,
            member_id=loss.member_id,
            reason=loss.reason,
            ended_at=ended[loss.lead_id],
        )
        for loss in drawn
    )
    told = LossesDrawn(sample.pk, team_id, len(drawn), len(found))
    append(told, actor=_actor(member), at=now)
    return sample


@transaction.atomic
def judge(review_id: int, *, verdict: str, why: str = "", member: Member, now: datetime) -> Review:
    """Agree with a loss, or take the lead up again for a second try with a reason.

    It goes back to whoever had it last, or into the pool. Raises ReviewMissing, ReviewDone, WhyUnsaid,
    LossMoved, and what reopening may refuse.
    """
    review = Review.objects.select_for_update().filter(pk=review_id).first()
    if review is None or verdict not in {Review.Verdict.AGREED, Review.Verdict.REOPENED}:
        raise ReviewMissing
    if review.verdict:
        raise ReviewDone
    said = why.strip()
    if verdict == Review.Verdict.REOPENED:
        if not 0 < len(said) <= WHY_AT_MOST:
            raise WhyUnsaid
        visible_lead(member, review.lead_id)
        stands = Placement.objects.get(lead=review.lead_id, closed_at=None)
        if (stands.kind, stands.opened_at) != (Placement.Kind.CLOSED, review.ended_at):
            raise LossMoved
        handoff.reopen(review.lead_id, actor=_actor(member), now=now)
    review.verdict, review.why = verdict, said[:WHY_AT_MOST]
    review.reviewer, review.reviewed_at = member, now
    review.save(update_fields=["verdict", "why", "reviewer", "reviewed_at"])
    append(LossReviewed(review.lead_id, review.pk, verdict), actor=_actor(member), at=now)
    return review


def _take_turn() -> None:
    """Be the only one who draws, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])


def _actor(member: Member) -> Actor:
    return Actor("member", str(member.pk))
