"""What all sources say, made into one routing table: who has which path, and what has changed."""

from discovery.assemble.assembly import Assembly

__all__ = ["Assembly"]
