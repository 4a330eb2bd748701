"""Who may call which route, and which rows it shows them. Written by hand; there is no other list.

Every route of the URLconf, of the API and of the bare ASGI applications stands here by its name.
`middleware.Permission` and `asgi.application` refuse a route that does not, and a test walks all of
them as every role.
"""

from enum import StrEnum


class Rows(StrEnum):
    """Whose rows a route shows or changes."""

    PUBLIC = "public"  # nothing that belongs to anybody
    OWN = "own"  # what is with the caller, and the pools of the caller's teams
    TEAM = "team"  # what the caller's teams hold
    ALL = "all"


ANYBODY = "anybody"  # signed in or not
SALESPERSON = "salesperson"
MANAGER = "manager"
ADMINISTRATOR = "administrator"
READ = "token:leads:read"
WRITE = "token:leads:write"
CONTACTS = "token:contacts:read"
EVENTS = "token:events:read"
PAIRS = "token:duplicates:read"
MERGE = "token:duplicates:write"
METRICS = "token:metrics"  # the one of CLEW_METRICS_TOKEN

Rule = dict[str, Rows]

PUBLIC: Rule = {ANYBODY: Rows.PUBLIC}
MEMBERS: Rule = {SALESPERSON: Rows.OWN, MANAGER: Rows.TEAM, ADMINISTRATOR: Rows.ALL}
SELF: Rule = {SALESPERSON: Rows.OWN, MANAGER: Rows.OWN, ADMINISTRATOR: Rows.OWN}
OWN_OR_ALL: Rule = {SALESPERSON: Rows.OWN, MANAGER: Rows.OWN, ADMINISTRATOR: Rows.ALL}
MANAGERS: Rule = {MANAGER: Rows.TEAM, ADMINISTRATOR: Rows.ALL}
RULERS: Rule = {MANAGER: Rows.ALL, ADMINISTRATOR: Rows.ALL}
IMPORTERS: Rule = {MANAGER: Rows.OWN, ADMINISTRATOR: Rows.ALL}
PLANNERS: Rule = {MANAGER: Rows.ALL, ADMINISTRATOR: Rows.ALL}
ADMINISTRATORS: Rule = {ADMINISTRATOR: Rows.ALL}

