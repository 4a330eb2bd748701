from django.db import migrations

# A reference that a table checks a statement at a time, and not row by row as a foreign key does: its own
# trigger looks at the rows that were added, these two at everything else that could break it.
FUNCTIONS = """
create function clew_unchangeable() returns trigger language plpgsql as $$
begin
  raise foreign_key_violation using
    message = format('what a row of %s refers to does not change', tg_table_name);
end $$;
create function clew_referred() returns trigger language plpgsql as $$
declare
  is_referred boolean;
begin
  execute format('select exists (select from %I where %I = $1)', tg_argv[0], tg_argv[1])
    using old.id into is_referred;
  if is_referred then
    raise foreign_key_violation using
      message = format('a row of %s is referred to by %s', tg_table_name, tg_argv[0]);
  end if;
  return old;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0004_written"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, "drop function clew_unchangeable, clew_referred"),
    ]
