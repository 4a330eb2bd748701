"""Who may: organisations, members, teams, roles and API tokens."""
