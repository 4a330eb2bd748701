import django.db.models.deletion
from django.db import migrations, models

# Contacts that this transaction wrote are nobody else's to delete, and a way that is added or moved touches its
# contact before this looks; the contacts of leads are held until the commit.
TRIGGERS = """
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
create trigger lead_keeps_its_contact before update of contact_id on contacts_lead
  for each row when (old.contact_id <> new.contact_id) execute function clew_unchangeable();
create trigger contact_of_lead after delete on contacts_contact
  referencing old table as gone for each statement
  execute function clew_referred_at_once('contacts_lead', 'contact_id');

create function clew_identifier_refers() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (select from added where not exists (select from contacts_contact c where c.id = contact_id)) then
    raise foreign_key_violation using message = 'a way of reaching somebody needs a contact that there is';
  end if;
  return null;
end $$;
create trigger identifier_refers after insert on contacts_identifier
  referencing new table as added for each statement execute function clew_identifier_refers();
create trigger identifier_still_refers after update on contacts_identifier
  referencing new table as added for each statement execute function clew_identifier_refers();
create trigger contact_of_identifier after delete on contacts_contact
  referencing old table as gone for each statement
  execute function clew_referred_at_once('contacts_identifier', 'contact_id');
"""
DROPPED = """
drop trigger contact_of_identifier on contacts_contact;
drop trigger identifier_still_refers on contacts_identifier;
drop trigger identifier_refers on contacts_identifier;
drop function clew_identifier_refers;
drop trigger contact_of_lead on contacts_contact;
drop trigger lead_keeps_its_contact on contacts_lead;
create or replace function clew_lead_refers() returns trigger language plpgsql as $$
begin
  perform from capture_source where id in (select source_id from added) for key share;
  if exists (select from added where source_id not in (select id from capture_source)) then
    raise foreign_key_violation using message = 'a lead needs a source that there is';
  end if;
  return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0007_referred_at_once"),
        ("contacts", "0015_usual_categories"),
        ("pipeline", "0006_many_at_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="identifier",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="identifiers",
                to="contacts.contact",
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leads",
                to="contacts.contact",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
