"""What a sender of leads, a visitor of a form or a colleague may be told."""

from collections.abc import Sequence

from clew.capture.rules import Fault
from clew.errors import ClewError, Conflict, Denied, Invalid, OutcomeUnknown, Unavailable


class MethodNotAllowed(ClewError):
    """Only POST is possible here."""

    code = "method_not_allowed"
    status = 405


class TokenNeeded(ClewError):
    """Send a valid token in the header Authorization: Bearer clew_…. An administrator can make one."""

    code = "token_needed"
    status = 401


class ScopeMissing(Denied):
    """This token may not send leads. Use one with the scope leads:write."""

    code = "scope_missing"


class BodyTooLarge(ClewError):
    """The body is larger than 10 MB. Send fewer leads at once."""

    code = "body_too_large"
    status = 413


class BodyTooSlow(ClewError):
    """The body did not arrive in time. Send it again."""

    code = "body_too_slow"
    status = 408


class ContentTypeWrong(ClewError):
    """Send JSON, with the header Content-Type: application/json."""

    code = "content_type_wrong"
    status = 415


class ContentEncodingWrong(ClewError):
    """Send the body as it is, without Content-Encoding."""

    code = "content_encoding_wrong"
    status = 415


class BodyEmpty(ClewError):
    """The body is empty. Send one lead as an object, or up to 1,000 in an array."""

    code = "body_empty"
    status = 400


class BodyNotJson(ClewError):
    """The body is not valid JSON in UTF-8. Send one lead as an object, or up to 1,000 in an array."""

    code = "body_not_json"
    status = 400


class BodyTooDeep(ClewError):
    """The JSON is nested too deeply. Sixteen levels are allowed."""

    code = "body_too_deep"
    status = 400


class TooManyLeads(Invalid):
    """At most 1,000 leads fit into one request. Nothing was stored; send them in parts."""

    code = "too_many_leads"


class LeadsRefused(Invalid):
    """Nothing was stored. Mend what `errors` lists and send all of it again."""

    code = "leads_refused"

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep every fault for the answer."""
        super().__init__(
            errors=[{"index": f.index, "field": f.field, "code": f.code} for f in faults]
        )
        self.faults = faults


class KeyMalformed(ClewError):
    """The Idempotency-Key must be 1 to 200 visible ASCII characters."""

    code = "idempotency_key_malformed"
    status = 400


class KeyReused(Invalid):
    """This Idempotency-Key was used with another body. Use a new key for new leads."""

    code = "idempotency_key_reused"


class NotStorable(Invalid):
    """The database does not take these leads. Nothing was stored; report this to the operator."""

    code = "not_storable"


class Busy(Unavailable):
    """More leads are arriving than can be stored. Nothing was accepted; try again in a second."""

    code = "busy"


class UnnamedPerhaps(OutcomeUnknown):
    """It is not known whether these leads were stored, and sent again they may be stored twice. With an Idempotency-Key, or an external_id for each, they would be stored once."""

    code = "outcome_unknown_unnamed"


class FailureSettled(Conflict):
    """Somebody has settled this already."""

    code = "failure_settled"


class TooManyVisits(ClewError):
    """Too many from your network within ten minutes. What you typed is kept; try again later."""

    code = "too_many_visits"
    status = 429


class FormOverrun(ClewError):
    """Very many are writing right now. What you typed is kept: call us, try again in ten minutes, or switch JavaScript on and press once more."""

    code = "form_overrun"
    status = 429


class SourceKeyTaken(Conflict):
    """There is a source with this key already."""

    code = "source_key_taken"


class FieldKeyTaken(Conflict):
    """There is a field with this key already, perhaps a retired one."""

    code = "field_key_taken"


class FieldLabelTaken(Conflict):
    """Another field in use has this name. Give it a name of its own, or retire the other one first."""

    code = "field_label_taken"


class FieldKeyWrong(Invalid):
    """A key is made of small letters, digits and single underscores, begins with a letter and has at most 40 of them."""

    code = "field_key_wrong"


class FieldLabelWrong(Invalid):
    """Give the field and each of its choices a name of up to 40 characters."""

    code = "field_label_wrong"


class ChoicesMissing(Invalid):
    """Name at least one choice."""

    code = "choices_missing"


class ChoiceTwice(Invalid):
    """Two choices have the same key or the same name. Each needs its own."""

    code = "choice_twice"


class TooManyChoices(Invalid):
    """A field holds up to 100 choices, those that are no longer offered included."""

    code = "too_many_choices"


class TooManyFields(Invalid):
    """Up to 60 fields can be in use. Retire one that nobody needs."""

    code = "too_many_fields"


class TooFast(Invalid):
    """That was very fast. Check what you typed and press once more."""

    code = "too_fast"


class TooOld(Invalid):
    """This page was open for long. What you typed is kept; press once more."""

    code = "too_old"


class FieldsWrong(Invalid):
    """Something is missing. Look at the field that is marked."""

    code = "fields_wrong"


class AnswersWrong(Invalid):
    """Some of your answers cannot be used. What is wrong stands at each of them."""

    code = "answers_wrong"


class FormAddressTaken(Conflict):
    """Another form has this address already."""

    code = "form_address_taken"


class FileTooLarge(ClewError):
    """This file is larger than was said or than Clew takes. Split it and send the parts one by one."""

    code = "file_too_large"
    status = 413


class ImportMoved(Conflict):
    """This import has gone on meanwhile. Open it again to see where it stands."""

    code = "import_moved"


class AlreadyImported(Conflict):
    """This very file went into this source already. Undo that import first if you want it again."""

    code = "already_imported"


class NothingToImport(Invalid):
    """No row of this file can go in. Look at the reasons, mend the file or the columns, and check again."""

    code = "nothing_to_import"


class HoldLost(Conflict):
    """Another worker goes on with this import."""

    code = "hold_lost"
