import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
create function clew_grade_refers() returns trigger language plpgsql as $$
begin
  perform from grading_ruleset where id in (select rule_set_id from added) for key share;
  if exists (select from added where rule_set_id not in (select id from grading_ruleset)) then
    raise foreign_key_violation using message = 'a grade needs rules that there are';
  end if;
  return null;
end $$;
create trigger grade_refers after insert on grading_grade
  referencing new table as added for each statement execute function clew_grade_refers();
create trigger grade_keeps_its_rules before update of rule_set_id on grading_grade
  for each row when (old.rule_set_id <> new.rule_set_id) execute function clew_unchangeable();
create trigger rules_of_grade before delete on grading_ruleset
  for each row execute function clew_referred('grading_grade', 'rule_set_id');
"""
DROPPED = """
drop trigger rules_of_grade on grading_ruleset;
drop trigger grade_keeps_its_rules on grading_grade;
drop trigger grade_refers on grading_grade;
drop function clew_grade_refers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0005_references"),
        ("grading", "0004_unchecked"),
    ]

    operations = [
        migrations.AlterField(
            model_name="grade",
            name="rule_set",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grades",
                to="grading.ruleset",
            ),
        ),
        migrations.AlterField(
            model_name="grade",
            name="override",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grades",
                to="grading.override",
            ),
        ),
        migrations.AddIndex(
            model_name="grade",
            index=models.Index(
                condition=models.Q(("override__isnull", False)),
                fields=["override"],
                name="grade_by_person",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
