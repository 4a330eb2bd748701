import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
create trigger grade_refers_to_override after insert or update of override_id on grading_grade
  for each row when (new.override_id is not null)
  execute function clew_refers('grading_override', 'override_id', 'bigint');
create trigger override_of_grade after delete on grading_override
  referencing old table as gone for each statement
  execute function clew_referred_at_once('grading_grade', 'override_id');
"""
DROPPED = """
drop trigger override_of_grade on grading_override;
drop trigger grade_refers_to_override on grading_grade;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0008_refers"),
        ("grading", "0006_grades_unchecked"),
    ]

    operations = [
        migrations.AlterField(
            model_name="grade",
            name="override",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grades",
                to="grading.override",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
