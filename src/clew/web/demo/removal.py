"""Taking the demo out again: everything of its sources, people and teams, and nothing else."""

from typing import Any

from django.db import connection, transaction

from clew.access.events import MemberAdded
from clew.access.models import Organisation
from clew.base.models import Entry
from clew.handoff.models import Placement
from clew.web.demo.company import DEMO, ROUND_THE_CLOCK, SOURCES
from clew.web.demo.errors import MixedWithOwn, NoDemo

# In the order of what stands on what. `doomed` holds the demo's submissions, `gone` its members.
STATEMENTS = (
    """delete from reach_delivery d using reach_notice n
       where d.notice_id = n.id and (n.lead_id in (select id from doomed)
         or n.member_id in (select id from people))""",
    """delete from reach_notice where lead_id in (select id from doomed)
       or member_id in (select id from people)""",
    "update reach_notice set by_id = null where by_id in (select id from people)",
    "delete from reach_wish where member_id in (select id from people)",
    "delete from reach_quiettime where member_id in (select id from people)",
    """delete from plays_deed where run_id in
       (select id from plays_run where lead_id in (select id from doomed))""",
    "delete from plays_run where lead_id in (select id from doomed)",
    "delete from plays_decision where member_id in (select id from people)",
    "update plays_script set writer_id = null where writer_id in (select id from people)",
    "update plays_version set writer_id = null where writer_id in (select id from people)",
    "delete from queue_shown where member_id in (select id from people)",
    "delete from queue_stray where member_id in (select id from people)",
    """delete from resting_touch where rest_id in
       (select id from resting_rest where lead_id in (select id from doomed))""",
    "delete from resting_rest where lead_id in (select id from doomed)",
    """delete from resting_keeper where member_id in (select id from people) or policy_id in
       (select id from resting_restpolicy where team_id in (select id from teams))""",
    "delete from resting_restpolicy where team_id in (select id from teams)",
    "delete from moves_stay where lead_id in (select id from doomed)",
    "delete from moves_exit where lead_id in (select id from doomed)",
    "delete from moves_estimate where lead_id in (select id from doomed)",
    "delete from aftersale_carestep where lead_id in (select id from doomed)",
    "delete from aftersale_survey where lead_id in (select id from doomed)",
    "delete from aftersale_careplan where team_id in (select id from teams)",
    """delete from meetings_visitnote where meeting_id in
       (select id from meetings_meeting where lead_id in (select id from doomed))""",
    "delete from meetings_meeting where lead_id in (select id from doomed)",
    "delete from meetings_visittemplate where team_id in (select id from teams)",
    "delete from meetings_feed where member_id in (select id from people)",
    """create temporary table outlets on commit drop as select id from reach_outlet where made_by_id in
       (select id from people) or member_id in (select id from people) or team_id in (select id from teams)""",
    "delete from reach_delivery where outlet_id in (select id from outlets)",
    "delete from reach_message where outlet_id in (select id from outlets)",
    "delete from reach_outlet where id in (select id from outlets)",
    "delete from pipeline_task where lead_id in (select id from doomed)",
    "delete from pipeline_draft where lead_id in (select id from doomed)",
    "delete from pipeline_firstcontact where lead_id in (select id from doomed)",
    "delete from pipeline_call where lead_id in (select id from doomed)",
    """delete from clocks_pause where clock_id in (select k.id from pipeline_clock k
       where k.lead_id in (select id from doomed))""",
    "delete from pipeline_clock where lead_id in (select id from doomed)",
    "delete from pipeline_result where lead_id in (select id from doomed)",
    "delete from pipeline_worth where lead_id in (select id from doomed)",
    """delete from reviews_review where sample_id in
       (select id from reviews_sample where team_id in (select id from teams))""",
    "delete from reviews_sample where team_id in (select id from teams)",
    "delete from commission_line where team_id in (select id from teams)",
    "delete from commission_deal where lead_id in (select id from doomed)",
    "delete from commission_closing where team_id in (select id from teams)",
    "delete from commission_plan where team_id in (select id from teams)",
    """delete from pipeline_givenback where placement_id in (select p.id from handoff_placement p
       where p.lead_id in (select id from doomed))""",
    "delete from pools_creditshare where lead_id in (select id from doomed)",
    "delete from pools_opening where lead_id in (select id from doomed)",
    "delete from pools_recall where lead_id in (select id from doomed)",
    "delete from recycling_patience where team_id in (select id from teams)",
    "delete from pools_poolpolicy where team_id in (select id from teams)",
    """delete from pools_overload where seat_id in
       (select id from handoff_seat where team_id in (select id from teams))""",
    "delete from handoff_placement where lead_id in (select id from doomed)",
    "delete from handoff_route where lead_id in (select id from doomed)",
    "delete from handoff_round where team_id in (select id from teams)",
    """delete from handoff_absence where seat_id in
       (select id from handoff_seat where team_id in (select id from teams))""",
    "delete from handoff_seat where team_id in (select id from teams)",
    "delete from handoff_method where team_id in (select id from teams)",
    "delete from clocks_policy where team_id in (select id from teams)",
    """delete from grading_trialchange where lead_id in (select id from doomed) or trial_id in
       (select id from grading_trial where asked_by_id in (select id from people))""",
    "delete from grading_trial where asked_by_id in (select id from people)",
    "update grading_ruleset set publisher_id = null where publisher_id in (select id from people)",
    "update grading_ruledraft set editor_id = null where editor_id in (select id from people)",
    "update handoff_routing set publisher_id = null where publisher_id in (select id from people)",
    "update handoff_routingdraft set editor_id = null where editor_id in (select id from people)",
    "delete from grading_grade where lead_id in (select id from doomed)",
    "delete from contacts_merge where closed_lead_id in (select id from doomed)",
    "delete from grading_override where lead_id in (select id from doomed)",
    "delete from contacts_repeat where submission_id in (select id from doomed)",
    "delete from contacts_overlap where submission_id in (select id from doomed)",
    """create temporary table strangers on commit drop as
       select distinct contact_id as id from contacts_lead where id in (select id from doomed)""",
    "delete from contacts_correction where lead_id in (select id from doomed)",
    "delete from contacts_lead where id in (select id from doomed)",
    """delete from strangers s using contacts_lead l where l.contact_id = s.id""",
    "delete from contacts_identifier where contact_id in (select id from strangers)",
    "delete from contacts_trait where contact_id in (select id from strangers)",
    """delete from contacts_suspect where first_id in (select id from strangers)
       or second_id in (select id from strangers)""",
    """delete from contacts_merge where contact_id in (select id from strangers)
       or survivor_id in (select id from strangers)""",
    """update contacts_lead set person_id = null where person_id in (select id from strangers)""",
    """update contacts_repeat set contact_id = null where contact_id in (select id from strangers)""",
    """update contacts_contact set survivor_id = null where survivor_id in (select id from strangers)
       or id in (select id from strangers)""",
    "delete from contacts_contact where id in (select id from strangers)",
    "delete from capture_failure where submission_id in (select id from doomed)",
    "delete from capture_waiting where submission_id in (select id from doomed)",
    "delete from capture_consent where submission_id in (select id from doomed)",
    "delete from capture_undone where submission_id in (select id from doomed)",
    "delete from capture_receipt where token_id in (select id from tokens)",
    """delete from capture_rejected where token_id in (select id from tokens) or form_id in
       (select id from capture_form where organisation_id = %(organisation)s)""",
    """update capture_rejected set source_id = null where source_id in
       (select id from capture_source where key = any(%(sources)s))""",
    """update capture_importrow set submission_id = null
       where submission_id in (select id from doomed)""",
    "delete from capture_submission where id in (select id from doomed)",
    """delete from capture_formfield where form_id in
         (select id from capture_form where organisation_id = %(organisation)s)""",
    "delete from capture_form where organisation_id = %(organisation)s",
    """delete from capture_consenttext t
       where not exists (select from capture_form f where f.consent_text_id = t.id)""",
    "delete from access_token where id in (select id from tokens)",
    "delete from capture_source where key = any(%(sources)s)",
    """delete from base_followed f using base_entry e
       where f.entry_id = e.id and e.subject in (select id from doomed)""",
    """delete from base_outbox o using base_entry e
       where o.entry_id = e.id and e.subject in (select id from doomed)""",
    "delete from base_entry where subject in (select id from doomed)",
    """delete from base_followed f using base_entry e where f.entry_id = e.id
       and (e.actor_kind, e.actor_id) = ('system', 'demo')""",
    """delete from base_outbox o using base_entry e where o.entry_id = e.id
       and (e.actor_kind, e.actor_id) = ('system', 'demo')""",
    "delete from base_entry where (actor_kind, actor_id) = ('system', 'demo')",
    """create temporary table bulks on commit drop as select b.id from pipeline_bulkedit b
       join people p on p.id = b.asked_by_id""",
    "delete from pipeline_bulkrow where bulk_id in (select id from bulks)",
    "delete from pipeline_bulkedit where id in (select id from bulks)",
    """create temporary table views on commit drop as select id from pipeline_savedview
       where owner_id in (select id from people) or team_id in (select id from teams)""",
    "delete from pipeline_layout where member_id in (select id from people)",
    "update pipeline_layout set begins_with_id = null where begins_with_id in (select id from views)",
    "delete from pipeline_savedview where id in (select id from views)",
    "delete from access_membership where team_id in (select id from teams)",
    "delete from access_team where id in (select id from teams)",
    "delete from handoff_calendar where name = %(calendar)s",
    """create temporary table sheets on commit drop as select e.id, e.file_id from pipeline_export e
       join access_member m on m.id = e.asked_by_id where m.organisation_id = %(organisation)s
       and m.username = any(%(people)s)""",
    "delete from pipeline_export where id in (select id from sheets)",
    "delete from base_piece where file_id in (select file_id from sheets)",
    "delete from base_file where id in (select file_id from sheets)",
    "delete from account_emailaddress where user_id in (select id from people)",
    """delete from access_member where organisation_id = %(organisation)s
       and username = any(%(people)s)""",
)
DOOMED = """
create temporary table doomed on commit drop as select s.id from capture_submission s
  join capture_source o on o.id = s.source_id where o.key = any(%(sources)s);
create temporary table teams on commit drop as
  select id from access_team where organisation_id = %(organisation)s;
create temporary table people on commit drop as
  select id from access_member where organisation_id = %(organisation)s and username = any(%(people)s);
create temporary table tokens on commit drop as select t.id from access_token t
  join access_member m on m.id = t.created_by_id where m.username = any(%(people)s)
"""


