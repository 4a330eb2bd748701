"""What leads and ways refer to is held and counted at one look, where one statement held it and another one sought it."""

from django.db import migrations

OF_LEADS = """
create or replace function clew_lead_refers() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
{body}
end $$;
"""
OF_WAYS = """
create or replace function clew_contact_touched() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
{body}
end $$;
"""
HELD = """
declare
  held bigint;
  older uuid[];
  is_missing boolean;
begin
  perform from capture_source where id in (select source_id from added) for key share;
  get diagnostics held = row_count;
  if held < (select count(distinct source_id) from added) then
    raise foreign_key_violation using message = 'a lead needs a source that there is';
  end if;
  perform from capture_submission where id in (select id from added) order by id for key share;
  get diagnostics held = row_count;
  if held < (select count(*) from added) then
    raise foreign_key_violation using message = 'a lead needs a submission that there is';
  end if;
  select array_agg(distinct c.id) filter (where c.written_in <> pg_current_xact_id()::text::bigint),
    count(c.id) < count(*) into older, is_missing
  from added left join contacts_contact c on c.id = contact_id;
  perform from contacts_contact where id = any(older) order by id for key share;
  get diagnostics held = row_count;
  if is_missing or held < cardinality(older) then
    raise foreign_key_violation using message = 'a lead needs a contact that there is';
  end if;
  return null;"""
SOUGHT = """
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
  return null;"""

# A contact that is older than this transaction is touched: reports count anew what changed since.
TOUCHED = """
declare
  held bigint;
  older uuid[];
  is_missing boolean;
begin
  select array_agg(c.id) filter (where c.written_in <> pg_current_xact_id()::text::bigint), bool_or(c.id is null)
    into older, is_missing
  from (select distinct contact_id from touched) t left join contacts_contact c on c.id = contact_id;
  if older is not null then
    perform from contacts_contact where id = any(older) order by id for no key update;
    get diagnostics held = row_count;
    update contacts_contact set written_in = written_in where id = any(older);
  end if;
  if is_missing or held < cardinality(older) then
    raise foreign_key_violation using message = 'a way of reaching somebody needs a contact that there is';
  end if;
  return null;"""
TOUCHED_ONLY = """
begin
  perform from contacts_contact where id in (select contact_id from touched)
    and written_in <> pg_current_xact_id()::text::bigint order by id for no key update;
  if not found then return null; end if;
  update contacts_contact set written_in = written_in where id in (select contact_id from touched)
    and written_in <> pg_current_xact_id()::text::bigint;
  return null;"""
BESIDE = """
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
"""
NOT_BESIDE = """
drop trigger identifier_still_refers on contacts_identifier;
drop trigger identifier_refers on contacts_identifier;
drop function clew_identifier_refers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0017_submissions_at_once"),
    ]

    operations = [
        migrations.RunSQL(OF_LEADS.format(body=HELD), OF_LEADS.format(body=SOUGHT)),
        migrations.RunSQL(OF_WAYS.format(body=TOUCHED), OF_WAYS.format(body=TOUCHED_ONLY)),
        migrations.RunSQL(NOT_BESIDE, BESIDE),
    ]
