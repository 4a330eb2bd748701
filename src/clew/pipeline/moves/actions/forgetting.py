"""Dropping what a pipeline knows of leads that are undone."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array


def forget(lead_ids: Sequence[UUID]) -> None:
    """Drop stays, exits and estimates of leads."""
    ids = as_array(lead_ids)
    with connection.cursor() as cursor:
        for table in ("moves_stay", "moves_exit", "moves_estimate"):
            cursor.execute(f"delete from {table} where lead_id = any(%s::uuid[])", [ids])  # noqa: S608
