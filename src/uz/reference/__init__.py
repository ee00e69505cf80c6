"""The reference pages of `docs/reference`, made from the types, the parser and the checklist.

`python -m uz.reference` writes them, `--check` says which are stale. What has no description makes
it fail, so nothing can be added without being documented.
"""
