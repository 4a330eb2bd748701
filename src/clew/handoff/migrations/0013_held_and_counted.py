"""What places refer to is held and counted at one look; rounds and routes keep no statistics of what nobody compares."""

from django.db import migrations

OF_PLACES = """
create or replace function clew_placement_refers() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
{body}
end $$;
"""
OF_THEIR_LEADS = """
create or replace function clew_lead_touched() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
{body}
end $$;
"""
HELD = """
declare
  teams bigint;
  seats bigint;
  rounds bigint;
begin
  perform from access_team where id in (select team_id from added) for key share;
  get diagnostics teams = row_count;
  perform from handoff_seat where id in (select seat_id from added) for key share;
  get diagnostics seats = row_count;
  perform from handoff_round where id in (select round_id from added) for key share;
  get diagnostics rounds = row_count;
  if (teams, seats, rounds) is distinct from
    (select (count(distinct team_id), count(distinct seat_id), count(distinct round_id)) from added) then
    raise foreign_key_violation using
      message = 'a placement needs a team, a seat and a round that there are';
  end if;
  return null;"""
SOUGHT = """
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
  return null;"""
# A lead that is older than this transaction is touched: reports count anew what changed since. It is held thereby.
TOUCHED = """
declare
  held bigint;
  older uuid[];
  is_missing boolean;
begin
  select array_agg(l.id) filter (where l.written_in <> pg_current_xact_id()::text::bigint), bool_or(l.id is null)
    into older, is_missing
  from (select distinct lead_id from touched) t left join contacts_lead l on l.id = lead_id;
  if older is not null then
    update contacts_lead set written_in = written_in where id = any(older);
    get diagnostics held = row_count;
  end if;
  if is_missing or held < cardinality(older) then
    raise foreign_key_violation using message = 'a placement needs a lead that there is';
  end if;
  return null;"""
TOUCHED_ONLY = """
begin
  update contacts_lead set written_in = written_in where id in (select lead_id from touched)
    and written_in <> pg_current_xact_id()::text::bigint;
  return null;"""
UNCOUNTED = """
alter table handoff_round alter column seats set statistics {target}, alter column leads set statistics {target};
alter table handoff_route alter column facts set statistics {target};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0012_leads_at_once"),
    ]

    operations = [
        migrations.RunSQL(OF_PLACES.format(body=HELD), OF_PLACES.format(body=SOUGHT)),
        migrations.RunSQL(
            OF_THEIR_LEADS.format(body=TOUCHED), OF_THEIR_LEADS.format(body=TOUCHED_ONLY)
        ),
        migrations.RunSQL(UNCOUNTED.format(target=0), UNCOUNTED.format(target=-1)),
    ]