@transaction.atomic
def remove() -> int:
    """Remove the demo. Accounts and leads that somebody added stay; returns how many leads went.

    Raises NoDemo, and MixedWithOwn where the demo's teams hold leads of other sources.
    """
    organisation = Organisation.objects.exclude(demo_accounts=[]).first()
    if organisation is None:
        raise NoDemo
    keys = [source.key for source in SOURCES]
    own = Placement.objects.filter(team__organisation=organisation).exclude(
        lead__source__key__in=keys
    )
    if own.exists():
        raise MixedWithOwn(leads=own.values("lead").distinct().count())
    added = Entry.objects.filter(name=MemberAdded.__name__, actor_kind="system", actor_id=DEMO.id)
    known = [subject.int for subject in added.values_list("subject", flat=True)]
    people = list(organisation.members.filter(pk__in=known).values_list("username", flat=True))
    values: dict[str, Any] = {
        "sources": keys,
        "organisation": organisation.pk,
        "people": people,
        "calendar": ROUND_THE_CLOCK,
    }
    with connection.cursor() as cursor:
        cursor.execute(DOOMED, values)
        cursor.execute("select count(*) from contacts_lead where id in (select id from doomed)")
        count: int = cursor.fetchone()[0]
        for statement in STATEMENTS:
            cursor.execute(statement, values)
    if organisation.members.exists():
        Organisation.objects.filter(pk=organisation.pk).update(demo_accounts=[])
    else:
        organisation.delete()
    return count
