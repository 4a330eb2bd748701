"""Marks of the pages of plays."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise

from clew.pipeline.plays import wording

register = template.Library()


@register.filter
def look_up(words: Mapping[str, str | Promise], code: str) -> str:
    """Give the word for a code."""
    return str(words.get(code, code))


@register.filter
def points(share: float) -> str:
    """Write a difference of shares in percentage points."""
    return wording.points(share)


@register.filter
def points_bp(basis_points: int) -> str:
    """Write a difference in basis points as percentage points."""
    return wording.points(basis_points / 10_000)
