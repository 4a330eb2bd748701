"""The source of a submission is looked up once for all that are stored together (docs/decisions/checked-at-once.md).

What waits for the belt is derived: it is written with its submission, by the same function.
"""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
create function clew_submission_refers() returns trigger language plpgsql as $$
begin
  perform from capture_source where id in (select source_id from added) for key share;
  if exists (select from added where source_id not in (select id from capture_source)) then
    raise foreign_key_violation using message = 'a submission needs a source that there is';
  end if;
  return null;
end $$;
create trigger submission_refers after insert on capture_submission
  referencing new table as added for each statement execute function clew_submission_refers();
create trigger submission_keeps_its_source before update of source_id on capture_submission
  for each row when (old.source_id <> new.source_id) execute function clew_unchangeable();
create trigger source_of_submission before delete on capture_source
  for each row execute function clew_referred('capture_submission', 'source_id');
"""
DROPPED = """
drop trigger source_of_submission on capture_source;
drop trigger submission_keeps_its_source on capture_submission;
drop trigger submission_refers on capture_submission;
drop function clew_submission_refers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0005_references"),
        ("capture", "0006_custom_fields"),
    ]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to="capture.source",
            ),
        ),
        migrations.AlterField(
            model_name="waiting",
            name="submission",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                serialize=False,
                to="capture.submission",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
