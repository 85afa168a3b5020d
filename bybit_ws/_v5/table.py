"""All translations, by stream. Pure."""

from __future__ import annotations

from .translation import Translation

TRANSLATIONS: dict[str, Translation] = {}

UNAVAILABLE: dict[str, str] = {}
"""The streams that today's exchange has no more, and what to tell of them."""
