"""What a manager sends about a late lead."""

from django import forms


class ReassignForm(forms.Form):
    """Whose seat it goes to, and the placement that the page showed."""

    seat_id = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    stands = forms.IntegerField(min_value=1, max_value=2**63 - 1)
