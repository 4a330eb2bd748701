"""The step at which most cold leads are lost: inviting, confirming, reminding, and whether they came."""
