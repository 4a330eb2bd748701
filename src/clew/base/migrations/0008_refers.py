from django.db import migrations

# A reference that few rows have: only those that have it are looked at, one by one, as a foreign key would.
FUNCTION = """
create function clew_refers() returns trigger language plpgsql as $$
declare
  is_there boolean;
begin
  execute format('select true from %I where id = $1::%s for key share', tg_argv[0], tg_argv[2])
    using to_jsonb(new) ->> tg_argv[1] into is_there;
  if is_there is null then
    raise foreign_key_violation using
      message = format('a row of %s needs a row of %s that there is', tg_table_name, tg_argv[0]);
  end if;
  return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0007_referred_at_once"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "drop function clew_refers"),
    ]
