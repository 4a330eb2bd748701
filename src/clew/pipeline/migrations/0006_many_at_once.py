"""Many rows written or deleted at once cost what they must.

What points at a lead or a contact keeps it from being deleted at once, not at the commit: a deferred check
first looks whether the deleted row has come back, which nobody does here: half of its cost. Triggers look rows
up along the index, whatever a table was when they were planned. Contacts that go need not be told of their ways.
"""

from django.db import migrations

EACH = """
do $$
declare c record;
begin
  for c in
    select conname, conrelid::regclass as child, confrelid::regclass as parent, a.attname as own,
      b.attname as other
    from pg_constraint
    join pg_attribute a on a.attrelid = conrelid and a.attnum = conkey[1]
    join pg_attribute b on b.attrelid = confrelid and b.attnum = confkey[1]
    where contype = 'f' and confrelid in ('contacts_lead'::regclass, 'contacts_contact'::regclass)
  loop
    execute format('alter table %s drop constraint %I, add constraint %I foreign key (%I)
      references %s (%I) on delete {action} deferrable initially deferred',
      c.child, c.conname, c.conname, c.own, c.parent, c.other);
  end loop;
end $$
"""
PLANNED = """
alter function clew_contact_touched() set enable_seqscan = off;
alter function clew_contact_touched() set enable_hashjoin = off;
alter function clew_contact_touched() set enable_mergejoin = off;
alter function clew_lead_touched() set enable_seqscan = off;
alter function clew_lead_touched() set enable_hashjoin = off;
alter function clew_lead_touched() set enable_mergejoin = off;
"""
UNPLANNED = """
alter function clew_contact_touched() reset all;
alter function clew_lead_touched() reset all;
"""
DROPPED = """
drop trigger identifier_dropped on contacts_identifier;
create trigger identifier_dropped after delete on contacts_identifier
  referencing old table as touched for each statement {when}
  execute function clew_contact_touched();
"""
UNLESS_FORGOTTEN = "when (current_setting('clew.forgetting', true) is distinct from 'on')"


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0010_unchecked"),
        ("grading", "0004_unchecked"),
        ("handoff", "0005_unchecked"),
        ("pipeline", "0005_first_contacts"),
    ]

    operations = [
        migrations.RunSQL(
            EACH.replace("{action}", "restrict"), EACH.replace("{action}", "no action")
        ),
        migrations.RunSQL(PLANNED, UNPLANNED),
        migrations.RunSQL(
            DROPPED.replace("{when}", UNLESS_FORGOTTEN), DROPPED.replace("{when}", "")
        ),
    ]
