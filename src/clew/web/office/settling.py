"""Settling troubles: one, those that are ticked, or in the background all that fit a filter."""

from datetime import datetime

from django.db import transaction

from clew.base.ledger import Actor
from clew.base.sealing import SealBroken
from clew.capture.actions import failures, rejections, reruns
from clew.capture.errors import FailureSettled, LeadsRefused
from clew.capture.models import Rerun
from clew.errors import Missing
from clew.web.office import troubles

AT_ONCE = 100  # more than that are settled in the background
STEP = 50


def settle(ref: str, what: str, *, actor: Actor, now: datetime) -> bool:
    """Replay or dismiss one. False where it is settled already, or still wrong. Raises Unavailable."""
    try:
        _kind, key = troubles.parsed(ref)
        if what == Rerun.What.DISMISS and isinstance(key, int):
            failures.dismiss(key, actor=actor, now=now)
        elif isinstance(key, int):
            failures.replay(key, actor=actor, now=now)
        elif what == Rerun.What.DISMISS:
            rejections.dismiss(key, actor=actor, now=now)
        else:
            rejections.replay(key, actor=actor, now=now)
    except (Missing, FailureSettled, LeadsRefused, SealBroken):
        return False
    return True


def go_on(now: datetime) -> bool:
    """Chore: settle the next few of what somebody wanted settled. False where there is nothing to do."""
    with transaction.atomic():
        rerun = reruns.claim()
        if rerun is None:
            return False
        chosen = troubles.wanted({**rerun.wanted, "after": rerun.position})
        found = troubles.some(chosen, STEP)
        actor = Actor(rerun.actor_kind, rerun.actor_id)
        done = sum(settle(row.ref, rerun.what, actor=actor, now=now) for row in found.rows)
        reruns.advance(
            rerun,
            found.after,
            done=done,
            refused=len(found.rows) - done,
            ended_at=None if found.after else now,
        )
    return True
