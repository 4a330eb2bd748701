"""Changing members."""

from django.conf import settings

from clew.access.models import Member

THEMES = ("", "light", "dark")


def prefer(member: Member, *, language: str | None = None, theme: str | None = None) -> None:
    """Keep a member's language and theme ("" follows the browser). What is unknown is left alone."""
    if language in dict(settings.LANGUAGES):
        Member.objects.filter(pk=member.pk).update(language=language)
    if theme in THEMES:
        Member.objects.filter(pk=member.pk).update(theme=theme)
