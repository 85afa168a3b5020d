"""What notebooks show of clients, subscriptions and books. Pure: data in, HTML out.

No script, no style sheet, and no colour but those of JupyterLab's theme and a few that are seen on black and on white:
what is shown stays right in a saved notebook, in any theme. Whatever comes from outside is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from ._levels import totals

if TYPE_CHECKING:
    from ._levels import Level
    from ._snapshot import BookSnapshot
    from .events import Event

GREEN, RED, AMBER = "46,158,91", "217,83,79", "214,137,16"
INK = {
    GREEN: f"var(--jp-success-color1,rgb({GREEN}))",
    RED: f"var(--jp-error-color1,rgb({RED}))",
    AMBER: f"var(--jp-warn-color0,rgb({AMBER}))",
}
FAINT, LINE = "opacity:.6", "1px solid rgba(128,128,128,.35)"
NUMBERS = "font-variant-numeric:tabular-nums"
BOX = f"display:inline-block;max-width:100%;padding:8px 12px;border:{LINE};border-radius:6px;line-height:1.5"
CELL = "padding:1px 10px;border:none;text-align:"
STATES = {
    **dict.fromkeys(("ready", "live"), GREEN),
    **dict.fromkeys(("new", "closed", "ended", "given up", "no socket open")),
    "refused": RED,
}
"""The colours of states; all others are on their way to ready: amber."""

LEVELS = 8
"""Levels of a book that are shown on each side."""

SYMBOLS = 12
"""Symbols that are named at most, and newest messages that are shown."""

LETTERS = 160
"""Characters of a message that are shown."""

DASH = "–"


def book(snapshot: BookSnapshot, note: str = "", now: float | None = None) -> str:
    """Return a ladder: asks above bids, with bars for what is offered at each price and up to there.

    Args:
        snapshot: The book.
        note: What to call its state, if it is not live or stale.
        now: The time at which it is that, in seconds since the epoch; None where it never changes.
    """
    state = note or ("stale" if snapshot.is_stale else "live")
    head = _title(snapshot.symbol, "order book", state, now)
    if snapshot.is_stale:
        again = "nothing is shown until the exchange has sent the whole book again"
        why = "it shows nothing any more" if note else again
        return _box(head + f'<div style="{FAINT};padding:0 10px">{escape(why)}</div>')
    bids, asks = snapshot.exact(LEVELS)
    sides = [(asks, totals(asks), RED), (bids, totals(bids), GREEN)]
    most = max((total[-1] for _, total, _ in sides if total), default=Decimal(1))
    places = [max((_places(level[at]) for level in (*bids, *asks)), default=0) for at in (0, 1)]
    above, below = ("".join(_rungs(*side, most, places)) for side in sides)
    titles = "".join(_cell(name, "right", FAINT, "th") for name in ("price", "quantity", "total"))
    titles += _cell("", "left", "min-width:110px", "th")
    spread = "one side is empty"
    if bids and asks:
        mid = Decimal(str(snapshot.mid))
        spread = f"spread {_figure(asks[0].price - bids[0].price, places[0])}"
        spread += f", mid {_figure(mid, max(places[0], _places(mid.normalize())))}"
    middle = (
        f'<tr style="background:none"><td colspan="4" style="padding:3px 10px;border:none;border-top:{LINE};'
        f'border-bottom:{LINE};text-align:center">{escape(spread)}</td></tr>'
    )
    sizes = f"{len(snapshot.bids)} + {len(snapshot.asks)} levels"
    foot = " · ".join([sizes, *([] if snapshot.timestamp is None else [_clock(snapshot.timestamp)])])
    table = f"{_table(titles, above + middle + below)}"
    return _box(head + table + f'<div style="{FAINT};font-size:90%;padding:4px 10px 0">{escape(foot)}</div>')


def client(
    name: str,
    state: str,
    health: Mapping[str, Mapping[str, Any]],
    rates: Mapping[str, tuple[float, float]],
    now: float,
    streams: Iterable[tuple[str, str]],
    event: Event | None,
) -> str:
    """Return how each socket of a client fares.

    Args:
        name: The client's.
        state: The client's, in a word.
        health: What ``health()`` returns.
        rates: Messages a second by socket, and over how many seconds; those that are known.
        now: The time, in seconds since the epoch.
        streams: The (topic, symbol) of all that is wanted.
        event: The newest event; None where there was none.
    """
    columns = ("socket", "state", "for", "api", "streams", "messages", "rate", "lag", "reconnects")
    titles = "".join(_cell(title, "left" if title in columns[:4] else "right", FAINT, "th") for title in columns)
    rows = "".join(_socket(socket, one, rates.get(socket), now) for socket, one in health.items())
    topics: dict[str, list[str]] = {}
    for topic, symbol in streams:
        topics.setdefault(topic, []).append(symbol)
    wanted = "<br>".join(f"{escape(topic)} {_faint(_names(symbols))}" for topic, symbols in topics.items())
    lines = [("streams", wanted or _faint("none yet"))]
    if event is not None:
        when = _faint(f"{duration(now - event.at)} ago")
        lines.append(("last event", f"{type(event).__name__} {when}<br>{escape(str(event)[:LETTERS])}"))
    below = "".join(
        f'<tr style="background:none">{_cell(title, "left", FAINT + ";vertical-align:top;width:1px")}'
        f'<td style="{CELL}left;white-space:normal">{text}</td></tr>'
        for title, text in lines
    )
    gap = '<div style="height:6px"></div>'
    return _box(_title(name, "", state, now) + _table(titles, rows) + gap + _table("", below))


def subscription(
    topic: str,
    symbols: Sequence[str],
    state: str,
    age: float | None,
    waiting: int,
    newest: Mapping[str, Any],
    now: float,
) -> str:
    """Return what a subscription has got.

    Args:
        topic: Its topic.
        symbols: Its symbols.
        state: In a word.
        age: Seconds since the last message of the quietest symbol.
        waiting: Messages that wait to be pulled.
        newest: The newest message of each symbol.
        now: The time, in seconds since the epoch.
    """
    heard = "no message yet" if age is None else f"last message {duration(age)} ago"
    facts = ", ".join([heard, *([f"{waiting:,} waiting"] if waiting else [])])
    rows = "".join(
        f'<tr style="background:none">{_cell(symbol or topic, "left", "vertical-align:top;width:1px")}'
        f'<td style="{CELL}left;white-space:normal;word-break:break-word">'
        f'<code style="font-size:90%;padding:0;background:none;color:inherit">{escape(_short(message))}</code>'
        "</td></tr>"
        for symbol, message in [*newest.items()][:SYMBOLS]
    )
    text = f'<div style="{FAINT};padding:0 10px 4px">{escape(facts)}</div>'
    return _box(_title(topic, _names(symbols), state, now) + text + (_table("", rows) if rows else ""))


def duration(seconds: float) -> str:
    """Return a time span as people say it."""
    seconds = max(0.0, seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {name}"
    return f"{whole} s"


def _socket(name: str, health: Mapping[str, Any], rate: tuple[float, float] | None, now: float) -> str:
    since, lag = health["since"], health["lag"]
    told = f'<span title="over {duration(rate[1])}">{rate[0]:,.1f}/s</span>' if rate else DASH
    cells = [
        _cell(name, "left"),
        f'<td style="{CELL}left">{_state(health["state"])}</td>',
        _cell(DASH if since is None else duration(now - since), "left"),
        _cell(health["api"] or DASH, "left"),
        *(_cell(f"{health[key]:,}", "right") for key in ("subscriptions", "messages")),
        f'<td style="{CELL}right">{told}</td>',
        _cell(DASH if lag is None else duration(lag), "right"),
        _cell(f"{health['reconnects']:,}", "right"),
    ]
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def _rungs(
    levels: Sequence[Level], sums: Sequence[Decimal], colour: str, most: Decimal, places: Sequence[int]
) -> list[str]:
    rungs = []
    for level, total in zip(levels, sums):
        bars = ",".join(
            f"linear-gradient(to right,rgba({colour},{strength}) {float(amount / most):.1%},transparent 0)"
            for amount, strength in ((level.quantity, ".55"), (total, ".22"))
        )
        cells = [
            _cell(_figure(level.price, places[0]), "right", f"color:{INK[colour]};font-weight:600"),
            _cell(_figure(level.quantity, places[1]), "right"),
            _cell(_figure(total, places[1]), "right", FAINT),
            f'<td style="padding:0;border:none;background:{bars}"></td>',
        ]
        rungs.append(f'<tr style="background:none">{"".join(cells)}</tr>')
    return rungs[::-1] if colour is RED else rungs  # the best ask is next to the best bid


def _box(inner: str) -> str:
    return f'<div style="{BOX}">{inner}</div>'


def _title(name: str, more: str, state: str, now: float | None) -> str:
    """Return the line on top: a saved notebook shows it for ever, so it says of when it is."""
    small = f"{FAINT};font-size:85%;white-space:nowrap"
    when = "" if now is None else f'<span style="{small}">as of {_clock(now, 0)}</span>'
    return (
        f'<div style="display:flex;gap:.6em;align-items:baseline;padding:0 10px 4px"><b>{escape(name)}</b>'
        f'<span style="flex:1;{FAINT}">{escape(more)}</span>{when}{_state(state)}</div>'
    )


def _state(state: str) -> str:
    colour = STATES.get(state, AMBER)
    ink = FAINT if colour is None else f"color:{INK[colour]}"
    return f'<span style="{ink};white-space:nowrap">● {escape(state)}</span>'


def _table(titles: str, rows: str) -> str:
    head = f'<thead style="border:none"><tr style="background:none">{titles}</tr></thead>' if titles else ""
    style = f"margin:0;min-width:100%;border:none;border-collapse:collapse;table-layout:auto;{NUMBERS}"
    return f'<table style="{style}">{head}<tbody>{rows}</tbody></table>'


def _cell(text: str, align: str, style: str = "", tag: str = "td") -> str:
    weight = "font-weight:normal;" if tag == "th" else ""
    return f'<{tag} style="{CELL}{align};white-space:nowrap;{weight}{style}">{escape(text)}</{tag}>'


def _faint(text: str) -> str:
    return f'<span style="{FAINT}">{escape(text)}</span>'


def _figure(number: Decimal, places: int) -> str:
    return f"{number:,.{places}f}"


def _places(number: Decimal) -> int:
    return min(12, max(0, -int(number.as_tuple().exponent)))


def _clock(at: float, places: int = 3) -> str:
    try:
        moment = datetime.fromtimestamp(at, timezone.utc)
        return f"{moment:%H:%M:%S.%f}"[: 9 + places].rstrip(".") + " UTC"
    except (ValueError, OverflowError, OSError):
        return "no time"


def _names(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - SYMBOLS} more" if len(symbols) > SYMBOLS else ""
    return ", ".join(symbols[:SYMBOLS]) + more


def _short(message: Any) -> str:
    """Return the beginning of what a message says, of several entries the last one."""
    said = message.get("data", message) if isinstance(message, dict) else message
    several = f"{len(said)} entries, the last: " if isinstance(said, list) and len(said) > 1 else ""
    while isinstance(said, list) and said:
        said = said[-1]
    text = several + json.dumps(_cut(said), ensure_ascii=False, default=str)
    return text if len(text) <= LETTERS else text[:LETTERS] + " …"


def _cut(value: Any) -> Any:
    """Return the beginning of a value: a book of 400 levels is not spelt out for what is shown of it."""
    if isinstance(value, list):
        return [_cut(one) for one in value[:3]]
    return {key: _cut(one) for key, one in [*value.items()][:30]} if isinstance(value, dict) else value
