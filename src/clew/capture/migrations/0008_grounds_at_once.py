"""The submission of a consent and the token of a receipt are looked up once for all that are stored together."""

import django.db.models.deletion
from django.db import migrations, models

# A submission that this transaction wrote is nobody else's to delete.
TRIGGERS = """
create function clew_consent_refers() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  held bigint;
  older uuid[];
  is_missing boolean;
begin
  select array_agg(distinct s.id) filter (where s.xmin <> pg_current_xact_id()::xid), count(s.id) < count(*)
    into older, is_missing
  from added left join capture_submission s on s.id = submission_id;
  if older is not null then
    perform from capture_submission where id = any(older) order by id for key share;
    get diagnostics held = row_count;
  end if;
  if is_missing or held < cardinality(older) then
    raise foreign_key_violation using message = 'a consent needs a submission that there is';
  end if;
  return null;
end $$;
create trigger consent_refers after insert on capture_consent
  referencing new table as added for each statement execute function clew_consent_refers();
create trigger consent_keeps_its_submission before update of submission_id on capture_consent
  for each row when (old.submission_id <> new.submission_id) execute function clew_unchangeable();
create trigger submission_of_consent after delete on capture_submission
  referencing old table as gone for each statement
  execute function clew_referred_at_once('capture_consent', 'submission_id');

create function clew_receipt_refers() returns trigger language plpgsql as $$
declare
  held bigint;
begin
  perform from access_token where id in (select token_id from added) for key share;
  get diagnostics held = row_count;
  if held < (select count(distinct token_id) from added) then
    raise foreign_key_violation using message = 'a receipt needs a token that there is';
  end if;
  return null;
end $$;
create trigger receipt_refers after insert on capture_receipt
  referencing new table as added for each statement execute function clew_receipt_refers();
create trigger receipt_keeps_its_token before update of token_id on capture_receipt
  for each row when (old.token_id <> new.token_id) execute function clew_unchangeable();
create trigger token_of_receipt before delete on access_token
  for each row execute function clew_referred('capture_receipt', 'token_id');
"""
DROPPED = """
drop trigger token_of_receipt on access_token;
drop trigger receipt_keeps_its_token on capture_receipt;
drop trigger receipt_refers on capture_receipt;
drop function clew_receipt_refers;
drop trigger submission_of_consent on capture_submission;
drop trigger consent_keeps_its_submission on capture_consent;
drop trigger consent_refers on capture_consent;
drop function clew_consent_refers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("base", "0007_referred_at_once"),
        ("capture", "0007_sources_at_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consent",
            name="submission",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to="capture.submission",
            ),
        ),
        migrations.AlterField(
            model_name="receipt",
            name="token",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="receipts",
                to="access.token",
            ),
        ),
        migrations.RunSQL(TRIGGERS, DROPPED),
    ]
