"""What a customer says by the link: a mark, words, that something is wrong."""

from datetime import datetime

from django.db import transaction

from clew.access.tokens import digest
from clew.base.ledger import Actor, append
from clew.base.sealing import seal
from clew.handoff.actions.locks import lock_leads
from clew.pipeline.aftersale import events, rules
from clew.pipeline.aftersale.actions.caring import manager_of, put, team_of
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
    for step in CareStep.objects.filter(lead=survey.lead_id, kind="ask", done_at=None):
        step.done_at = now
        step.save(update_fields=["done_at"])
        append(events.CareDone(step.lead_id, step.pk, step.kind), actor=VISITOR, at=now)
    _follow(survey, now)
    return survey


@transaction.atomic
def add_words(token: str, words: str, *, is_complaint: bool, now: datetime) -> Survey:
    """Keep what somebody adds, sealed; what is wrong calls the manager. Raises SurveyMissing, SurveyOld."""
    survey, text = _lock(token, now), words.strip()[:WORDS_AT_MOST]
    if text:
        survey.words = seal(text.encode(), words_place(survey.pk))
    survey.is_complaint = survey.is_complaint or is_complaint
    survey.answered_at = survey.answered_at or now
    survey.save()
    if is_complaint:
        _follow(survey, now)
    return survey


def _follow(survey: Survey, now: datetime) -> None:
    told = events.SatisfactionTold(survey.lead_id, survey.pk, survey.mark, survey.is_complaint)
    append(told, actor=VISITOR, at=now)
    team = team_of(survey.lead_id)
    plan = plan_of(team.pk if team else None)
    what = rules.follows(plan, survey.mark, is_complaint=survey.is_complaint)
    if what:
        owner = survey.member
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
