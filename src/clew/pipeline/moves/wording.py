"""What pipelines say, in words. Translated where it is shown."""

from django.utils.translation import gettext_lazy

from clew.pipeline.wording import Words

SIGNS: Words = {
    "": gettext_lazy("Only when somebody moves it"),
    "tried": gettext_lazy("When somebody tried to reach them"),
    "answered": gettext_lazy("When they answered"),
    "met": gettext_lazy("When they showed up to a meeting"),
    "won": gettext_lazy("When the lead is won"),
}
HOWS: Words = {
    "entered": gettext_lazy("Entered"),
    "forward": gettext_lazy("Forward"),
    "skipped": gettext_lazy("Forward, stages skipped"),
    "back": gettext_lazy("Back"),
    "reopened": gettext_lazy("Taken up again"),
    "retired": gettext_lazy("Its stage was retired"),
}
