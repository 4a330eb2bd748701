"""Addresses of pipelines."""

from django.urls import path

from clew.pipeline.moves import stage_views, views

app_name = "moves"
urlpatterns = [
    path("board", views.board, name="board"),
    path("leads/<uuid:lead_id>/move", views.move, name="move"),
    path("leads/<uuid:lead_id>/finish", views.finish, name="finish"),
    path("leads/<uuid:lead_id>/leave", views.leave, name="leave"),
    path("leads/<uuid:lead_id>/estimate", views.estimate, name="estimate"),
    path("pipelines", stage_views.show, name="stages"),
    path("pipelines/<int:pipeline_id>/stages/new", stage_views.add, name="new_stage"),
    path("pipelines/stages/<int:stage_id>", stage_views.edit, name="stage"),
    path("pipelines/stages/<int:stage_id>/put", stage_views.put, name="put_stage"),
    path("pipelines/stages/<int:stage_id>/retire", stage_views.retire, name="retire_stage"),
    path("pipelines/stages/<int:stage_id>/reasons/new", stage_views.add_reason, name="new_reason"),
    path("pipelines/reasons/<int:reason_id>", stage_views.edit_reason, name="reason"),
    path(
        "pipelines/reasons/<int:reason_id>/retire", stage_views.retire_reason, name="retire_reason"
    ),
]
