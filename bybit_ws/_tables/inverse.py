"""The tables of the inverse public streams."""

from __future__ import annotations

from .columns import (
    BOOL,
    DATA,
    E6,
    E8,
    FLOAT,
    INT,
    INTERVAL,
    ISO,
    LEVEL,
    LEVELS,
    MS,
    NAME,
    NS,
    SYMBOL,
    TEXT,
    US,
    Column,
    S,
    Table,
)

_USD, _CONTRACTS, _COIN = "USD", "contracts of 1 USD", "coin"

_SYMBOL_OF_TOPIC = Column("symbol", SYMBOL, "topic", "The contract, e.g. BTCUSD.")
_SEQUENCE = "The exchange's number of the match, rising with gaps."

_BOOK = (
    Column("time", US, "timestamp_e6", "When the exchange made the book."),
    _SYMBOL_OF_TOPIC,
    Column("side", NAME, "data[].side", "The side of the book: bid or ask."),
    Column("level", LEVEL, "", "Place on its side, 1 being the best price; missing in deltas (merge=False)."),
    Column("price", FLOAT, "data[].price", "Price of the level.", _USD),
    Column("quantity", FLOAT, "data[].size", "Quantity at that price; 0 for a level gone (merge=False).", _CONTRACTS),
    Column("type", NAME, "type", "Always snapshot, the whole book; with merge=False also delta."),
    Column("cross_seq", INT, "cross_seq", _SEQUENCE),
)


def _price(name: str, field: str, doc: str) -> Column:
    return Column(name, FLOAT, f"data.{field}", f"{doc} (0 where there is none).", _USD, f"data.{field}_e4")


_INFO = (
    Column("time", US, "timestamp_e6", "When the exchange made the message."),
    Column("symbol", NAME, "data.symbol", "The contract, e.g. BTCUSD."),
    _price("last_price", "last_price", "Price of the last trade"),
    Column("tick_direction", NAME, "data.last_tick_direction", "PlusTick, ZeroPlusTick, MinusTick or ZeroMinusTick."),
    _price("bid_price", "bid1_price", "The best bid"),
    _price("ask_price", "ask1_price", "The best ask"),
    _price("mark_price", "mark_price", "Mark price"),
    _price("index_price", "index_price", "Index price"),
    _price("open_24h", "prev_price_24h", "Price 24 hours ago"),
    _price("high_24h", "high_price_24h", "Highest price of the last 24 hours"),
    _price("low_24h", "low_price_24h", "Lowest price of the last 24 hours"),
    Column("change_24h", E6, "data.price_24h_pcnt_e6", "Change in 24 hours: 0.01 is one percent.", "ratio"),
    _price("open_1h", "prev_price_1h", "Price an hour ago"),
    Column("change_1h", E6, "data.price_1h_pcnt_e6", "Change in an hour: 0.01 is one percent.", "ratio"),
    Column("volume_24h", FLOAT, "data.volume_24h", "Quantity traded in the last 24 hours.", _CONTRACTS),
    Column("turnover_24h", E8, "data.turnover_24h_e8", "Value traded in the last 24 hours.", _COIN),
    Column("total_volume", FLOAT, "data.total_volume", "Quantity traded ever.", _CONTRACTS),
    Column("total_turnover", E8, "data.total_turnover_e8", "Value traded ever.", _COIN),
    Column("open_interest", FLOAT, "data.open_interest", "Open positions, up to a minute late.", _CONTRACTS),
    Column("open_value", E8, "data.open_value_e8", "Their value, up to a minute late.", _COIN),
    Column("funding_rate", E6, "data.funding_rate_e6", "Funding rate: 0.0001 is a hundredth of a percent.", "ratio"),
    Column("predicted_funding_rate", E6, "data.predicted_funding_rate_e6", "The next one, as predicted.", "ratio"),
    Column("next_funding_time", ISO, "data.next_funding_time", "When funding is due; missing for dated futures."),
    Column("funding_countdown", INT, "data.countdown_hour", "How long until then, rounded up.", "hours"),
    Column("funding_interval", INT, "data.funding_rate_interval", "How long from one to the next.", "hours"),
    Column("settle_time", NS, "data.settle_time_e9", "When a dated future is settled; missing for others."),
    Column("created_time", ISO, "data.created_at", "When the contract was listed."),
    Column("updated_time", ISO, "data.updated_at", "When the record was changed, to the second."),
    Column("cross_seq", INT, "data.cross_seq", _SEQUENCE),
    Column("type", NAME, "type", "Always snapshot, the whole record; with merge=False also delta."),
)
_BOOK_ROW = "a level of the book, in a message"

