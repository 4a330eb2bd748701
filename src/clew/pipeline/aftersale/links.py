"""The link under which a customer says how satisfied they are; known to the database by its digest alone."""

from base64 import urlsafe_b64encode

from django.conf import settings
from django.urls import reverse

from clew.access.tokens import digest
from clew.base.sealing import lookup
from clew.pipeline.aftersale.models import Survey


def token_of(survey: Survey) -> str:
    """Give the secret of a survey's link: 128 bits under the deployment's key, 22 characters."""
    made = lookup(str(survey.pk), "satisfaction link")
    return urlsafe_b64encode(made).decode().rstrip("=")


def address_of(survey: Survey) -> str:
    """Give the whole link; nothing where it was made under a key that is gone."""
    token = token_of(survey)
    if bytes(survey.digest) != digest(token):
        return ""
    return settings.BASE_URL + reverse("aftersale:answer", args=[token])
