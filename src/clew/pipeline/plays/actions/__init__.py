"""The only writers of plays and scripts: a module for each noun."""
