"""Addresses of a salesperson's pages."""

from django.urls import path

from clew.pipeline import credit_views, field_views, grade_views, list_views, pool_views, views
from clew.pipeline.bulk import views as bulk
from clew.pipeline.clocks import views as clocks
from clew.pipeline.queue import views as queue
from clew.pipeline.saved import views as saved

app_name = "pipeline"
urlpatterns = [
    path("", views.home, name="home"),
    path("my-day", queue.my_day, name="my_day"),
    path("my-day/order", queue.keep_order, name="keep_order"),
    path("my-day/results", queue.results, name="results"),
    path("my-day/strays/<uuid:call_id>/dismiss", queue.dismiss, name="dismiss_stray"),
    path("my-day/rows/<uuid:lead_id>", queue.row, name="row"),
    path("leads", list_views.show, name="leads"),
    path("leads/count", list_views.count, name="count"),
    path("leads/columns", list_views.columns, name="columns"),
    path("leads/views", saved.show, name="views"),
    path("leads/views/new", saved.add, name="new_view"),
    path("leads/views/begin", saved.begin, name="begin_with"),
    path("leads/views/<uuid:view_id>", saved.edit, name="view"),
    path("leads/views/<uuid:view_id>/keep", saved.keep, name="keep_view"),
    path("leads/views/<uuid:view_id>/delete", saved.remove, name="delete_view"),
    path("leads/bulk", bulk.begin, name="bulk_edits"),
    path("leads/bulk/<uuid:bulk_id>", bulk.show, name="bulk"),
    path("leads/bulk/<uuid:bulk_id>/progress", bulk.progress, name="bulk_progress"),
    path("leads/bulk/<uuid:bulk_id>/start", bulk.start, name="start_bulk"),
    path("leads/bulk/<uuid:bulk_id>/undo", bulk.undo, name="undo_bulk"),
    path("leads/<uuid:lead_id>", views.lead, name="lead"),
    path("leads/<uuid:lead_id>/preview", queue.preview, name="preview"),
    path("leads/<uuid:lead_id>/why", views.why, name="why"),
    path("leads/<uuid:lead_id>/grades", grade_views.grades, name="grades"),
    path("leads/<uuid:lead_id>/grades/override", grade_views.override, name="override_grade"),
    path("leads/<uuid:lead_id>/grades/lift", grade_views.lift, name="lift_grade"),
    path("leads/<uuid:lead_id>/fields", field_views.set_fields, name="set_fields"),
    path("leads/<uuid:lead_id>/facts", field_views.correct, name="correct"),
    path("leads/<uuid:lead_id>/credit", credit_views.share, name="share_credit"),
    path("leads/<uuid:lead_id>/reveal", views.reveal, name="reveal"),
    path("leads/<uuid:lead_id>/call", views.call, name="call"),
    path("leads/<uuid:lead_id>/draft", views.draft, name="draft"),
    path("leads/<uuid:lead_id>/plan", views.plan, name="plan"),
    path("leads/<uuid:lead_id>/give-back", views.give_back, name="give_back"),
    path("leads/<uuid:lead_id>/close", views.close, name="close"),
    path("leads/<uuid:lead_id>/worth", views.correct_worth, name="correct_worth"),
    path("leads/<uuid:lead_id>/claim", pool_views.claim, name="claim"),
    path("leads/<uuid:lead_id>/pool", pool_views.change, name="change_pool"),
    path("leads/<uuid:lead_id>/open", pool_views.look, name="open_lead"),
    path("leads/<uuid:lead_id>/assign", views.assign, name="assign"),
    path("leads/<uuid:lead_id>/reopen", views.reopen, name="reopen"),
    path("late", clocks.late, name="late"),
    path("late/<uuid:lead_id>", clocks.give_to, name="give_to"),
    path("pool", pool_views.show, name="pool"),
]
