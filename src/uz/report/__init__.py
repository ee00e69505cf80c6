"""Reports: all items with their evidence, and whether that means ready."""

from uz.report.report import ItemResult, Report, assembled

__all__ = ["ItemResult", "Report", "assembled"]
