"""The only writers of pipelines: a module for each noun."""
