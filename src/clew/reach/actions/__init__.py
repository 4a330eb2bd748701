"""The only writers of the stage."""
