import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
create function clew_lead_refers() returns trigger language plpgsql as $$
begin
  perform from capture_source where id in (select source_id from added) for key share;
  if exists (select from added where source_id not in (select id from capture_source)) then
    raise foreign_key_violation using message = 'a lead needs a source that there is';
  end if;
  return null;
end $$;
create trigger lead_refers after insert on contacts_lead
  referencing new table as added for each statement execute function clew_lead_refers();
create trigger lead_keeps_its_source before update of source_id on contacts_lead
  for each row when (old.source_id <> new.source_id) execute function clew_unchangeable();
create trigger source_of_lead before delete on capture_source
  for each row execute function clew_referred('contacts_lead', 'source_id');
"""
DROPPED = """
drop trigger source_of_lead on capture_source;
drop trigger lead_keeps_its_source on contacts_lead;
drop trigger lead_refers on contacts_lead;
drop function clew_lead_refers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0005_references"),
        ("capture", "0006_custom_fields"),
        ("contacts", "0013_letters"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lead",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leads",
                to="capture.source",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
