"""What follows a sale, in words: what is to be done, and what is written to the customer."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from clew.pipeline.aftersale.links import address_of
from clew.pipeline.aftersale.models import CareStep, Survey

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "check": gettext_lazy("After the sale: ask whether all runs well"),
    "ask": gettext_lazy("After the sale: ask how satisfied they are"),
    "recover": gettext_lazy("Not satisfied: call and mend it"),
    "review": gettext_lazy("Very satisfied: ask for a recommendation"),
}
MARKS: Mapping[int, str | Promise] = {
    5: pgettext_lazy("mark", "Very good"),
    4: pgettext_lazy("mark", "Good"),
    3: pgettext_lazy("mark", "So-so"),
    2: pgettext_lazy("mark", "Poor"),
    1: pgettext_lazy("mark", "Bad"),
}
LANGUAGES = {"zh": "zh-hans", "en": "en"}
PERIOD_WORDS: Words = {
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "365d": gettext_lazy("A year"),
}


def ready_text(step: CareStep, survey: Survey | None, language: str) -> str:
    """Write what is sent to the customer of a step; `language` is zh or en. Nothing where one calls."""
    with override(LANGUAGES[language]):
        words = {
            "name": step.member.name,
            "company": step.member.organisation.name,
            "link": address_of(survey) if survey else "",
        }
        return _text_of(step.kind) % words


def _text_of(kind: str) -> str:
    if kind == CareStep.Kind.ASK:
        return _(
            "Hello, this is %(name)s of %(company)s. How satisfied are you? One tap is enough: %(link)s"
        )
    if kind == CareStep.Kind.REVIEW:
        return _(
            "Hello, this is %(name)s of %(company)s. Thank you for the high mark. Would you write a line about us where others look? And if you know somebody who needs the same, tell me their name: I will look after them as well as after you."
        )
    if kind == CareStep.Kind.CHECK:
        return _(
            "Hello, this is %(name)s of %(company)s. Has everything arrived, and does it run as it should? If anything is missing, write to me."
        )
    return _(
        "Hello, this is %(name)s of %(company)s. I have seen that something is not as it should be. I will call you today and mend it."
    )
