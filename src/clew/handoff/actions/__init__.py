"""The only writers of where leads stand, beside the belt: a module for each noun."""
