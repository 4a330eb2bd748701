import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
create or replace function clew_lead_refers() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  perform from capture_source where id in (select source_id from added) for key share;
  perform from capture_submission where id in (select id from added) order by id for key share;
  perform from contacts_contact where id in (select contact_id from added)
    and written_in <> pg_current_xact_id()::text::bigint order by id for key share;
  if exists (select from added where source_id not in (select id from capture_source)) then
    raise foreign_key_violation using message = 'a lead needs a source that there is';
  end if;
  if exists (select from added where not exists (select from capture_submission s where s.id = added.id)) then
    raise foreign_key_violation using message = 'a lead needs a submission that there is';
  end if;
  if exists (select from added where not exists (select from contacts_contact c where c.id = contact_id)) then
    raise foreign_key_violation using message = 'a lead needs a contact that there is';
  end if;
  return null;
end $$;
create trigger lead_keeps_its_submission before update of id on contacts_lead
  for each row when (old.id <> new.id) execute function clew_unchangeable();
create trigger submission_of_lead after delete on capture_submission
  referencing old table as gone for each statement
  execute function clew_referred_at_once('contacts_lead', 'id');

create trigger lead_refers_to_person after insert or update of person_id on contacts_lead
  for each row when (new.person_id is not null)
  execute function clew_refers('contacts_contact', 'person_id', 'uuid');
create trigger person_of_lead after delete on contacts_contact
  referencing old table as gone for each statement
  execute function clew_referred_at_once('contacts_lead', 'person_id');

create trigger lead_refers_to_former after insert or update of follows_id on contacts_lead
  for each row when (new.follows_id is not null)
  execute function clew_refers('contacts_lead', 'follows_id', 'uuid');
create trigger former_of_lead after delete on contacts_lead
  referencing old table as gone for each statement
  execute function clew_referred_at_once('contacts_lead', 'follows_id');
"""
DROPPED = """
drop trigger former_of_lead on contacts_lead;
drop trigger lead_refers_to_former on contacts_lead;
drop trigger person_of_lead on contacts_contact;
drop trigger lead_refers_to_person on contacts_lead;
drop trigger submission_of_lead on capture_submission;
drop trigger lead_keeps_its_submission on contacts_lead;
create or replace function clew_lead_refers() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  perform from capture_source where id in (select source_id from added) for key share;
  perform from contacts_contact where id in (select contact_id from added)
    and written_in <> pg_current_xact_id()::text::bigint order by id for key share;
  if exists (select from added where source_id not in (select id from capture_source)) then
    raise foreign_key_violation using message = 'a lead needs a source that there is';
  end if;
  if exists (select from added where not exists (select from contacts_contact c where c.id = contact_id)) then
    raise foreign_key_violation using message = 'a lead needs a contact that there is';
  end if;
  return null;
end $$;
"""
# Most contacts that get a way are as new as it is: there is nothing to write then.
TOUCHED = """
create or replace function clew_contact_touched() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  perform from contacts_contact where id in (select contact_id from touched)
    and written_in <> pg_current_xact_id()::text::bigint order by id for no key update;
  {unless}
  update contacts_contact set written_in = written_in where id in (select contact_id from touched)
    and written_in <> pg_current_xact_id()::text::bigint;
  return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0008_refers"),
        ("capture", "0007_sources_at_once"),
        ("contacts", "0016_people_at_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lead",
            name="submission",
            field=models.OneToOneField(
                db_column="id",
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                primary_key=True,
                related_name="lead",
                serialize=False,
                to="capture.submission",
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="person",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="person_leads",
                to="contacts.contact",
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="follows",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followers",
                to="contacts.lead",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
        migrations.RunSQL(
            TOUCHED.replace("{unless}", "if not found then return null; end if;"),
            TOUCHED.replace("{unless}\n  ", ""),
        ),
    ]
