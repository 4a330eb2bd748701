"""Sending: what is to go where, what goes now, and what became of it.

A message is claimed and stored as `sending` before it goes out, and its end is stored after it. Whoever dies
between leaves it so; it becomes `unknown` and is never sent again by itself: what may have been said is not said
twice behind anybody's back. What surely did not arrive waits and goes out later, unless it was read meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.message import EmailMessage
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from clew.base.bulk import delete_some
from clew.base.live import NOTICES, Hint, announce
from clew.base.sealing import SealBroken, unseal
from clew.reach.cards import card, trial
from clew.reach.channels import mail
from clew.reach.channels.speech import Card, Meaning, Request, Verdict
from clew.reach.models import Delivery, Message, Outlet
from clew.reach.queries import holding
from clew.reach.rules import LINES, STALE, at_once, rest, room
from clew.reach.vendors import SPEECH, place

LEASE = timedelta(minutes=1)  # longer than any request may take
CLAIMED_AT_ONCE = 16
SET_BACK = timedelta(hours=1)  # a longer rest is none: the clock was set back
MAILBOX = Outlet.Vendor.EMAIL
TOO_LATE, NO_ANSWER = "too_late", "no_answer"

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Errand:
    """A message that is claimed: what to post and where, or an e-mail."""

    message_id: int
    outlet_id: UUID
    vendor: str
    request: Request | EmailMessage


@transaction.atomic
def claim(now: datetime, most: int = CLAIMED_AT_ONCE, *, is_mail: bool = False) -> list[Errand]:
    """Take what may go out now, by robots or by mail: one message for each outlet that neither rests nor is spoken to.

    Each outlet's limits hold over all processes: it is locked while they are counted. A fixed number of statements.
    """
    _give_up(now)
    outlets = _open(now, most, is_mail=is_mail)
    trials = _trials(outlets)
    due = _due([pk for pk in outlets if pk not in trials], now)
    messages = [Message(outlet_id=pk, state=State.SENDING, made_at=now, sent_at=now) for pk in due]
    for message in Message.objects.bulk_create(messages):
        for delivery in due[message.outlet_id]:
            delivery.state, delivery.message = State.SENDING, message
    held = [delivery for some in due.values() for delivery in some]
    Delivery.objects.bulk_update(held, ["state", "message"])
    started = Message.objects.filter(pk__in=[one.pk for one in trials.values()])
    started.update(state=State.SENDING, sent_at=now)
    holders = holding(d.notice.lead_id for d in held)
    said = [(one.pk, outlets[pk], _trial(outlets[pk])) for pk, one in trials.items()]
    said += [(m.pk, outlets[m.outlet_id], _card(due[m.outlet_id], holders)) for m in messages]
    return _errands(said, now)


@transaction.atomic
def note(ended: Sequence[tuple[Errand, Verdict | None]], now: datetime) -> None:
    """Store what the answers meant, for the messages, what they held, and the outlets; no verdict: nobody knows.

    What surely did not arrive waits again. Of what may have arrived that is told, and it is not sent again.
    """
    outlets = {
        o.pk: o
        for o in Outlet.objects.select_for_update()
        .filter(pk__in={errand.outlet_id for errand, _ in ended})
        .order_by("pk")
    }
    ids = [errand.message_id for errand, _ in ended]
    messages = Message.objects.filter(state=State.SENDING).in_bulk(ids)
    held: dict[int, list[Delivery]] = {}
    for one in Delivery.objects.filter(message__in=ids, state=State.SENDING).select_related(
        "notice"
    ):
        held.setdefault(one.message_id or 0, []).append(one)
    for errand, verdict in ended:
        _judge(outlets[errand.outlet_id], verdict, now)
        if message := messages.get(errand.message_id):
            _end(message, held.get(message.pk, []), verdict, now)
    Outlet.objects.bulk_update(
        outlets.values(), ["failures", "rests_until", "problem", "took_at", "failed_at"]
    )
    Message.objects.bulk_update(messages.values(), ["state", "ended_at", "problem"])
    told = [one for some in held.values() for one in some]
    Delivery.objects.bulk_update(told, ["state", "ended_at", "problem", "tries"])
    members = sorted({one.notice.member_id for one in told})
    announce(Hint(NOTICES, member_id=member_id) for member_id in members)


def drop_messages(before: datetime, most: int) -> int:
    """Delete messages from before a time that have ended. Returns how many."""
    condition = """made_at < %s and state not in ('waiting', 'sending')
        and not exists (select from reach_delivery d where d.message_id = reach_message.id)"""
    return delete_some("reach_message", condition, [before], most)


def _give_up(now: datetime) -> None:
    """Tell what was never told: whoever sent it is gone. And let go what waited for too long."""
    gone = Message.objects.filter(state=State.SENDING, sent_at__lte=now - LEASE)
    if ids := list(gone.values_list("pk", flat=True)):
        unknown = {"state": State.UNKNOWN, "ended_at": now, "problem": NO_ANSWER}
        Delivery.objects.filter(message__in=ids, state=State.SENDING).update(**unknown)
        Message.objects.filter(pk__in=ids).update(**unknown)
    stale = Delivery.objects.filter(state=State.WAITING, due_at__lte=now - STALE)
    if stale.exists():
        stale.update(state=State.FAILED, problem=TOO_LATE, ended_at=now)


def _open(now: datetime, most: int, *, is_mail: bool) -> dict[UUID, Outlet]:
    """Lock outlets that have something to say and may say it, as far as no other process does."""
    speaking = Message.objects.filter(outlet=OuterRef("pk"), state=State.SENDING)
    due = Delivery.objects.filter(outlet=OuterRef("pk"), state=State.WAITING, due_at__lte=now)
    trials = Message.objects.filter(outlet=OuterRef("pk"), state=State.WAITING)
    rested = Q(rests_until=None) | Q(rests_until__lte=now) | Q(rests_until__gt=now + SET_BACK)
    found = (
        Outlet.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("made_by", "member")
        .filter(Q(vendor=MAILBOX) if is_mail else ~Q(vendor=MAILBOX))
        .filter(Exists(due) & rested | Exists(trials), ~Exists(speaking))
        .order_by("pk")
    )
    outlets = {o.pk: o for o in found}
    recent = Message.objects.filter(outlet__in=outlets).filter(
        Q(state=State.SENDING) | Q(sent_at__gt=now - timedelta(minutes=1))
    )
    sent: dict[UUID, list[datetime]] = {}
    for outlet_id, state, at in recent.values_list("outlet", "state", "sent_at"):
        if state == State.SENDING:  # since it was looked for
            outlets.pop(outlet_id, None)
        if at:
            sent.setdefault(outlet_id, []).append(at)
    able = [pk for pk, o in outlets.items() if _has_room(o, sent.get(pk, []), now)]
    return {pk: outlets[pk] for pk in able[:most]}


def _has_room(outlet: Outlet, sent: list[datetime], now: datetime) -> bool:
    speech = mail if outlet.vendor == MAILBOX else SPEECH[outlet.vendor]
    return room(sent, speech.PER_MINUTE, speech.PER_SECOND, now)


def _trials(outlets: Mapping[UUID, Outlet]) -> dict[UUID, Message]:
    waiting = Message.objects.filter(outlet__in=outlets, state=State.WAITING)
    return {message.outlet_id: message for message in waiting}


def _due(outlet_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Delivery]]:
    """Give what each outlet says next, those that failed least first; what nobody needs any more is let go."""
    due = Delivery.objects.filter(outlet__in=outlet_ids, state=State.WAITING, due_at__lte=now)
    is_over = Q(notice__read_at__isnull=False) | Q(notice__over_at__isnull=False)
    needless = due.filter(is_over | Q(outlet__retired_at__isnull=False))
    Delivery.objects.filter(pk__in=needless).update(state=State.DROPPED, ended_at=now)
    rested = due.filter(
        Q(outlet__rests_until=None)
        | Q(outlet__rests_until__lte=now)
        | Q(outlet__rests_until__gt=now + SET_BACK)
    )
    first = (
        rested.select_related("notice__member", "notice__by", "notice__lead__contact", "outlet")
        .annotate(
            rank=Window(RowNumber(), order_by=["tries", "pk"], partition_by="outlet"),
            count=Window(Count("pk"), partition_by="outlet"),
        )
        .filter(rank__lte=LINES)
        .order_by("outlet", "rank")
    )
    chosen: dict[UUID, list[Delivery]] = {}
    for one in first:
        some = chosen.setdefault(one.outlet_id, [])
        if len(some) < at_once(one.outlet.failures):
            some.append(one)
    return chosen


def _card(held: Sequence[Delivery], holders: Mapping[UUID, str]) -> Card:
    notices = sorted((delivery.notice for delivery in held), key=lambda notice: notice.pk)
    waiting: int = held[0].count  # type: ignore[attr-defined]  # annotated in `_due`
    return card(notices, waiting - len(held), holders)


def _trial(outlet: Outlet) -> Card:
    return trial(outlet.name, outlet.made_by.language if outlet.made_by else "")


def _errands(said: Sequence[tuple[int, Outlet, Card]], now: datetime) -> list[Errand]:
    errands, broken = [], []
    for message_id, outlet, what in said:
        request = _written(message_id, outlet, what, now)
        if isinstance(request, Verdict):
            errand = Errand(message_id, outlet.pk, outlet.vendor, Request("", b""))
            broken.append((errand, request))
        else:
            errands.append(Errand(message_id, outlet.pk, outlet.vendor, request))
    if broken:
        note(broken, now)
    return errands


def _written(
    message_id: int, outlet: Outlet, said: Card, now: datetime
) -> Request | EmailMessage | Verdict:
    """Write what goes out, or say why it cannot be."""
    if outlet.vendor == MAILBOX:
        to = outlet.member.email if outlet.member else ""
        stamp = f"<{message_id}.{int(outlet.made_at.timestamp())}@{urlsplit(settings.BASE_URL).hostname}>"
        try:
            return mail.message(settings.MAIL_FROM, to, said, now, stamp)
        except (ValueError, IndexError, HeaderParseError):
            return Verdict(Meaning.REFUSED, "address_unfit")
    try:
        address, secret = (_opened(outlet, name) for name in ("address", "secret"))
    except SealBroken as error:
        return Verdict(Meaning.BROKEN, error.code)
    return SPEECH[outlet.vendor].request(address, secret, said, now)


def _opened(outlet: Outlet, name: str) -> str:
    sealed = getattr(outlet, name)
    return unseal(bytes(sealed), place(outlet.pk, name)).decode() if sealed else ""


def _judge(outlet: Outlet, verdict: Verdict | None, now: datetime) -> None:
    """Say what an answer means for the outlet."""
    if verdict and verdict.meaning == Meaning.SENT:
        outlet.failures, outlet.rests_until, outlet.problem, outlet.took_at = 0, None, "", now
        return
    outlet.problem, outlet.failed_at = verdict.code if verdict else NO_ANSWER, now
    if verdict and verdict.meaning == Meaning.BUSY:
        outlet.rests_until = now + timedelta(seconds=verdict.rest)
    elif verdict is None or verdict.meaning == Meaning.BROKEN:
        outlet.failures += 1
        outlet.rests_until = now + rest(outlet.failures)


def _end(
    message: Message, held: Sequence[Delivery], verdict: Verdict | None, now: datetime
) -> None:
    """Say what an answer means for a message and what it held."""
    ends = {Meaning.SENT: State.SENT, Meaning.REFUSED: State.FAILED}
    end = State.UNKNOWN if verdict is None else ends.get(verdict.meaning, State.WAITING)
    problem = NO_ANSWER if verdict is None else verdict.code
    message.state = Message.State.FAILED if end == State.WAITING else Message.State(end)
    message.ended_at, message.problem = now, problem
    for one in held:
        one.state, one.problem = end, problem
        one.ended_at = None if end == State.WAITING else now
        one.tries += end == State.WAITING
