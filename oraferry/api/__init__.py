"""The HTTP door: parses a request, calls one function of the story, renders the answer."""
