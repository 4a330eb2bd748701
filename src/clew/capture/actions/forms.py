"""Putting hosted forms on the net and taking them off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from clew.access.models import Organisation
from clew.base.ledger import Actor, append
from clew.capture.errors import FormAddressTaken
from clew.capture.events import FormClosed, FormOpened
from clew.capture.inbox import BASIS_PURPOSE
from clew.capture.models import ConsentText, CustomField, Form, FormField, Source


@dataclass(frozen=True, slots=True)
class FormData:
    """A hosted form in the operator's words; `consent` is what people agree to, by language."""

    slug: str
    title: str
    button: str
    consent: Mapping[str, str]
    lede: str = ""
    question: str = ""
    options: Sequence[str] = ()
    fields: Sequence[tuple[str, bool]] = ()  # keys of custom fields, and whether they are required


def open_form(
    source: Source, given: FormData, *, of: Organisation, actor: Actor, now: datetime
) -> Form:
    """Put a form on the net; its leads come from `source`. Raises FormAddressTaken."""
    try:
        with transaction.atomic():
            page = Form.objects.create(
                slug=given.slug,
                organisation=of,
                source=source,
                consent_text=_consent_text(given.consent, now),
                title=given.title,
                lede=given.lede,
                button=given.button,
                question=given.question,
                options=list(given.options),
            )
            _ask_for(page, given.fields)
            append(FormOpened(page.pk, source.pk), actor=actor, at=now)
    except IntegrityError as taken:
        raise FormAddressTaken from taken
    return page


@transaction.atomic
def close_form(form_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a form off the net; repeating it does nothing."""
    if Form.objects.filter(pk=form_id, is_active=True).update(is_active=False):
        append(FormClosed(form_id), actor=actor, at=now)


def _ask_for(page: Form, fields: Sequence[tuple[str, bool]]) -> None:
    """Ask for custom fields, in this order; one that was retired meanwhile is left out."""
    in_use = CustomField.objects.filter(key__in=[key for key, _ in fields], retired_at=None)
    known = {field.key: field for field in in_use.select_for_update()}
    FormField.objects.bulk_create(
        FormField(form=page, field=known[key], position=position, is_required=is_required)
        for position, (key, is_required) in enumerate(fields)
        if key in known
    )


def _consent_text(wording: Mapping[str, str], now: datetime) -> ConsentText:
    """The version of this wording; words that were never used before are a new version."""
    texts = ConsentText.objects.filter(purpose=BASIS_PURPOSE).order_by("-version")
    known = texts.filter(wording=dict(wording)).first()
    if known:
        return known
    newest = texts.first()
    return ConsentText.objects.create(
        purpose=BASIS_PURPOSE,
        version=newest.version + 1 if newest else 1,
        wording=dict(wording),
        created_at=now,
    )
