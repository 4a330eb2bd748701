"""What rests in the demo: each team takes in what it lost for want of need or of an answer, and has touched some."""

from datetime import datetime, timedelta

from django.db.models import F

from clew.base.ids import uuid7
from clew.handoff.models import Method, Seat
from clew.pipeline.resting.actions.leads import TouchIn, touch
from clew.pipeline.resting.actions.policies import RestTerms, set_policy
from clew.pipeline.resting.belt import rest_by_rule
from clew.pipeline.resting.models import Rest
from clew.web.demo.company import DEMO

KEEPERS = 2  # of each team
RUNNING = timedelta(days=3)  # since anybody was touched in time
TOUCHED = 12
RESULTS = ("no_answer", "wechat_added", "not_now", "message_sent")


def keep(begin: datetime, now: datetime) -> None:
    """Let what was lost since the beginning rest, and the first people of each team look after it."""
    terms = RestTerms(ends=("lost_need", "lost_silent"), pooled_days=60)
    for method in (
        Method.objects.exclude(side=Method.Side.RULES).select_related("team").order_by("pk")
    ):
        seats = Seat.objects.filter(team=method.team).order_by("pk")[:KEEPERS]
        keepers = [seat.member_id for seat in seats]
        set_policy(method.team, terms, keepers, actor=DEMO, now=now, since=begin)
    while rest_by_rule(now):
        pass
    Rest.objects.update(next_touch_at=F("next_touch_at") - RUNNING)
    due = Rest.objects.filter(next_touch_at__lte=now, team__rest_policy__isnull=False)
    for number, rest in enumerate(due.order_by("next_touch_at", "pk")[:TOUCHED]):
        keeper = (
            rest.team.rest_policy.keepers.order_by("pk")[number % KEEPERS] if rest.team else None
        )
        if keeper:
            said = TouchIn(uuid7(), RESULTS[number % len(RESULTS)], 0)
            at = max(rest.since, now - timedelta(days=1 + number))
            touch(rest.lead_id, said, member=keeper.member, now=at)
