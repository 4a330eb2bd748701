"""What happened to a lead, told from the ledger: one moment per event, newest first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from clew.access.models import Member, Token
from clew.base.models import Entry
from clew.base.money import money
from clew.base.sealing import SealBroken
from clew.capture.custom import Definitions, shown
from clew.capture.models import Submission
from clew.capture.queries import open_body
from clew.contacts.models import Correction, Lead, Repeat
from clew.contacts.queries import same_person
from clew.contacts.rules import LEAD, veil
from clew.grading.models import Override
from clew.handoff.models import Placement, Seat
from clew.handoff.queries import visible_among
from clew.pipeline.models import Call, GivenBack, Worth
from clew.pipeline.moves.telling import Along, along
from clew.pipeline.queries import back_note, note
from clew.pipeline.wording import (
    ENDS,
    FACTS,
    REASONS,
    RESULT_ICONS,
    RESULTS,
    SAID,
    USES,
    fact_in_words,
    intent,
    moment,
    word,
)

ENTRIES_AT_MOST = 200
OTHERS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `tone` is hot, acc or nothing; `quote` is what somebody wrote."""

    at: datetime
    icon: str
    title: str
    who: str = ""
    tone: str = ""
    quote: str = ""
    detail: str = ""
    is_decision: bool = False  # the decision that put it where it stands
    link: UUID | None = None  # another lead of the same person that the viewer may see


@dataclass(frozen=True, slots=True)
class Sources:
    """All that the moments of one lead refer to, fetched once."""

    lead: Lead
    now: datetime
    submissions: dict[UUID, Submission]
    calls: dict[UUID, Call]
    members: dict[str, str]
    tokens: dict[str, str]
    seats: dict[int, str]
    others: list[Lead]  # of the same person
    ends: dict[UUID, str]
    visible: set[UUID]
    words: dict[int, str]  # why a person graded it otherwise
    corrections: dict[tuple[datetime, str], Any]  # what fields were set to
    worths: dict[int, Worth]
    given_back: dict[datetime, str]  # why, in somebody's own words
    along: Along
    fields: Definitions = field(default_factory=dict)


Tell = Callable[[Entry, Sources], Moment | None]


def timeline(
    lead: Lead,
    viewer: Member,
    now: datetime,
    fields: Definitions | None = None,
    more: Mapping[str, Tell] = MappingProxyType({}),
) -> list[Moment]:
    """Tell what happened to a lead that the viewer may see, newest first. `now` is local.

    Other enquiries of the same person are told of, each at its time. At most ten statements, whatever the
    length. `fields` are the custom fields, by which corrections are told; `more` tells of events by name that
    are not the pipeline's own.
    """
    entries = list(Entry.objects.filter(subject=lead.pk).order_by("-at", "-id")[:ENTRIES_AT_MOST])
    sources = replace(_sources(lead, entries, viewer, now), fields=fields or {})
    tells = {**TELL, **more}
    told = [tells[e.name](e, sources) for e in entries if e.name in tells]
    told += [_other(other, sources) for other in sources.others if other.follows_id != lead.pk]
    moments = sorted((m for m in told if m is not None), key=lambda m: m.at, reverse=True)
    newest = next((m for m in moments if m.is_decision), None)
    return [m if m is newest else replace(m, is_decision=False) for m in moments]


def _sources(lead: Lead, entries: Iterable[Entry], viewer: Member, now: datetime) -> Sources:
    sent = [lead.pk, *Repeat.objects.filter(lead=lead).values_list("pk", flat=True)]
    submissions = Submission.objects.filter(pk__in=sent)
    members = {e.actor_id for e in entries if e.actor_kind == "member" and e.actor_id.isdigit()}
    tokens = {e.actor_id for e in entries if e.actor_kind == "token"}
    shared = [part for e in entries if e.name == "CreditShared" for part in e.data["parts"]]
    members |= {str(member_id) for member_id, _ in shared}
    seats = {e.data["seat_id"] for e in entries if e.data.get("seat_id")}
    others = list(
        Lead.objects.filter(contact__in=same_person(lead))
        .exclude(pk=lead.pk)
        .select_related("source")
        .order_by("-opened_at")[:OTHERS_AT_MOST]
    )
    return Sources(
        lead=lead,
        now=now,
        submissions={s.pk: s for s in submissions.select_related("source")},
        calls={c.pk: c for c in Call.objects.filter(lead=lead)},
        members={
            str(pk): name
            for pk, name in Member.objects.filter(pk__in=members).values_list("pk", "name")
        },
        tokens={
            str(pk): name
            for pk, name in Token.objects.filter(pk__in=tokens).values_list("pk", "name")
        },
        seats=dict(Seat.objects.filter(pk__in=seats).values_list("pk", "member__name")),
        others=others,
        ends=dict(
            Placement.objects.filter(lead__in=others, kind="closed", closed_at=None).values_list(
                "lead_id", "reason"
            )
        ),
        visible=set(
            visible_among(viewer, [other.pk for other in others]).values_list("pk", flat=True)
        ),
        words=dict(
            Override.objects.filter(lead=lead).values_list("pk", "reason")
            if any(e.name == "GradeOverridden" for e in entries)
            else ()
        ),
        corrections={
            (one.at, one.key): one.value
            for one in (
                Correction.objects.filter(lead=lead)
                if any(e.name in {"LeadCorrected", "FactsCorrected"} for e in entries)
                else ()
            )
        },
        worths=Worth.objects.in_bulk(
            [e.data["worth_id"] for e in entries if e.name == "WorthCorrected"]
        ),
        given_back=_given_back(lead, entries),
        along=along(lead.pk, {e.name for e in entries}),
    )


