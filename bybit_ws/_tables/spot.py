"""The tables of spot's public streams."""

from __future__ import annotations

from .columns import BOOL, DATA, FLOAT, INT, LEVEL, MS, NAME, PAIRS, TAKER, TEXT, Column, Table

_BASE, _QUOTE = "base coin", "quote coin"

_SYMBOL = Column("symbol", NAME, "symbol", "The pair, e.g. BTCUSDT.")
_SYMBOL_V2 = _SYMBOL._replace(source="params.symbol")
_V1 = (
    Column("is_first", BOOL, "f", "Whether the message was the first one after subscribing."),
    Column("sent_time", MS, "sendTime", "When the exchange sent the message."),
)


def _trade(at: str, symbol: Column, *more: Column) -> tuple[Column, ...]:
    return (
        Column("time", MS, f"{at}.t", "When the trade was matched."),
        symbol,
        Column("side", TAKER, f"{at}.m", "What the taker did: Buy or Sell."),
        Column("price", FLOAT, f"{at}.p", "Price of the trade.", _QUOTE),
        Column("quantity", FLOAT, f"{at}.q", "Traded quantity.", _BASE),
        Column("trade_id", TEXT, f"{at}.v", "Id of the trade, unique on the exchange."),
        *more,
    )


def _ticker(at: str, symbol: Column, *more: Column) -> tuple[Column, ...]:
    return (
        Column("time", MS, f"{at}.t", "When the last trade was matched (over V5: when the message was made)."),
        symbol,
        Column("last_price", FLOAT, f"{at}.c", "Price of the last trade.", _QUOTE),
        Column("open_24h", FLOAT, f"{at}.o", "Price 24 hours ago.", _QUOTE),
        Column("high_24h", FLOAT, f"{at}.h", "Highest price of the last 24 hours.", _QUOTE),
        Column("low_24h", FLOAT, f"{at}.l", "Lowest price of the last 24 hours.", _QUOTE),
        Column("change_24h", FLOAT, f"{at}.m", "Change of the price in 24 hours: 0.01 is one percent.", "ratio"),
        Column("volume_24h", FLOAT, f"{at}.v", "Quantity traded in the last 24 hours.", _BASE),
        Column("turnover_24h", FLOAT, f"{at}.qv", "Value traded in the last 24 hours.", _QUOTE),
        Column("index_price", FLOAT, f"{at}.xp", "Price by the index in USD.", "USD"),
        *more,
    )


def _candle(at: str, symbol: Column, *more: Column) -> tuple[Column, ...]:
    return (
        Column("start_time", MS, f"{at}.t", "When the candle begins; later rows of the same one replace it."),
        symbol,
        Column("interval", NAME, "params.klineType", "Length of the candle, e.g. 1m."),
        Column("open", FLOAT, f"{at}.o", "First price.", _QUOTE),
        Column("high", FLOAT, f"{at}.h", "Highest price.", _QUOTE),
        Column("low", FLOAT, f"{at}.l", "Lowest price.", _QUOTE),
        Column("close", FLOAT, f"{at}.c", "Last price so far.", _QUOTE),
        Column("volume", FLOAT, f"{at}.v", "Quantity traded.", _BASE),
        *more,
    )


def _book(at: str, symbol: Column, *more: Column) -> tuple[Column, ...]:
    return (
        Column("time", MS, f"{at}.t", "When the book was last changed."),
        symbol,
        Column("side", NAME, f"{at}.b and {at}.a", "The side of the book: bid or ask."),
        Column("level", LEVEL, "", "Place on its side, 1 being the best price."),
        Column("price", FLOAT, f"{at}.b[][0]", "Price of the level.", _QUOTE),
        Column("quantity", FLOAT, f"{at}.b[][1]", "Quantity at that price; 0 for a level gone (merge=False).", _BASE),
        Column("version", NAME, f"{at}.v", "Version of the book, rising."),
        *more,
    )


_TRADE, _TICKER, _CANDLE = "a trade", "a state of the ticker", "a state of a candle"
_BOOK = "a level of the book, in a message"
_SCALE = Column("scale", INT, "params.dumpScale", "Decimals of the merged prices.")

TABLES = (
    Table("trade_v1", _TRADE, DATA, _trade("data[]", _SYMBOL, *_V1)),
    Table("realtimes_v1", _TICKER, DATA, _ticker("data[]", _SYMBOL, *_V1)),
    Table("kline_v1", _CANDLE, DATA, _candle("data[]", _SYMBOL, *_V1)),
    Table("depth_v1", _BOOK, PAIRS, _book("data[]", _SYMBOL, *_V1)),
    Table("merged_depth_v1", _BOOK, PAIRS, _book("data[]", _SYMBOL, _SCALE, *_V1)),
    Table("diff_depth_v1", _BOOK, PAIRS, _book("data[]", _SYMBOL, *_V1)),
    Table(
        "lt_v1",
        "a state of a leveraged token",
        DATA,
        (
            Column("time", MS, "data[].t", "When it was computed."),
            Column("symbol", NAME, "symbol", "The token's value, e.g. BTC3LUSDTNAV."),
            Column("net_asset_value", FLOAT, "data[].nav", "Net asset value of one token.", _QUOTE),
            Column("basket", FLOAT, "data[].b", "What stands behind one token.", _BASE),
            Column("leverage", FLOAT, "data[].l", "Real leverage."),
            Column("basket_loan", FLOAT, "data[].loan", "Loan behind one token, negative when long.", _QUOTE),
            Column("circulation", FLOAT, "data[].ti", "How many tokens circulate.", "tokens"),
            Column("position_value", FLOAT, "data[].n", "Position behind all of them: basket by circulation.", _BASE),
            *_V1,
        ),
    ),
    Table("depth_v2", _BOOK, PAIRS, _book("data", _SYMBOL_V2)),
    Table("kline_v2", _CANDLE, DATA, _candle("data", _SYMBOL_V2)),
    Table(
        "trade_v2",
        _TRADE,
        DATA,
        _trade("data", _SYMBOL_V2, Column("is_block_trade", BOOL, "data.type", "Whether it was a block trade.")),
    ),
    Table(
        "book_ticker_v2",
        "a state of the best bid and ask",
        DATA,
        (
            Column("time", MS, "data.time", "When they were the best."),
            _SYMBOL_V2,
            Column("bid_price", FLOAT, "data.bidPrice", "The best bid; missing where nobody bids.", _QUOTE),
            Column("bid_quantity", FLOAT, "data.bidQty", "Quantity at the best bid.", _BASE),
            Column("ask_price", FLOAT, "data.askPrice", "The best ask; missing where nobody asks.", _QUOTE),
            Column("ask_quantity", FLOAT, "data.askQty", "Quantity at the best ask.", _BASE),
        ),
    ),
    Table("realtimes_v2", _TICKER, DATA, _ticker("data", _SYMBOL_V2)),
)