TABLE: dict[str, Rule] = {
    # bare ASGI
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": {METRICS: Rows.ALL},
    "static": PUBLIC,
    "api:receive": {WRITE: Rows.ALL},
    "stream": MEMBERS,
    # the API
    "api:lead": {READ: Rows.ALL},
    "api:trace": {READ: Rows.ALL},
    "api:leads": {READ: Rows.ALL},
    "api:fields": {READ: Rows.ALL, WRITE: Rows.ALL},
    "api:placements": {READ: Rows.ALL},
    "api:deletions": {READ: Rows.ALL},
    "api:contacts": {READ: Rows.ALL, CONTACTS: Rows.ALL},  # in full for CONTACTS alone
    "api:events": {EVENTS: Rows.ALL},
    "api:duplicates": {PAIRS: Rows.ALL},
    "api:duplicates_lookup": {PAIRS: Rows.ALL},
    "api:merges_preview": {PAIRS: Rows.ALL},
    "api:merges": {MERGE: Rows.ALL},
    "api:merges_apart": {MERGE: Rows.ALL},
    "api:openapi-json": PUBLIC,
    "api:api-root": PUBLIC,
    # hosted forms
    "capture:form": PUBLIC,
    "capture:thanks": PUBLIC,
    # the page of somebody who is invited to meet
    "meetings:invitation": PUBLIC,
    "meetings:feed": PUBLIC,  # by a secret address
    # the page on which a customer gives a mark
    "aftersale:answer": PUBLIC,
    # sign-in and preferences
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "preferences": PUBLIC,
    "office:me": SELF,
    "office:shortcuts": SELF,
    "office:password": SELF,
    "office:add": MEMBERS,
    "office:read_paste": MEMBERS,
    "office:save_lead": MEMBERS,
    "office:added": MEMBERS,
    "office:exports": OWN_OR_ALL,
    "office:new_export": MEMBERS,
    "office:take_export": OWN_OR_ALL,
    "office:delete_export": OWN_OR_ALL,
    # the operator's pages
    "office:failures": ADMINISTRATORS,
    "office:settle": ADMINISTRATORS,
    "office:open_trouble": ADMINISTRATORS,
    "office:correct": ADMINISTRATORS,
    "office:export_failures": ADMINISTRATORS,
    "office:account": MANAGERS,
    "office:never_contacted": MANAGERS,
    "office:funnel": MEMBERS,
    "office:speed": MEMBERS,
    "office:stages": MANAGERS,
    "office:sides": MANAGERS,
    "office:shift": MANAGERS,
    "office:reviews": MANAGERS,
    "office:draw_reviews": MANAGERS,
    "office:say_review": MANAGERS,
    "office:hand_on": MANAGERS,
    "office:coaching": MANAGERS,
    "office:what_if": MANAGERS,
    "office:imports": IMPORTERS,
    "office:new_import": IMPORTERS,
    "office:import_begin": IMPORTERS,
    "office:import": IMPORTERS,
    "office:import_piece": IMPORTERS,
    "office:import_finish": IMPORTERS,
    "office:import_progress": IMPORTERS,
    "office:import_columns": IMPORTERS,
    "office:import_preview": IMPORTERS,
    "office:import_layout": IMPORTERS,
    "office:import_rows": IMPORTERS,
    "office:import_bad_rows": IMPORTERS,
    "office:import_start": IMPORTERS,
    "office:import_pause": IMPORTERS,
    "office:import_resume": IMPORTERS,
    "office:import_undo": IMPORTERS,
    "office:import_again": IMPORTERS,
    "office:import_discard": IMPORTERS,
    "office:distribution": RULERS,
    "office:distribution_back": RULERS,
    "office:distribution_end": RULERS,
    "office:distribution_draft": RULERS,
    "office:distribution_new": RULERS,
    "office:distribution_rule": RULERS,
    "office:distribution_up": RULERS,
    "office:distribution_remove": RULERS,
    "office:distribution_reset": RULERS,
    "office:distribution_publish": RULERS,
    "office:distribution_pilot": RULERS,
    "office:duplicates": MANAGERS,
    "office:decide": MANAGERS,
    "office:take_apart": MANAGERS,
    "office:grading": RULERS,
    "office:grading_version": RULERS,
    "office:grading_again": RULERS,
    "office:grading_draft": RULERS,
    "office:grading_thresholds": RULERS,
    "office:grading_publish": RULERS,
    "office:grading_discard": RULERS,
    "office:grading_try": RULERS,
    "office:grading_rule": RULERS,
    "office:grading_move": RULERS,
    "office:grading_remove": RULERS,
    "office:grading_trial": IMPORTERS,
    "office:grading_trial_progress": IMPORTERS,
    "office:pools": MANAGERS,
    "office:pool_policy": MANAGERS,
    "office:company_pool": ADMINISTRATORS,
    "office:people": MANAGERS,
    "office:join": MANAGERS,
    "office:seat": MANAGERS,
    "office:leave_seat": MANAGERS,
    "office:calendars": PLANNERS,
    "office:new_calendar": PLANNERS,
    "office:calendar": PLANNERS,
    "office:load_year": PLANNERS,
    "office:delete_calendar": PLANNERS,
    "office:targets": MANAGERS,
    "office:target": MANAGERS,
    "office:drop_targets": MANAGERS,
    "office:plan_seat": MANAGERS,
    "office:seat_hours": MANAGERS,
    "office:takes": MANAGERS,
    "office:plan_absence": MANAGERS,
    "office:cancel_absence": MANAGERS,
    "office:my_absences": SELF,
    "office:cancel_my_absence": SELF,
    "office:new_team": ADMINISTRATORS,
    "office:team": ADMINISTRATORS,
    "office:add_member": ADMINISTRATORS,
    "office:member": ADMINISTRATORS,
    "office:member_password": ADMINISTRATORS,
    "office:member_teams": ADMINISTRATORS,
    "office:member_active": ADMINISTRATORS,
    "office:sources": ADMINISTRATORS,
    "office:new_source": ADMINISTRATORS,
    "office:source": ADMINISTRATORS,
    "office:new_form": ADMINISTRATORS,
    "office:close_form": ADMINISTRATORS,
    "office:fields": ADMINISTRATORS,
    "office:new_field": ADMINISTRATORS,
    "office:field": ADMINISTRATORS,
    "office:move_field": ADMINISTRATORS,
    "office:retire_field": ADMINISTRATORS,
    "office:restore_field": ADMINISTRATORS,
    "office:checkup": ADMINISTRATORS,
    "office:check_books": ADMINISTRATORS,
    "office:support_bundle": ADMINISTRATORS,
    "office:robots": ADMINISTRATORS,
    "office:new_robot": ADMINISTRATORS,
    "office:robot": ADMINISTRATORS,
    "office:try_robot": ADMINISTRATORS,
    "office:retire_robot": ADMINISTRATORS,
    "office:patience": ADMINISTRATORS,
    "office:tokens": ADMINISTRATORS,
    "office:create_token": ADMINISTRATORS,
    "office:revoke_token": ADMINISTRATORS,
    # plays and scripts
    "plays:plays": RULERS,
    "plays:new_play": RULERS,
    "plays:play": RULERS,
    "plays:edit_play": RULERS,
    "plays:decide": RULERS,
    "plays:leads": RULERS,  # plays are everybody's; of their leads each sees their own
    "plays:due": MEMBERS,
    "plays:start": MEMBERS,
    "plays:stop": MEMBERS,
    "plays:done": MEMBERS,
    "plays:offer": MEMBERS,
    "plays:scripts": MEMBERS,
    "plays:new_script": RULERS,
    "plays:script": RULERS,
    "plays:retire_script": RULERS,
    # a salesperson's day
    "pipeline:home": MEMBERS,
    "pipeline:my_day": SELF,
    "pipeline:keep_order": SELF,
    "pipeline:results": SELF,
    "pipeline:dismiss_stray": SELF,
    "pipeline:row": SELF,
    "pipeline:leads": MEMBERS,
    "pipeline:count": MEMBERS,
    "pipeline:columns": SELF,
    "pipeline:views": MEMBERS,
    "pipeline:new_view": SELF,
    "pipeline:begin_with": SELF,
    "pipeline:view": MEMBERS,
    "pipeline:keep_view": MEMBERS,
    "pipeline:delete_view": MEMBERS,
    "pipeline:bulk_edits": MEMBERS,
    "pipeline:bulk": SELF,
    "pipeline:bulk_progress": SELF,
    "pipeline:start_bulk": SELF,
    "pipeline:undo_bulk": SELF,
    "pipeline:lead": MEMBERS,
    "pipeline:preview": MEMBERS,
    "pipeline:why": MEMBERS,
    "pipeline:grades": MEMBERS,
    "pipeline:override_grade": MANAGERS,
    "pipeline:lift_grade": MANAGERS,
    "pipeline:set_fields": MEMBERS,
    "pipeline:correct": MEMBERS,
    "pipeline:share_credit": MEMBERS,
    "pipeline:reveal": MEMBERS,
    "pipeline:call": MEMBERS,
    "pipeline:draft": MEMBERS,
    "pipeline:plan": MEMBERS,
    "pipeline:close": MEMBERS,
    "pipeline:correct_worth": MANAGERS,
    "pipeline:give_back": MEMBERS,
    "pipeline:claim": MEMBERS,
    "pipeline:open_lead": MEMBERS,
    "pipeline:change_pool": MANAGERS,
    "pipeline:assign": MANAGERS,
    "pipeline:reopen": MANAGERS,
    "pipeline:pool": MEMBERS,
    "pipeline:late": MANAGERS,
    "pipeline:give_to": MANAGERS,
    # what one is told
    "reach:notices": SELF,
    "reach:preferences": SELF,
    "reach:count": SELF,
    "reach:seen": SELF,
    # pipelines
    "moves:board": MEMBERS,
    "moves:move": MEMBERS,
    "moves:finish": MEMBERS,
    "moves:leave": MEMBERS,
    "moves:estimate": MEMBERS,
    "moves:stages": RULERS,
    "moves:new_stage": RULERS,
    "moves:stage": RULERS,
    "moves:put_stage": RULERS,
    "moves:retire_stage": RULERS,
    "moves:new_reason": RULERS,
    "moves:reason": RULERS,
    "moves:retire_reason": RULERS,
    # after the sale
    "aftersale:figures": MEMBERS,
    "aftersale:plan": MANAGERS,
    "aftersale:step": MEMBERS,
    "aftersale:reveal": MEMBERS,
    "aftersale:ask": MEMBERS,
    "aftersale:finish": MEMBERS,
    "aftersale:put_off": MEMBERS,
    # the no-intent pools: salespeople see what they are named to look after
    "resting:list": MEMBERS,
    "resting:lead": MEMBERS,
    "resting:reveal": MEMBERS,
    "resting:touch": MEMBERS,
    # meetings
    "meetings:invite": MEMBERS,
    "meetings:meeting": MEMBERS,
    "meetings:offer": MEMBERS,
    "meetings:settle": MEMBERS,
    "meetings:renew": MEMBERS,
    "meetings:cancel": MEMBERS,
    "meetings:check": MEMBERS,
    "meetings:came": MEMBERS,
    "meetings:missed": MEMBERS,
    "meetings:again": MEMBERS,
    "meetings:note": MEMBERS,
    "meetings:hand_over": MEMBERS,
    "meetings:template": MANAGERS,
    "meetings:agenda": MEMBERS,
    "meetings:my_feed": SELF,
    "meetings:make_feed": SELF,
    "meetings:revoke_feed": SELF,
    "meetings:report": MEMBERS,
    "meetings:listed": MEMBERS,
    "commission:month": MEMBERS,
    "commission:member": MANAGERS,
    "commission:statement": MEMBERS,
    "commission:close": MANAGERS,
    "commission:plans": MANAGERS,
    "commission:plan": MANAGERS,
}


def is_allowed(route: str, *, role: str = "", scopes: frozenset[str] = frozenset()) -> bool:
    """Whether a caller of `role` ("" for strangers) or with a token's `scopes` may call `route`."""
    rule = TABLE.get(route)
    if rule is None:
        return False
    held = {ANYBODY, role} | {f"token:{scope}" for scope in scopes}
    return not held.isdisjoint(rule)