def _opened(entry: Entry, sources: Sources) -> Moment:
    came = sources.submissions.get(entry.subject)
    source = came.source.name if came else ""
    is_old = came is not None and came.channel == Submission.Channel.HISTORY
    title = _("Recorded from a file: %(source)s") if is_old else _("Came in: %(source)s")
    title %= {"source": source}
    return Moment(entry.at, "inbox", title, quote=_words_of(came))


def _other(other: Lead, sources: Sources) -> Moment:
    """Tell of another enquiry of the same person, and how it ended."""
    is_earlier = other.opened_at <= sources.lead.opened_at
    title = _("Earlier enquiry: %(source)s") if is_earlier else _("Asked anew: %(source)s")
    reason = sources.ends.get(other.pk, "")
    return Moment(
        other.opened_at,
        "list",
        title % {"source": other.source.name},
        quote=other.interest,
        detail=word({**REASONS, **ENDS}, reason),
        link=other.pk if other.pk in sources.visible else None,
    )


def _lapsed(entry: Entry, sources: Sources) -> Moment:
    next_id = UUID(entry.data["next_lead_id"])
    title = _("No longer valid; a new enquiry took its place")
    link = next_id if next_id in sources.visible else None
    return Moment(entry.at, "clock", title, link=link)


def _revived(entry: Entry, sources: Sources) -> Moment:
    title = _("Open again: the import that had replaced it was undone")
    return Moment(entry.at, "arrow-back-up", title)


def _strengthened(entry: Entry, sources: Sources) -> Moment:
    """Tell of a message; of one that is another lead's by now without its words."""
    came = sources.submissions.get(UUID(entry.data["submission_id"]))
    title = _("Message no. %(n)d") % {"n": entry.data["submission_count"]}
    who = came.source.name if came else ""
    quote = _words_of(came)
    return Moment(entry.at, "flame", title, who, tone="hot", quote=quote)


def _unstrengthened(entry: Entry, sources: Sources) -> Moment:
    return Moment(entry.at, "arrow-back-up", _("A message was taken back: its import was undone"))


def _moved(entry: Entry, sources: Sources) -> Moment:
    to_id = UUID(entry.data["to_lead_id"]) if entry.data["to_lead_id"] else None
    title = _("Taken apart: a message went to whoever sent it")
    link = to_id if to_id in sources.visible else None
    return Moment(entry.at, "arrow-back-up", title, link=link)


def _returned(entry: Entry, sources: Sources) -> Moment:
    came = sources.submissions.get(UUID(entry.data["submission_id"]))
    title = _("Taken apart: a message came back")
    return Moment(entry.at, "arrow-back-up", title, quote=_words_of(came))


def _restored(entry: Entry, sources: Sources) -> Moment:
    name = sources.seats.get(entry.data["seat_id"] or 0, "")
    title = _("Taken apart: open again")
    return Moment(entry.at, "arrow-back-up", title, name)


def _graded(entry: Entry, sources: Sources) -> Moment:
    words = {"intent": intent(entry.data["level"]), "points": entry.data["points"]}
    return Moment(entry.at, "target-arrow", _("%(intent)s, %(points)d points") % words)


def _overridden(entry: Entry, sources: Sources) -> Moment:
    who = sources.members.get(entry.actor_id, "")
    title = _("Graded by a person: %(intent)s") % {"intent": intent(entry.data["level"])}
    return Moment(
        entry.at, "user", title, who, quote=sources.words.get(entry.data["override_id"], "")
    )


