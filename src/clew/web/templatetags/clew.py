"""Small marks that every page draws the same way: icons, grades, clocks, first letters."""

from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Protocol

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from clew.base.money import money

register = template.Library()

MOBILE = 11

BARS = (
    '<rect y="7" width="3" height="4" rx=".5"/>',
    '<rect x="4" y="3.5" width="3" height="7.5" rx=".5"{}/>',
    '<rect x="8" width="3" height="11" rx=".5"{}/>',
)


class Dial(Protocol):
    """What a clock shows: `state` late, soon, ok or fixed; `share` of its time left, in percent."""

    state: str
    share: int
    words: str
    due_at: datetime | None
    whole: int


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """Draw a symbol of static/clew/icons.svg; `size` is "s", "l" or nothing."""
    return format_html(
        '<svg class="c-i{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f" c-i-{size}" if size else "",
        static("clew/icons.svg"),
        name,
    )


@register.simple_tag
def grade(level: int | None, points: int | None = None) -> SafeString:
    """Draw a grade: bars, word and points. Weight tells it, never colour alone."""
    if level is None:
        return SafeString("")
    word = level_word(level)
    return _drawn(level, word if points is None else f"{word} {points}".replace("-", "−"))


@lru_cache(maxsize=1000)
def _drawn(level: int, words: str) -> SafeString:
    return format_html(
        '<span class="c-grade c-g{}"><svg viewBox="0 0 11 11" aria-hidden="true">{}</svg>{}</span>',
        level,
        _bars(level),
        words,
    )


@register.filter
def duration(seconds: int) -> str:
    """Write 75 seconds as 0:01:15."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@register.filter
def level_word(level: int) -> str:
    """Name a level of intent."""
    return {
        3: pgettext("intent", "High"),
        2: pgettext("intent", "Medium"),
        1: pgettext("intent", "Low"),
    }[level]


@register.inclusion_tag("clew/_clock.html")
def clock(dial: Dial) -> dict[str, Dial]:
    """Draw a clock ring with its words."""
    return {"dial": dial}


@register.filter
def initial(name: str) -> str:
    """Give the first letter of a name, for a round mark."""
    return name[:1].upper()


register.filter("money", money)
register.filter("amount", money)


@register.filter
def yuan(minor: int | None) -> str:
    """Give hundredths as an amount that a number field takes; nothing where there is none."""
    return "" if minor is None else f"{Decimal(minor) / 100:.2f}"


@register.filter
def spoken_number(number: str) -> str:
    """Group a mainland mobile number as people read it out; others stay as they are."""
    local = number.removeprefix("+86")
    if len(local) != MOBILE or not local.startswith("1"):
        return number
    return f"{local[:3]} {local[3:7]} {local[7:]}"


@register.filter
def signed(number: float) -> str:
    """Show a difference with its sign, by a real minus."""
    whole = f"{abs(number):g}" if isinstance(number, int) else f"{abs(number):.2f}"
    return f"+{whole}" if number >= 0 else f"−{whole}"


@register.filter
def html_language(code: str) -> str:
    """Give the language tag that browsers choose fonts by."""
    return "zh-CN" if code.startswith("zh") else code


@register.simple_tag
def role_name(role: str) -> str:
    """Name a member's role."""
    return {
        "administrator": gettext("Administrator"),
        "manager": gettext("Manager"),
        "salesperson": gettext("Salesperson"),
    }.get(role, "")


def _bars(level: int) -> SafeString:
    off = SafeString(' class="c-off"')
    second, third = (off if level < wanted else "" for wanted in (2, 3))
    return SafeString(BARS[0]) + format_html(BARS[1], second) + format_html(BARS[2], third)
