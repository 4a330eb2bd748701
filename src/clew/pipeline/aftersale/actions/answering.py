"""What a customer says by the link: a mark, words, that something is wrong."""

from datetime import datetime

from django.db import transaction

from clew.access.tokens import digest
from clew.base.ledger import Actor, append
from clew.base.sealing import seal
from clew.handoff.actions.locks import lock_leads
from clew.pipeline.aftersale import events, rules
from clew.pipeline.aftersale.actions.caring import keeper, manager_of, put, team_of
from clew.pipeline.aftersale.errors import MarkUnknown, SurveyMissing, SurveyOld
from clew.pipeline.aftersale.models import CareStep, Survey
from clew.pipeline.aftersale.queries import plan_of, words_place

VISITOR = Actor("visitor")
WORDS_AT_MOST = 1000


@transaction.atomic
def rate(token: str, mark: int, *, now: datetime) -> Survey:
    """Keep a mark from 1 to 5; a low one calls the manager, a high one asks for a recommendation.

    The same mark again changes nothing. Raises SurveyMissing, SurveyOld, MarkUnknown.
    """
    if not 1 <= mark <= 5:
        raise MarkUnknown
    survey = _lock(token, now)
    if survey.mark == mark:
        return survey
    survey.mark, survey.answered_at = mark, survey.answered_at or now
    survey.save()
    asked = CareStep.objects.filter(lead=survey.lead_id, kind="ask", made_at__lte=survey.made_at)
    for step in asked.filter(done_at=None):
        step.done_at = now
        step.save(update_fields=["done_at"])
        append(events.CareDone(step.lead_id, step.pk, step.kind), actor=VISITOR, at=now)
    _follow(survey, now)
    return survey


@transaction.atomic
def add_words(token: str, words: str, *, is_complaint: bool, now: datetime) -> Survey:
    """Keep what somebody adds, sealed; what is wrong calls the manager, else whoever made the sale reads it today.

    Raises SurveyMissing, SurveyOld.
    """
    survey, text = _lock(token, now), words.strip()[:WORDS_AT_MOST]
    if text:
        survey.words = seal(text.encode(), words_place(survey.pk))
    survey.is_complaint = survey.is_complaint or is_complaint
    survey.answered_at = survey.answered_at or now
    survey.save()
    if is_complaint:
        _follow(survey, now)
    elif text:
        _heed(survey, now)
    return survey


def _heed(survey: Survey, now: datetime) -> None:
    """Let words be read: by whoever has something to do for the customer that shows them, today."""
    if survey.mark is None:
        _tell(survey, now)
    showing = CareStep.objects.filter(lead=survey.lead_id, done_at=None).exclude(kind="ask")
    step = showing.order_by("due_at").first()
    if step is None:
        owner = keeper(survey.lead_id, survey.member)
        put(survey.lead_id, "check", owner, now, actor=VISITOR, now=now)
    elif step.due_at > now:
        step.due_at = now
        step.save(update_fields=["due_at"])
        planned = events.CarePlanned(step.lead_id, step.pk, step.kind, now)
        append(planned, actor=VISITOR, at=now)


def _tell(survey: Survey, now: datetime) -> None:
    told = events.SatisfactionTold(survey.lead_id, survey.pk, survey.mark, survey.is_complaint)
    append(told, actor=VISITOR, at=now)


def _follow(survey: Survey, now: datetime) -> None:
    _tell(survey, now)
    team = team_of(survey.lead_id)
    plan = plan_of(team.pk if team else None)
    what = rules.follows(plan, survey.mark, is_complaint=survey.is_complaint)
    if what:
        owner = keeper(survey.lead_id, survey.member)
        who = manager_of(team.pk if team else None, owner) if what == "recover" else owner
        put(survey.lead_id, what, who, now, actor=VISITOR, now=now)


def _lock(token: str, now: datetime) -> Survey:
    found = Survey.objects.filter(digest=digest(token)).first()
    if found is None:
        raise SurveyMissing
    lock_leads([found.lead_id])
    survey = Survey.objects.select_related("member").get(pk=found.pk)
    if survey.expires_at <= now:
        raise SurveyOld
    return survey
