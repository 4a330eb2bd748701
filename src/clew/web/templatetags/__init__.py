"""Template tags, built into every template: no `{% load %}` needed."""
