"""Loss review: a drawn sample of what was lost, each looked at by a manager, who agrees or lets it be tried a second time."""
