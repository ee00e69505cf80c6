"""Fetching secrets at deploy time: who gets in, who is refused, and what else would open them."""