def _lifted(entry: Entry, sources: Sources) -> Moment:
    who = sources.members.get(entry.actor_id, "")
    words = {"intent": intent(entry.data["level"]), "points": entry.data["points"]}
    title = _("Graded by the rules again: %(intent)s, %(points)d points") % words
    return Moment(entry.at, "target-arrow", title, who)


def _placed(entry: Entry, sources: Sources) -> Moment:
    if entry.data.get("seat_id"):
        return _assigned(entry, sources)
    return (_recorded if entry.data["kind"] == "closed" else _pooled)(entry, sources)


def _recorded(entry: Entry, sources: Sources) -> Moment:
    """Tell how an old enquiry had ended; the file's own words for it are in the sealed body."""
    reason = word(ENDS, entry.data["reason"])
    return Moment(
        entry.at,
        "circle-check",
        _("Was over already: %(reason)s") % {"reason": reason},
        quote=_reason_of(sources.submissions.get(entry.subject)),
    )


def _assigned(entry: Entry, sources: Sources) -> Moment:
    name = sources.seats.get(entry.data["seat_id"], "")
    return Moment(
        entry.at,
        "user-plus",
        _("Given to %(name)s") % {"name": name},
        tone="acc",
        detail=word(REASONS, entry.data.get("reason", "")),
        is_decision=True,
    )


def _pooled(entry: Entry, sources: Sources) -> Moment:
    return Moment(
        entry.at,
        "users",
        _("Into the pool"),
        sources.members.get(entry.actor_id, ""),
        quote=sources.given_back.get(entry.at, ""),
        detail=word(REASONS, entry.data.get("reason", "")),
        is_decision=True,
    )


def _recalled(entry: Entry, sources: Sources) -> Moment:
    """Tell from whom a lead was taken back, and why."""
    who = sources.seats.get(entry.data["seat_id"], "")
    company = _("Into the company's pool by rule")
    title = _("Back into the pool by rule") if entry.data["team_id"] else company
    return replace(_pooled(entry, sources), title=title, who=who)


def _closed(entry: Entry, sources: Sources) -> Moment:
    who = sources.members.get(entry.actor_id, "")
    reason = word(ENDS, entry.data.get("reason", "")) or word(REASONS, entry.data["reason"])
    title = _("Closed: %(reason)s") % {"reason": reason}
    return Moment(entry.at, "circle-check", title, who)


def _reopened(entry: Entry, sources: Sources) -> Moment:
    who = sources.members.get(entry.actor_id, "")
    title = _("Taken up again")
    return Moment(entry.at, "arrow-back-up", title, who)


def _called(entry: Entry, sources: Sources) -> Moment | None:
    call = sources.calls.get(UUID(entry.data["call_id"]))
    if call is None:
        return None
    said = word(SAID, call.said)
    return Moment(
        entry.at,
        RESULT_ICONS[call.result],
        word(RESULTS, call.result),
        sources.members.get(entry.actor_id, ""),
        tone="acc",
        quote=_note_of(call),
        detail=_("Said “%(said)s”") % {"said": said} if said else "",
    )


def _planned(entry: Entry, sources: Sources) -> Moment:
    due_at = datetime.fromisoformat(entry.data["due_at"])
    words = {"time": moment(due_at, now=sources.now)}
    return Moment(entry.at, "calendar", _("Next contact %(time)s") % words)


def _corrected(entry: Entry, sources: Sources) -> Moment:
    """Tell what fields were set to: the label, and the value or that it was cleared."""
    who = sources.members.get(entry.actor_id, "")
    told = []
    order = list(sources.fields)
    for key in sorted(entry.data["keys"], key=lambda k: order.index(k) if k in order else -1):
        one, value = sources.fields.get(key), sources.corrections.get((entry.at, key))
        label = one.label if one else key
        told.append(f"{label}: {shown(one, value) if one and value is not None else '–'}")
    return Moment(entry.at, "note", _("Fields changed"), who, quote="\n".join(told))


def _facts_corrected(entry: Entry, sources: Sources) -> Moment:
    """Tell what a lead was said to be about, and where from, before and after."""
    who = sources.members.get(entry.actor_id, "")
    told = []
    for fact in entry.data["facts"]:
        said = sources.corrections.get((entry.at, LEAD + fact))
        if said:
            was, now_is = (fact_in_words(fact, said[key]) or "–" for key in ("was", "is"))
            told.append(f"{word(FACTS, fact)}: {was} → {now_is}")
    return Moment(entry.at, "note", _("Corrected"), who, quote="\n".join(told))


