"""The operator's screens: sources, tokens, people, the account of all leads, failures, adding by hand."""
