"""The only writers of what rests: policies, and what is done about one lead. Many at once are the belt's."""
