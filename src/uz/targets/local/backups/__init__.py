"""Backups of one environment: taken, sent off-site, restored, and tried."""
