import django.db.models.deletion
from django.db import migrations, models

# A place that is opened touches its lead before this looks, so that nobody can delete it until the commit.
TRIGGERS = """
create or replace function clew_placement_refers() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  perform from access_team where id in (select team_id from added) for key share;
  perform from handoff_seat where id in (select seat_id from added) for key share;
  perform from handoff_round where id in (select round_id from added) for key share;
  if exists (select from added where team_id not in (select id from access_team)
    or not exists (select from handoff_seat s where s.id = seat_id) and seat_id is not null
    or not exists (select from handoff_round r where r.id = round_id) and round_id is not null) then
    raise foreign_key_violation using
      message = 'a placement needs a team, a seat and a round that there are';
  end if;
  if exists (select from added where not exists (select from contacts_lead l where l.id = lead_id)) then
    raise foreign_key_violation using message = 'a placement needs a lead that there is';
  end if;
  return null;
end $$;
create trigger placement_keeps_its_lead before update of lead_id on handoff_placement
  for each row when (old.lead_id <> new.lead_id) execute function clew_unchangeable();
create trigger lead_of_placement after delete on contacts_lead
  referencing old table as gone for each statement
  execute function clew_referred_at_once('handoff_placement', 'lead_id');
"""
DROPPED = """
drop trigger lead_of_placement on contacts_lead;
drop trigger placement_keeps_its_lead on handoff_placement;
create or replace function clew_placement_refers() returns trigger language plpgsql as $$
begin
  perform from access_team where id in (select team_id from added) for key share;
  perform from handoff_seat where id in (select seat_id from added) for key share;
  perform from handoff_round where id in (select round_id from added) for key share;
  if exists (select from added where team_id not in (select id from access_team)
    or not exists (select from handoff_seat s where s.id = seat_id) and seat_id is not null
    or not exists (select from handoff_round r where r.id = round_id) and round_id is not null) then
    raise foreign_key_violation using
      message = 'a placement needs a team, a seat and a round that there are';
  end if;
  return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0007_referred_at_once"),
        ("contacts", "0016_people_at_once"),
        ("handoff", "0011_went_round"),
        ("pipeline", "0006_many_at_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="placement",
            name="lead",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="placements",
                to="contacts.lead",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
