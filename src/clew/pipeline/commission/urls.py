"""Addresses of commission."""

from django.urls import path

from clew.pipeline.commission import views

app_name = "commission"
urlpatterns = [
    path("commission", views.month, name="month"),
    path("commission/people/<int:member_id>", views.member, name="member"),
    path("commission/people/<int:member_id>/statement", views.statement, name="statement"),
    path("commission/teams/<int:team_id>/close", views.close, name="close"),
    path("commission/plans", views.plans, name="plans"),
    path("commission/plans/<int:team_id>", views.plan, name="plan"),
]
