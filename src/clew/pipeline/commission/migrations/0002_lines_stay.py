from django.db import migrations

STAYS = """
create function clew_line_stays() returns trigger language plpgsql as $$
begin
  raise check_violation using message = 'a line of commission is never changed: another one corrects it';
end $$;
create trigger line_stays_as_it_was before update on commission_line
  for each row execute function clew_line_stays();
"""
DROPPED = """
drop trigger line_stays_as_it_was on commission_line;
drop function clew_line_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("commission", "0001_initial")]

    operations = [migrations.RunSQL(STAYS, DROPPED)]
