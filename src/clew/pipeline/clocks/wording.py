"""Policies in plain sentences: what will happen to a lead."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from clew.pipeline.clocks.models import Policy
from clew.pipeline.wording import Words

KINDS: Words = {
    Policy.Kind.FIRST: gettext_lazy("First contact"),
    Policy.Kind.NEXT: gettext_lazy("Next response"),
    Policy.Kind.STAGE: gettext_lazy("Time in a stage"),
}
MEANINGS: Words = {
    Policy.Kind.FIRST: gettext_lazy(
        "Runs from the moment somebody has the lead until they make contact."
    ),
    Policy.Kind.NEXT: gettext_lazy(
        "Runs when a known person writes again, or a planned next step has come and passed."
    ),
    Policy.Kind.STAGE: gettext_lazy(
        "Runs from the moment a lead enters a stage, or somebody else has it, until it leaves the stage."
    ),
}
STOPS: Words = {
    Policy.Stop.ATTEMPT: gettext_lazy("any attempt by a person"),
    Policy.Stop.ANSWER: gettext_lazy("only getting through"),
}
PAUSES: Words = {
    "yes": gettext_lazy("it stands still until then"),
    "no": gettext_lazy("it goes on"),
}


def time(minutes: int) -> str:
    """Say a length of working time: in hours where it is a whole number of them."""
    if minutes >= 60 and minutes % 60 == 0:
        return pgettext("working time", "%(n)d h") % {"n": minutes // 60}
    return pgettext("working time", "%(n)d min") % {"n": minutes}


def sentence(policy: Policy) -> str:
    """Say what happens to a lead of this grade, or in this stage, step by step."""
    is_of_stage = policy.kind == Policy.Kind.STAGE
    first = _("to leave it within %(time)s") if is_of_stage else _("contact within %(time)s")
    steps = [first % {"time": time(policy.target_minutes)}]
    if policy.warn_minutes is not None:
        steps.append(_("a reminder after %(time)s") % {"time": time(policy.warn_minutes)})
    if policy.escalate_minutes is not None:
        steps.append(
            _("the manager is told after %(time)s") % {"time": time(policy.escalate_minutes)}
        )
    if policy.reclaim_minutes is not None:
        words = {"time": time(policy.reclaim_minutes), "n": policy.handons_at_most}
        steps.append(
            ngettext(
                "after %(time)s it is taken back and goes to the next one, at most once, then to the pool",
                "after %(time)s it is taken back and goes to the next one, at most %(n)d times, then to the pool",
                policy.handons_at_most,
            )
            % words
        )
    return pgettext("between steps", "; ").join(steps)
