"""The no-intent pool in words."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from clew.pipeline.wording import ENDS, Words

REASONS: Words = {
    **ENDS,
    "unreached": gettext_lazy("Called often, never answered"),
    "returned": gettext_lazy("Several people had it in vain"),
    "unclaimed": gettext_lazy("Nobody claimed it for long"),
}
RESULTS: Words = {
    "wechat_added": pgettext_lazy("touch", "Added on WeChat"),
    "message_sent": pgettext_lazy("touch", "Message sent"),
    "no_answer": pgettext_lazy("touch", "Called: no answer"),
    "not_now": pgettext_lazy("touch", "Called: not now"),
    "interest": pgettext_lazy("touch", "Showed interest"),
    "never": pgettext_lazy("touch", "Never again"),
}
RESULT_ICONS = {
    "wechat_added": "brand-wechat",
    "message_sent": "mail",
    "no_answer": "phone-off",
    "not_now": "phone",
    "interest": "flame",
    "never": "ban",
}
OVER: Words = {
    "wrote": gettext_lazy("They wrote again: a new enquiry goes on"),
    "interest": gettext_lazy("They showed interest: the lead is with people again"),
    "reopened": gettext_lazy("Somebody took the lead up again"),
    "never": gettext_lazy("They want to be left alone"),
    "merged": gettext_lazy("Merged with somebody who has another lead"),
    "newer": gettext_lazy("A later lead of the same person rests instead"),
}
