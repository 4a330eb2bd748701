"""When each lead was first tried and first answered: a table of its own, filled from the calls so far."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from clew.handoff.calendars import hours, time_between

AT_ONCE = 5_000
CALLED = """
select l.id, l.opened_at, c.tried_at, c.answered_at,
  (select min(due_at) from pipeline_clock where lead_id = l.id),
  a.time_zone, a.week, a.days_off, a.days_on
from (select lead_id, min(at) as tried_at, min(at) filter
    (where result in ('answered', 'refused', 'wechat_added')) as answered_at
  from pipeline_call group by lead_id) c
join contacts_lead l on l.id = c.lead_id
left join handoff_placement p on p.lead_id = l.id and p.closed_at is null
left join handoff_seat s on s.id = p.seat_id
left join handoff_method m on m.team_id = p.team_id
left join handoff_calendar a on a.id = coalesce(s.calendar_id, m.calendar_id)
"""
RESTRICT = """
do $$
declare c record;
begin
  for c in select conname from pg_constraint
    where contype = 'f' and conrelid = 'pipeline_firstcontact'::regclass
  loop
    execute format('alter table pipeline_firstcontact drop constraint %I, add constraint %I
      foreign key (lead_id) references contacts_lead (id) on delete restrict
      deferrable initially deferred', c.conname, c.conname);
  end loop;
end $$
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Read the calls once, and count working time by the calendars that hold now."""
    kept = apps.get_model("pipeline", "FirstContact")
    kept.objects.bulk_create((kept(**row) for row in _rows(schema_editor)), batch_size=AT_ONCE)


def _rows(schema_editor: Any) -> Iterator[dict[str, Any]]:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(CALLED)
        found = cursor.fetchall()
    known: dict[str, Any] = {}
    for lead_id, opened_at, tried_at, answered_at, promised_at, *calendar in found:
        zone, *parts = calendar
        if zone and repr(calendar) not in known:
            known[repr(calendar)] = hours(zone, *map(json.loads, parts))
        worked = known.get(repr(calendar))
        seconds = [
            None if at is None else _seconds(worked, opened_at, at)
            for at in (tried_at, answered_at)
        ]
        yield {
            "lead_id": lead_id,
            "tried_at": tried_at,
            "tried_seconds": seconds[0],
            "answered_at": answered_at,
            "answered_seconds": seconds[1],
            "promised_at": promised_at,
        }


def _seconds(worked: Any, start: Any, end: Any) -> int:
    passed = time_between(worked, start, end) if worked else end - start
    return max(0, passed // timedelta(seconds=1))


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0010_unchecked"),
        ("handoff", "0006_waiting"),
        ("pipeline", "0004_views_and_bulk_edits"),
    ]

    operations = [
        migrations.CreateModel(
            name="FirstContact",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="first_contact",
                        serialize=False,
                        to="contacts.lead",
                    ),
                ),
                ("tried_at", models.DateTimeField()),
                ("tried_seconds", models.PositiveIntegerField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answered_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("promised_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name="firstcontact",
            constraint=models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True, answered_seconds__isnull=True)
                | models.Q(answered_at__gte=models.F("tried_at"), answered_seconds__isnull=False),
                name="firstcontact_answered_after_tried",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL(
            "set constraints all immediate", "set constraints all immediate"
        ),  # what the rows have pending would forbid the change
        migrations.RunSQL(RESTRICT, migrations.RunSQL.noop),
    ]
