"""Jobs at their times: one small process that starts them, and a journal of how they went."""
