"""Whether secrets lie in the manager and nowhere else: what is tried, and what is broken for it."""
