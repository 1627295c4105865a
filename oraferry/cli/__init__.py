"""The terminal's door: parses flags, calls one function of the story, renders the answer."""
