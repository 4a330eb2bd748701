import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SUM = """
create function clew_creditshare_sums() returns trigger language plpgsql as $$
declare
  whose uuid := coalesce(new.lead_id, old.lead_id);
begin
  if (select coalesce(sum(percent), 100) from pools_creditshare
      where lead_id = whose and until_at is null) <> 100 then
    raise check_violation using message = 'the credit for a lead sums to 100 per cent',
      constraint = 'creditshare_sums_to_the_whole';
  end if;
  return null;
end $$;
create constraint trigger creditshare_sums_to_the_whole
  after insert or update or delete on pools_creditshare deferrable initially deferred
  for each row execute function clew_creditshare_sums();
"""
DROPPED = """
drop trigger creditshare_sums_to_the_whole on pools_creditshare;
drop function clew_creditshare_sums;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contacts", "0001_initial"),
        ("handoff", "0009_usual_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditShare",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("percent", models.PositiveSmallIntegerField()),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_shares",
                        to="contacts.lead",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_shares",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "setter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until_at__isnull", True)),
                        fields=("lead", "member"),
                        name="creditshare_once_per_member",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__gte", 1), ("percent__lte", 100)),
                        name="creditshare_is_a_percentage",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until_at__isnull", True),
                            ("until_at__gte", models.F("from_at")),
                            _connector="OR",
                        ),
                        name="creditshare_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SUM, DROPPED),
    ]
