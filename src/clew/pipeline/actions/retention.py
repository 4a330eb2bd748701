"""Deleting what was begun and never finished."""

from datetime import datetime

from clew.base.bulk import delete_some


def drop_drafts(before: datetime, most: int) -> int:
    """Delete call sheets never saved, of leads that ended before a time. Returns how many."""
    condition = "lead_id in (select id from contacts_lead where ended_at < %s)"
    return delete_some("pipeline_draft", condition, [before], most)