def _credit_shared(entry: Entry, sources: Sources) -> Moment:
    who, names = sources.members.get(entry.actor_id, ""), sources.members
    parts = [f"{names.get(str(pk), '?')} {percent} %" for pk, percent in entry.data["parts"]]
    told = " · ".join(parts) or _("wholly whoever holds it")
    return Moment(entry.at, "scale", _("Credit shared"), who, detail=told)


def _worth_corrected(entry: Entry, sources: Sources) -> Moment:
    said = sources.worths[entry.data["worth_id"]]
    told = ((_("Value"), said.value_minor), (_("Margin"), said.margin_minor))
    worth = " · ".join(f"{label} {money(m, said.currency)}" for label, m in told if m is not None)
    who = sources.members.get(entry.actor_id, "")
    title = _("Corrected: %(worth)s") % {"worth": worth}
    return Moment(entry.at, "note", title, who, quote=said.reason)


def _revealed(entry: Entry, sources: Sources) -> Moment:
    who = (sources.tokens if entry.actor_kind == "token" else sources.members).get(
        entry.actor_id, ""
    )
    purpose = word(USES, entry.data.get("purpose", ""))
    return Moment(entry.at, "eye", _("Looked at the number"), who, detail=purpose)


def _came_into(entry: Entry, sources: Sources) -> Moment | None:
    """Tell of a move along the pipeline."""
    stages = sources.along.stages
    words = {code: stages.get(entry.data[f"{code}_id"], "") for code in ("before", "stage")}
    is_back = entry.data["how"] == "back"
    return Moment(
        entry.at,
        "arrow-back-up" if is_back else "arrow-right",
        _("%(before)s → %(stage)s") % words,
        sources.members.get(entry.actor_id, "") if entry.actor_kind == "member" else "",
        quote=sources.along.notes.get(entry.at, ""),
    )


def _left(entry: Entry, sources: Sources) -> Moment | None:
    """Tell why a lead left its stage, where a reason of its list was given."""
    told = sources.along.exits.get(entry.at)
    if told is None:
        return None
    reason, gone_to = told
    words = {"stage": sources.along.stages.get(entry.data["stage_id"], ""), "reason": reason}
    who = sources.members.get(entry.actor_id, "")
    return Moment(entry.at, "x", _("Left at “%(stage)s”: %(reason)s") % words, who, detail=gone_to)


TELL: dict[str, Tell] = {
    "LeadOpened": _opened,
    "LeadLapsed": _lapsed,
    "LapseUndone": _revived,
    "LeadStrengthened": _strengthened,
    "StrengtheningUndone": _unstrengthened,
    "LeadGraded": _graded,
    "GradeOverridden": _overridden,
    "OverrideLifted": _lifted,
    "LeadPlaced": _placed,
    "LeadAssigned": _assigned,
    "LeadPooled": _pooled,
    "LeadRecalled": _recalled,
    "LeadClosed": _closed,
    "LeadReopened": _reopened,
    "CallLogged": _called,
    "NextStepPlanned": _planned,
    "IdentifiersRevealed": _revealed,
    "LeadCorrected": _corrected,
    "FactsCorrected": _facts_corrected,
    "WorthCorrected": _worth_corrected,
    "LeadRestored": _restored,
    "MessageMoved": _moved,
    "MessageReturned": _returned,
    "CreditShared": _credit_shared,
    "LeadMoved": _came_into,
    "LeadLeft": _left,
}


def _words_of(submission: Submission | None) -> str:
    """Give what somebody wrote, numbers veiled: the message, then the answers to further questions."""
    if submission is None:
        return ""
    try:
        lead = open_body(submission.pk, bytes(submission.body)).lead
    except SealBroken:
        return _("The text cannot be opened with the present key")
    answers = [f"{question}: {answer}" for question, answer in lead.answers.items()]
    return veil("\n".join([text for text in (lead.message, *answers) if text]))


def _reason_of(submission: Submission | None) -> str:
    try:
        outcome = open_body(submission.pk, submission.body).outcome if submission else None
    except SealBroken:
        return ""
    return veil(outcome.reason) if outcome else ""


def _given_back(lead: Lead, entries: Iterable[Entry]) -> dict[datetime, str]:
    if not any(e.name == "LeadPooled" and e.actor_kind == "member" for e in entries):
        return {}
    found = GivenBack.objects.filter(placement__lead=lead).select_related("placement")
    return {one.placement.opened_at: _back_note_of(one) for one in found}


def _back_note_of(one: GivenBack) -> str:
    try:
        return back_note(one)
    except SealBroken:
        return _("The text cannot be opened with the present key")


def _note_of(call: Call) -> str:
    try:
        return note(call)
    except SealBroken:
        return _("The text cannot be opened with the present key")
