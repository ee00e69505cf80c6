"""Rotating a secret: a new value for all its readers, and the old one refused."""
