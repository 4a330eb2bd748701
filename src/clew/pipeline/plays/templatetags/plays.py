"""Marks of the pages of plays."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise

register = template.Library()


@register.filter
def look_up(words: Mapping[str, str | Promise], code: str) -> str:
    """Give the word for a code."""
    return str(words.get(code, code))
