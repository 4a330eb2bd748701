import django.db.models.deletion
from django.db import migrations, models

# Nobody looks for the places of a round but whoever deletes rounds, all of them at once: once without an index is enough.
AT_ONCE = """
drop trigger round_of_placement on handoff_round;
create function clew_rounds_referred() returns trigger language plpgsql as $$
begin
  if exists (select from handoff_placement p join gone g on g.id = p.round_id) then
    raise foreign_key_violation using message = 'a row of handoff_round is referred to by handoff_placement';
  end if;
  return null;
end $$;
create trigger round_of_placement after delete on handoff_round
  referencing old table as gone for each statement execute function clew_rounds_referred();
"""
ONE_BY_ONE = """
drop trigger round_of_placement on handoff_round;
drop function clew_rounds_referred;
create trigger round_of_placement before delete on handoff_round
  for each row execute function clew_referred('handoff_placement', 'round_id');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("handoff", "0013_held_and_counted"),
    ]

    operations = [
        migrations.RunSQL(AT_ONCE, ONE_BY_ONE),
        migrations.AlterField(
            model_name="placement",
            name="round",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="placements",
                to="handoff.round",
            ),
        ),
        migrations.AlterField(
            model_name="round",
            name="team",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rounds",
                to="access.team",
            ),
        ),
    ]
