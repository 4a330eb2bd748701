"""Addresses of what follows a sale: those of colleagues, and the one that a customer gets."""

from django.urls import path

from clew.pipeline.aftersale import public_views, views

app_name = "aftersale"
urlpatterns = [
    path("s/<slug:token>", public_views.answer, name="answer"),
    path("customers", views.figures, name="figures"),
    path("customers/plan/<int:team_id>", views.plan, name="plan"),
    path("customers/steps/<int:step_id>", views.show, name="step"),
    path("customers/steps/<int:step_id>/reveal", views.reveal, name="reveal"),
    path("customers/steps/<int:step_id>/ask", views.ask, name="ask"),
    path("customers/steps/<int:step_id>/done", views.finish, name="finish"),
    path("customers/steps/<int:step_id>/later", views.put_off, name="put_off"),
]
