"""Scripts in words. Translated where they are shown."""

from django.utils.translation import gettext_lazy as _

from clew.pipeline.wording import SAID as ANSWERED
from clew.pipeline.wording import Words

SAID: Words = {"": _("How to begin"), **ANSWERED}
