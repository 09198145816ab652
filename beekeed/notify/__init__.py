"""Tells people by mail how syncs went."""
