"""Defining custom fields: adding, changing, ordering, retiring. None is ever deleted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from clew.base.ledger import Actor, append
from clew.capture.custom import (
    KEY,
    LONGEST_KEY,
    LONGEST_LABEL,
    LONGEST_UNIT,
    MOST_CHOICES,
    MOST_FIELDS,
    Choice,
    Kind,
)
from clew.capture.errors import (
    ChoicesMissing,
    ChoiceTwice,
    FieldKeyTaken,
    FieldKeyWrong,
    FieldLabelTaken,
    FieldLabelWrong,
    TooManyChoices,
    TooManyFields,
)
from clew.capture.events import FieldAdded, FieldChanged, FieldRestored, FieldRetired
from clew.capture.models import CustomField
from clew.errors import Missing

FIELDS = 0x6669656C  # "fiel": one change of the list of fields at a time


@dataclass(frozen=True, slots=True)
class FieldData:
    """What a field is. Key and kind stay as they were first given, and so does the currency."""

    key: str
    label: str
    kind: Kind
    choices: Sequence[Choice] = ()
    unit: str = ""
    currency: str = "CNY"


@transaction.atomic
def add_field(given: FieldData, *, actor: Actor, now: datetime) -> CustomField:
    """Define a field, after all others. Without a key it gets the next number as one.

    Raises FieldKeyWrong, FieldKeyTaken, FieldLabelWrong, FieldLabelTaken, ChoicesMissing, ChoiceTwice,
    TooManyChoices, TooManyFields.
    """
    _take_turn()
    if CustomField.objects.filter(retired_at=None).count() >= MOST_FIELDS:
        raise TooManyFields
    key = given.key or f"field_{(CustomField.objects.aggregate(n=Max('pk'))['n'] or 0) + 1}"
    if not KEY.fullmatch(key) or len(key) > LONGEST_KEY:
        raise FieldKeyWrong
    if CustomField.objects.filter(key=key).exists():
        raise FieldKeyTaken
    field = CustomField(key=key, kind=given.kind, currency=given.currency, created_at=now)
    field.position = (CustomField.objects.aggregate(n=Max("position"))["n"] or 0) + 1
    _describe(field, given, ())
    append(FieldAdded(field.pk, field.kind), actor=actor, at=now)
    return field


@transaction.atomic
def change_field(given: FieldData, *, actor: Actor, now: datetime) -> CustomField:
    """Change how the field with this key is called, its unit, its choices.

    Choices that are left out are retired: leads that have them keep them. Raises Missing and what
    `add_field` raises.
    """
    _take_turn()
    field = _locked(given.key)
    _describe(field, given, [Choice(**choice) for choice in field.choices])
    append(FieldChanged(field.pk), actor=actor, at=now)
    return field


@transaction.atomic
def retire_field(key: str, *, actor: Actor, now: datetime) -> CustomField:
    """Ask for a field no more; what leads have in it stays. Repeating it does nothing. Raises Missing."""
    _take_turn()
    field = _locked(key)
    if field.retired_at is None:
        field.retired_at = now
        field.save(update_fields=["retired_at"])
        field.forms.all().delete()
        append(FieldRetired(field.pk), actor=actor, at=now)
    return field


@transaction.atomic
def restore_field(key: str, *, actor: Actor, now: datetime) -> CustomField:
    """Take a retired field into use again. Raises Missing, FieldLabelTaken, TooManyFields."""
    _take_turn()
    field = _locked(key)
    if field.retired_at is not None:
        if CustomField.objects.filter(retired_at=None).count() >= MOST_FIELDS:
            raise TooManyFields
        field.retired_at = None
        _save(field)
        append(FieldRestored(field.pk), actor=actor, at=now)
    return field


@transaction.atomic
def move_field(key: str, *, is_up: bool, actor: Actor, now: datetime) -> None:
    """Let a field change places with its neighbour. Raises Missing."""
    _take_turn()
    in_use = list(CustomField.objects.filter(retired_at=None).order_by("position", "pk"))
    place = next((n for n, field in enumerate(in_use) if field.key == key), None)
    if place is None:
        raise Missing
    other = place + (-1 if is_up else 1)
    if not 0 <= other < len(in_use):
        return
    in_use[place], in_use[other] = in_use[other], in_use[place]
    for position, field in enumerate(in_use, 1):
        field.position = position
    CustomField.objects.bulk_update(in_use, ["position"])
    append(FieldChanged(in_use[other].pk), actor=actor, at=now)


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [FIELDS])


def _locked(key: str) -> CustomField:
    field = CustomField.objects.select_for_update().filter(key=key).first()
    if field is None:
        raise Missing
    return field


def _describe(field: CustomField, given: FieldData, before: Sequence[Choice]) -> None:
    field.label = given.label.strip()
    if not 1 <= len(field.label) <= LONGEST_LABEL:
        raise FieldLabelWrong
    field.unit = given.unit.strip()[:LONGEST_UNIT] if field.kind == "number" else ""
    field.choices = (
        [asdict(choice) for choice in _choices(given.choices, before)]
        if field.kind == "choice"
        else []
    )
    _save(field)


def _choices(given: Sequence[Choice], before: Sequence[Choice]) -> list[Choice]:
    """What is offered from now on, and behind it what was and is no more."""
    if not given:
        raise ChoicesMissing
    if any(not KEY.fullmatch(c.key) or len(c.key) > LONGEST_KEY for c in given):
        raise FieldKeyWrong
    if any(not 1 <= len(c.label.strip()) <= LONGEST_LABEL for c in given):
        raise FieldLabelWrong
    keys = {choice.key for choice in given}
    labels = {choice.label.strip().casefold() for choice in given}
    if len(keys) < len(given) or len(labels) < len(given):
        raise ChoiceTwice
    gone = [Choice(c.key, c.label, is_retired=True) for c in before if c.key not in keys]
    if len(given) + len(gone) > MOST_CHOICES:
        raise TooManyChoices
    return [Choice(c.key, c.label.strip()) for c in given] + gone


def _save(field: CustomField) -> None:
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as taken:
        raise FieldLabelTaken from taken
