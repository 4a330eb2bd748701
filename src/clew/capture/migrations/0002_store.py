"""The function that stores submissions. A function, because its plan is kept without prepared statements."""

from django.db import migrations

STORE = """
create function capture_store(new_receipts json, new_submissions json, new_consents json)
returns uuid[] language plpgsql as $$
declare
    missing uuid[];
begin
    with receipts as (
        insert into capture_receipt (token_id, key, digest, submission_ids, at)
        select token, key, decode(digest, 'base64'), ids, at
        from json_to_recordset(new_receipts) as new (
            token bigint, key text, digest text, ids uuid[], at timestamptz)
        on conflict do nothing returning submission_ids[1] as request
    ), given as materialized (
        select * from json_to_recordset(new_submissions) as new (
            id uuid, request uuid, source bigint, external text, channel text,
            occurred timestamptz, received timestamptz, cost bigint, kind text, actor text,
            body text)
    ), submissions as (
        insert into capture_submission (id, source_id, external_id, channel, occurred_at,
                                        received_at, cost_minor, actor_kind, actor_id, body)
        select id, source, external, channel, occurred, received, cost, kind, actor,
               decode(body, 'base64')
        from given
        where request is null or request in (select request from receipts)
        on conflict do nothing returning id
    ), waiting as (
        insert into capture_waiting (submission_id) select id from submissions
    ), consents as (
        insert into capture_consent (submission_id, position, purpose, text_version, given_at,
                                     recipient)
        select id, position, purpose, version, given, recipient
        from json_to_recordset(new_consents) as new (
            id uuid, position smallint, purpose text, version text, given timestamptz,
            recipient text)
        where id in (select id from submissions)
    )
    select array_agg(id) into missing
    from given where id not in (select id from submissions);
    perform pg_notify('clew_waiting', '');
    return missing;
end
$$;
comment on function capture_store is
    'Stores leads with their receipts, consents and waiting rows. Returns the ids it did not store: '
    'their request was received before, or their source has the external id already.';
"""


class Migration(migrations.Migration):
    """Create capture_store."""

    dependencies = [("capture", "0001_initial")]
    operations = [
        migrations.RunSQL(STORE, "drop function capture_store(json, json, json)"),
    ]
