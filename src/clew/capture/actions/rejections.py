"""Keeping what a form turned away, and settling what was kept at any door."""

from collections.abc import Sequence

from django.db import connection, transaction

from clew.base.json import dumps
from clew.base.ledger import Actor
from clew.capture.actions.failures import refuse
from clew.capture.rejections import KEEP, NOT_KEPT, Doorway, row_of
from clew.capture.rules import Fault


def keep(lead: bytes, code: str, faults: Sequence[Fault], *, at: Doorway, name: str) -> None:
    """Keep a lead of a form as it was typed; `name` tells what is the same. Counts what does not fit."""
    row = row_of(lead, code, faults, at, name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(KEEP, [dumps([row] if row else [])])
        is_kept = cursor.fetchone() is not None
    if not is_kept:
        refuse("form", NOT_KEPT, {"form": at.form}, Actor("visitor"), at.at)
