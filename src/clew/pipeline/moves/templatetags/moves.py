"""Marks of the board: short amounts, and bars of shares."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

WAN = 10_000


@register.filter
def short_money(minor: int) -> str:
    """Write an amount as one reads it at a glance: in 万 for Chinese readers, in thousands and millions else."""
    yuan = minor / 100
    if (get_language() or "").startswith("zh"):
        return f"¥{yuan:,.0f}" if yuan < WAN else f"¥{yuan / WAN:,.1f} 万"
    if yuan < WAN:
        return f"¥{yuan:,.0f}"
    return f"¥{yuan / 1000:,.0f}k" if yuan < 1_000_000 else f"¥{yuan / 1_000_000:,.1f}M"


@register.simple_tag
def split(parts: Sequence[tuple[str, int]], whole: int) -> SafeString:
    """Draw shares of a whole as one bar; the numbers stand beside it in words."""
    begins, drawn = 0, []
    for number, (_words, count) in enumerate(parts):
        width = round(100 * count / whole) if whole else 0
        drawn.append((number + 1, begins, width))
        begins += width
    return format_html(
        '<svg class="c-split" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        format_html_join("", '<rect class="c-s{}" x="{}" width="{}" height="6"/>', drawn),
    )


@register.filter
def percent(basis_points: int) -> str:
    """Write basis points as per cent, without zeros behind the point."""
    return f"{basis_points / 100:g}"
