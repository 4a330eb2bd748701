import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
create function clew_placement_refers() returns trigger language plpgsql as $$
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
create trigger placement_refers after insert on handoff_placement
  referencing new table as added for each statement execute function clew_placement_refers();
create trigger placement_keeps_its_place before update of team_id, seat_id, round_id
  on handoff_placement for each row
  when ((old.team_id, old.seat_id, old.round_id) is distinct from (new.team_id, new.seat_id, new.round_id))
  execute function clew_unchangeable();
create trigger team_of_placement before delete on access_team
  for each row execute function clew_referred('handoff_placement', 'team_id');
create trigger seat_of_placement before delete on handoff_seat
  for each row execute function clew_referred('handoff_placement', 'seat_id');
create trigger round_of_placement before delete on handoff_round
  for each row execute function clew_referred('handoff_placement', 'round_id');
"""
DROPPED = """
drop trigger round_of_placement on handoff_round;
drop trigger seat_of_placement on handoff_seat;
drop trigger team_of_placement on access_team;
drop trigger placement_keeps_its_place on handoff_placement;
drop trigger placement_refers on handoff_placement;
drop function clew_placement_refers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("base", "0005_references"),
        ("handoff", "0007_turn_count"),
    ]

    operations = [
        migrations.AlterField(
            model_name="placement",
            name="team",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="placements",
                to="access.team",
            ),
        ),
        migrations.AlterField(
            model_name="placement",
            name="seat",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="placements",
                to="handoff.seat",
            ),
        ),
        migrations.AlterField(
            model_name="placement",
            name="round",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="placements",
                to="handoff.round",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
