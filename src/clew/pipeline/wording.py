"""What the rules decide, in words: clocks, reasons, results. Translated where it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from clew.capture.regions import resolve, shown
from clew.pipeline.rules import Group, Left, Next, Said, Standing, left

Words = Mapping[str, str | Promise]

PLACES: Words = {
    "": gettext_lazy("All"),
    "person": gettext_lazy("With a person"),
    "pool": gettext_lazy("In the pool"),
    "closed": gettext_lazy("Closed"),
    "history": gettext_lazy("History"),
}
GRADES: Words = {
    "": gettext_lazy("Every grade"),
    "3": pgettext_lazy("intent", "High"),
    "2": pgettext_lazy("intent", "Medium"),
    "1": pgettext_lazy("intent", "Low"),
}
RESULTS: Words = {
    "answered": pgettext_lazy("call", "Answered"),
    "no_answer": pgettext_lazy("call", "No answer"),
    "bad_number": pgettext_lazy("call", "Bad number"),
    "refused": pgettext_lazy("call", "Refused"),
    "wechat_added": pgettext_lazy("call", "WeChat"),
    "blocked": pgettext_lazy("call", "Blocked me"),
}
RESULT_ICONS = {
    "answered": "phone-check",
    "no_answer": "phone-off",
    "bad_number": "phone-x",
    "refused": "ban",
    "wechat_added": "brand-wechat",
    "blocked": "lock",
}
SAID: Words = {
    Said.THINKING: gettext_lazy("Will think it over"),
    Said.QUOTE: gettext_lazy("Wants a quote"),
    Said.PRICE: gettext_lazy("Too expensive"),
    Said.BOUGHT: gettext_lazy("Bought elsewhere"),
    Said.WRONG_PERSON: gettext_lazy("Wrong person"),
}
NEXT: Words = {
    Next.HOUR: gettext_lazy("In 1 hour"),
    Next.TONIGHT: gettext_lazy("Tonight 19:00"),
    Next.TOMORROW: gettext_lazy("Tomorrow 10:00"),
    Next.MONDAY: gettext_lazy("Next Monday"),
    Next.DATE: gettext_lazy("Pick a date"),
    Next.NEVER: gettext_lazy("Never again"),
}
GROUPS: Mapping[Group, str | Promise] = {
    Group.URGENT: gettext_lazy("Running out"),
    Group.NEW: gettext_lazy("New leads"),
    Group.DUE: gettext_lazy("Due now"),
    Group.REPLY: gettext_lazy("Wrote again"),
    Group.LATER: gettext_lazy("Later today"),
}
ENDS: Words = {
    "won": gettext_lazy("Won"),
    "lost_price": gettext_lazy("Lost: price"),
    "lost_rival": gettext_lazy("Lost: bought elsewhere"),
    "lost_need": gettext_lazy("Lost: no need"),
    "lost_silent": gettext_lazy("Lost: never reached"),
    "bad_number": gettext_lazy("Bad number"),
    "do_not_contact": gettext_lazy("Wants no contact"),
    "blocked": gettext_lazy("Blocked us"),
    "lost": gettext_lazy("Lost"),
    "history": gettext_lazy("Old record, end unknown"),
    "lapsed": gettext_lazy("No longer valid"),
    "merged": gettext_lazy("Merged with an older enquiry"),
    "no_intent": gettext_lazy("No intent so far"),
}
BACK: Words = {
    "no_time": gettext_lazy("No time for it"),
    "not_mine": gettext_lazy("Another region or product group"),
    "stuck": gettext_lazy("No way to get further with it"),
    "wants_other": gettext_lazy("The customer wants somebody else"),
    "other": gettext_lazy("Another reason"),
}
HANDED_ON: Words = {
    "hand_late": gettext_lazy("Its time was running out"),
    "hand_away": gettext_lazy("Whoever had it is not there"),
    "hand_full": gettext_lazy("Whoever had it has too much"),
    "hand_fits": gettext_lazy("Somebody else knows this better"),
}
REASONS: Words = {
    **BACK,
    **HANDED_ON,
    "taken_back": gettext_lazy("The giving back was taken back"),
    "turn": gettext_lazy("By turn"),
    "idle": gettext_lazy("To who had waited longest"),
    "grade": gettext_lazy("This grade goes to the pool"),
    "rule": gettext_lazy("A distribution rule sends it to the pool"),
    "claimed": gettext_lazy("Claimed from the pool"),
    "nobody_present": gettext_lazy("Nobody was present"),
    "nobody_weighted": gettext_lazy("Nobody has a share"),
    "off_hours": gettext_lazy("Outside working hours"),
    "all_full": gettext_lazy("Everybody was full"),
    "no_seats": gettext_lazy("The team has no seats"),
    "no_team": gettext_lazy("No team takes such leads"),
    "reopened": gettext_lazy("Taken up again"),
    "woken": gettext_lazy("Back from the no-intent pool"),
    "by_hand": gettext_lazy("By a manager"),
    "nobody_covers": gettext_lazy("Nobody takes this region or product group"),
    "handed_over": gettext_lazy("Handed over after a meeting"),
    "owner_left": gettext_lazy("Whoever had it has left"),
    "late": gettext_lazy("Handed on: nobody had called within the target"),
    "went_round": gettext_lazy("Handed on too often, and nobody had called"),
    "uncontacted": gettext_lazy("Nobody had called in time"),
    "stalled": gettext_lazy("No progress for too long"),
    "over_capacity": gettext_lazy("More was held than may be"),
    "moved": gettext_lazy("Put there from another pool"),
    "overflow": gettext_lazy("Everybody of the first team was full"),
    "own_customer": gettext_lazy("Back to whoever had this person"),
    "nobody_else": gettext_lazy("Taken back from the only one who could take it"),
}
BACK_SOON: Words = {
    "uncontacted": gettext_lazy("if nobody calls"),
    "stalled": gettext_lazy("if nothing goes on"),
    "over_capacity": gettext_lazy("held over the limit"),
}
ABOUT: Words = {
    "meeting_day": gettext_lazy("Meeting tomorrow: confirm it"),
    "meeting_soon": gettext_lazy("Meeting soon: remind them"),
    "meeting_over": gettext_lazy("The meeting is over: did they come?"),
    "meeting_wished": gettext_lazy("Asks for another time to meet"),
    "meeting_declined": gettext_lazy("Does not want to meet"),
}
FACTS: Words = {"category": gettext_lazy("Category"), "region": gettext_lazy("Region")}
EXCLUSIONS: Words = {
    "had_it": gettext_lazy("Has not had it"),
    "other_category": gettext_lazy("Takes this product group"),
    "out_of_territory": gettext_lazy("Takes this region"),
    "absent": gettext_lazy("Present"),
    "off_shift": gettext_lazy("In working hours"),
    "weightless": gettext_lazy("Has a share"),
    "full": gettext_lazy("Has room"),
}
EXCLUDED: Words = {
    "had_it": gettext_lazy("had it"),
    "other_category": gettext_lazy("other product groups"),
    "out_of_territory": gettext_lazy("other regions"),
    "absent": gettext_lazy("absent"),
    "off_shift": gettext_lazy("off hours"),
    "weightless": gettext_lazy("no share"),
    "full": gettext_lazy("full"),
}
EXCLUSION_ICONS = {
    "had_it": "arrow-back-up",
    "other_category": "list",
    "out_of_territory": "world",
    "absent": "user",
    "off_shift": "clock",
    "weightless": "scale",
    "full": "inbox",
}
REACH: Mapping[str, tuple[str, str | Promise]] = {
    "phone": ("phone", pgettext_lazy("verb", "Call")),
    "wechat": ("brand-wechat", pgettext_lazy("verb", "WeChat")),
    "email": ("mail", pgettext_lazy("verb", "Write")),
}
PURPOSES: Words = {
    "call": gettext_lazy("To call"),
    "message": gettext_lazy("To write a message"),
    "check": gettext_lazy("To check a duplicate"),
}
USES: Words = {**PURPOSES, "synchronise": gettext_lazy("To keep a copy up to date")}  # of a token


@dataclass(frozen=True, slots=True)
class Dial:
    """A clock as the page draws it."""

    state: str
    share: int
    words: str
    due_at: datetime | None
    whole: int  # seconds from start to due, so that the page can go on drawing the ring


def dial(standing: Standing, *, now: datetime) -> Dial:
    """Draw a lead's clock or its task's hour. `now` is local."""
    stands = left(standing, now=now)
    due_at = standing.clock_due_at or standing.task_due_at
    started_at = standing.clock_started_at
    whole = int((due_at - started_at).total_seconds()) if due_at and started_at else 0
    return Dial(stands.state, stands.share, _time_left(stands, due_at, now), due_at, whole)


def _time_left(stands: Left, due_at: datetime | None, now: datetime) -> str:
    if due_at is None:
        return _("No next step")
    if stands.state == "late":
        return _("%(span)s late") % {"span": span(-stands.seconds)}
    if stands.state == "soon":
        return f"{stands.seconds // 60}:{stands.seconds % 60:02d}"
    if stands.state == "ok" and stands.seconds < 90 * 60:
        return span(stands.seconds)
    return moment(due_at, now=now)


def span(seconds: int) -> str:
    """Say a length of time in its largest unit."""
    minutes = max(1, seconds // 60)
    if minutes < 60:
        return ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)d h", "%(n)d h", minutes // 60) % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def moment(at: datetime, *, now: datetime) -> str:
    """Say a time as people do: the hour today, the day before it otherwise. `now` is local."""
    local = at.astimezone(now.tzinfo)
    clock = local.strftime("%H:%M")
    days = (local.date() - now.date()).days
    if days == 0:
        return clock
    names = {-1: _("Yesterday"), 1: _("Tomorrow")}
    return f"{names.get(days) or short_day(local)} {clock}"


def day(at: datetime, *, now: datetime) -> str:
    """Name a day: today, yesterday, or its date."""
    local = at.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    return {0: _("Today"), 1: _("Yesterday")}.get(days) or short_day(local)


def short_day(local: datetime) -> str:
    """Give month and day."""
    return pgettext("date", "%(month)d/%(day)d") % {"month": local.month, "day": local.day}


@dataclass(frozen=True, slots=True)
class LastCall:
    """How the last call ended, for the words beside a task."""

    result: str = ""
    said: str = ""


def why(
    standing: Standing,
    part: Group,
    *,
    level: int | None,
    last: LastCall,
    now: datetime,
    about: str = "",
) -> str:
    """Say in words why a lead stands where it stands in the day; `about` is that of its task."""
    if special := _why_special(standing, part, about, now):
        return special
    if standing.clock_due_at and not standing.is_next_step:
        return _why_clock(standing, part, level)
    if about in ABOUT:
        return str(ABOUT[about])
    if standing.task_due_at is None:
        return _("Plan a next step")
    if part is Group.LATER:
        return _("You set this time")
    return _why_task(last)


def _why_special(standing: Standing, part: Group, about: str, now: datetime) -> str:
    """Say that somebody put it off, or that they wrote again; nothing where neither is so."""
    back_at = standing.put_off_until
    if part is Group.LATER and back_at is not None and about not in ABOUT:
        return _("Put off: back at %(time)s") % {"time": moment(back_at, now=now)}
    if standing.wrote_at is not None and standing.clock_due_at is None and part is not Group.DUE:
        return _("Wrote again and waits for an answer")
    return ""


def _why_clock(standing: Standing, part: Group, level: int | None) -> str:
    if standing.clock_due_at is None or standing.clock_started_at is None:
        return ""
    limit = standing.clock_due_at - standing.clock_started_at
    words = span(int(limit.total_seconds()))
    if standing.clock_kind == "next":
        return _("Wrote again, answer within %(span)s") % {"span": words}
    if limit > timedelta(hours=8):  # nights lie between: the limit counted working hours only
        return _("Not contacted yet")
    if part is Group.URGENT:
        return _("First contact within %(span)s") % {"span": words}
    words_of = {"intent": intent(level), "span": words}
    return _("%(intent)s, contact within %(span)s") % words_of


def intent(level: int | None) -> str:
    """Name a grade in a sentence."""
    names = {3: _("High intent"), 2: _("Medium intent"), 1: _("Low intent")}
    return names.get(level or 0, _("No grade"))


def word(words: Words, code: str) -> str:
    """Give the word for a code; what somebody wrote by hand stays as it is."""
    return str(words.get(code, code))


def fact_in_words(fact: str, text: str) -> str:
    """Give a product group as it is written, and a region by its proper name where one is meant."""
    return shown(text, resolve(text).code) if fact == "region" else text


def _why_task(last: LastCall) -> str:
    if last.said in SAID:
        return _("Said “%(said)s”; the day has come") % {"said": SAID[last.said]}
    return {
        "no_answer": _("No answer last time, try again"),
        "refused": _("Refused last time, try gently"),
        "wechat_added": _("WeChat added, ask how it goes"),
        "answered": _("You promised to call"),
    }.get(last.result, _("You set this time"))
