"""The edge: nginx as the only thing that users can reach."""

from uz.components.edge.component import edge

__all__ = ["edge"]
