"""Marks of the operator's pages."""

from typing import Any
from uuid import uuid4

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from clew.errors import ClewError
from clew.web.office.forms import SCOPE_WORDS

register = template.Library()


@register.simple_tag(takes_context=True)
def once(context: dict[str, Any]) -> SafeString:
    """Hidden field that makes a form count once, however often it is sent."""
    posted = context["request"].POST.get("once")
    return format_html('<input type="hidden" name="once" value="{}">', posted or uuid4())


@register.filter
def in_words(error: ClewError) -> str:
    """The error's sentence in the reader's language, with the reasons it gives."""
    reasons = error.details.get("reasons")
    extra = " ".join(str(r) for r in reasons) if isinstance(reasons, list) else ""
    return f"{gettext(error.message)} {extra}".strip()


@register.filter
def percent(part: int, whole: int) -> int:
    """Share of `part` in `whole`, for the width of a bar; what is there at all can be seen."""
    return max(1, round(100 * part / whole)) if part and whole else 0


@register.filter
def in_percent(share: float | None) -> str:
    """A share of one as whole per cent."""
    return "–" if share is None else f"{100 * share:.0f}%"


@register.filter
def grouped(number: int) -> str:
    """A count with its thousands apart."""
    return f"{number:,}"


@register.filter
def in_hours(minutes: int) -> str:
    """Minutes as hours, without needless digits."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


@register.filter
def owed(due: float, got: int) -> float:
    """How many leads a seat is behind its due; negative where it is ahead."""
    return due - got


@register.filter
def scope_in_words(scope: str) -> str:
    """What a token's scope lets it do."""
    return str(dict(SCOPE_WORDS).get(scope, scope))
