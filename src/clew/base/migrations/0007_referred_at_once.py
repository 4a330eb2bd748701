from django.db import migrations

# The other end of a reference that is checked a statement at a time: what goes at once is looked at at once.
FUNCTION = """
create function clew_referred_at_once() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  is_referred boolean;
begin
  execute format('select exists (select from gone join %I r on r.%I = gone.id)', tg_argv[0], tg_argv[1])
    into is_referred;
  if is_referred then
    raise foreign_key_violation using
      message = format('a row of %s is referred to by %s', tg_table_name, tg_argv[0]);
  end if;
  return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0006_ear"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "drop function clew_referred_at_once"),
    ]
