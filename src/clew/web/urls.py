"""The map of addresses. Every name here stands in `web/permissions.py` too."""

from django.urls import URLPattern, URLResolver, include, path

from clew.access.views import leave, sign_in
from clew.web.api.routes import api
from clew.web.preferences import choose

handler400 = "clew.web.errors.bad_request"
handler403 = "clew.web.errors.denied"
handler404 = "clew.web.errors.missing"
handler500 = "clew.web.errors.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", sign_in, name="account_login"),
    path("sign-out", leave, name="account_logout"),
    path("preferences", choose, name="preferences"),
    path("", include("clew.web.office.urls")),
    path("api/v1/", api.urls),
    path("", include("clew.capture.urls")),
    path("", include("clew.pipeline.plays.urls")),
    path("", include("clew.pipeline.urls")),
    path("", include("clew.reach.urls")),
    path("", include("clew.pipeline.moves.urls")),
    path("", include("clew.pipeline.meetings.urls")),
    path("", include("clew.pipeline.commission.urls")),
    path("", include("clew.pipeline.aftersale.urls")),
    path("", include("clew.pipeline.resting.urls")),
]