TABLES = (
    Table("orderbook_25", _BOOK_ROW, LEVELS, _BOOK),
    Table("orderbook_200", _BOOK_ROW, LEVELS, _BOOK),
    Table(
        "trade",
        "a trade",
        DATA,
        (
            Column("time", MS, "data[].trade_time_ms", "When the trade was matched."),
            Column("symbol", NAME, "data[].symbol", "The contract, e.g. BTCUSD."),
            Column("side", NAME, "data[].side", "What the taker did: Buy or Sell."),
            Column("price", FLOAT, "data[].price", "Price of the trade.", _USD),
            Column("quantity", FLOAT, "data[].size", "Traded quantity.", _CONTRACTS),
            Column("trade_id", TEXT, "data[].trade_id", "Id of the trade."),
            Column("tick_direction", NAME, "data[].tick_direction", _INFO[3].doc),
            Column("cross_seq", INT, "data[].cross_seq", _SEQUENCE),
            Column("is_block_trade", BOOL, "data[].is_block_trade", "Whether it was a block trade."),
        ),
        ("symbol", "trade_id"),
    ),
    Table(
        "insurance",
        "a balance of an insurance fund",
        DATA,
        (
            Column("time", ISO, "data[].timestamp", "When it was the balance."),
            Column("coin", NAME, "data[].currency", "The fund's coin, e.g. BTC."),
            Column("wallet_balance", E8, "data[].wallet_balance", "The fund.", _COIN),
        ),
        ("coin",),
    ),
    Table("instrument_info", "a state of the ticker", DATA, _INFO),
    Table(
        "kline",
        "a state of a candle",
        DATA,
        (
            Column("start_time", S, "data[].start", "When the candle begins; later rows of the same one replace it."),
            _SYMBOL_OF_TOPIC,
            Column("interval", INTERVAL, "topic", "Length of the candle: minutes, or D, W, M."),
            Column("open", FLOAT, "data[].open", "First price.", _USD),
            Column("high", FLOAT, "data[].high", "Highest price.", _USD),
            Column("low", FLOAT, "data[].low", "Lowest price.", _USD),
            Column("close", FLOAT, "data[].close", "Last price so far.", _USD),
            Column("volume", FLOAT, "data[].volume", "Quantity traded.", _CONTRACTS),
            Column("turnover", FLOAT, "data[].turnover", "Value traded.", _COIN),
            Column("end_time", S, "data[].end", "When the candle ends."),
            Column("is_closed", BOOL, "data[].confirm", "Whether it has ended, so that nothing follows."),
            Column("time", US, "data[].timestamp", "When it was last changed."),
            Column("sent_time", US, "timestamp_e6", "When the exchange made the message."),
            Column("cross_seq", INT, "data[].cross_seq", f"{_SEQUENCE} (Over V5 always 0.)"),
        ),
        ("symbol", "start_time"),
    ),
    Table(
        "liquidation",
        "a liquidation",
        DATA,
        (
            Column("time", MS, "data.time", "When it happened."),
            Column("symbol", NAME, "data.symbol", "The contract, e.g. BTCUSD."),
            Column("side", NAME, "data.side", "Of the position: Buy where a long one was liquidated."),
            Column("price", FLOAT, "data.price", "Bankruptcy price.", _USD),
            Column("quantity", FLOAT, "data.qty", "Liquidated quantity.", _CONTRACTS),
        ),
    ),
)
