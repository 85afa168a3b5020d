"""All translations, by stream. Pure."""

from __future__ import annotations

from . import (
    inverse_books,
    inverse_info,
    inverse_insurance,
    inverse_private,
    inverse_records,
    spot_books,
    spot_merged,
    spot_private,
    spot_tickers,
    spot_trades,
)
from .translation import Translation

MODULES = (
    spot_trades,
    spot_tickers,
    spot_books,
    spot_merged,
    spot_private,
    inverse_books,
    inverse_records,
    inverse_insurance,
    inverse_info,
    inverse_private,
)

TRANSLATIONS: dict[str, Translation] = {
    translation.stream: translation for module in MODULES for translation in module.TRANSLATIONS
}

UNAVAILABLE: dict[str, str] = {one.stream: one.notes[0] for one in spot_tickers.UNAVAILABLE}
"""The streams that today's exchange has no more, and what to tell of them."""
