"""What each documented field means, said once, as data. The pages of the streams are made of it.

A field is looked up by its last part, ``p`` for ``data[].p``, in the groups that have its stream, the first one wins.
"""

from __future__ import annotations

_SPOT_V1 = ("trade_v1", "realtimes_v1", "kline_v1", "depth_v1", "merged_depth_v1", "diff_depth_v1", "lt_v1")
_SPOT_V2 = ("depth_v2", "kline_v2", "trade_v2", "book_ticker_v2", "realtimes_v2")
_SPOT_BOOKS = ("depth_v1", "merged_depth_v1", "diff_depth_v1", "depth_v2")
_SPOT_PRIVATE = ("outbound_account_info", "execution_report", "stop_execution_report", "ticket_info")
_INVERSE_BOOKS = ("orderbook_25", "orderbook_200")
_INVERSE_PUBLIC = (*_INVERSE_BOOKS, "trade", "insurance", "instrument_info", "kline", "liquidation")
_INVERSE_PRIVATE = ("position", "execution", "order", "stop_order", "wallet")

GROUPS: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (
        ("trade_v1", "trade_v2"),
        {
            "v": "number of the trade; rises for each symbol, with holes",
            "t": "when it happened, ms",
            "p": "price",
            "q": "quantity, in the base coin",
            "m": "whether the buyer was the taker: true for a buy, false for a sell",
            "type": '`"0"` an ordinary trade, `"1"` a block trade',
        },
    ),
    (
        ("realtimes_v1", "realtimes_v2"),
        {
            "t": "when the newest trade happened, ms",
            "c": "last price",
            "h": "highest price of 24 hours",
            "l": "lowest price of 24 hours",
            "o": "price 24 hours ago",
            "v": "volume of 24 hours, in the base coin",
            "qv": "turnover of 24 hours, in the quote coin",
            "m": 'change in 24 hours as a ratio, 4 decimals: `"0.0190"` is 1.9 %',
            "xp": 'index price in USD; `""` where there is none',
            "e": "number of the exchange",
        },
    ),
    (
        ("kline_v1", "kline_v2"),
        {
            "t": "when the candle began, ms; a candle is final once one with a later `t` has come",
            "o": "opening price",
            "h": "highest price",
            "l": "lowest price",
            "c": "closing price, so far",
            "v": "volume, in the base coin",
        },
    ),
    (
        _SPOT_BOOKS,
        {
            "t": "when the book was made, ms",
            "v": "version of the book; an opaque text",
            "b": "bids as `[price, quantity]`, best first",
            "a": "asks as `[price, quantity]`, best first",
            "e": "number of the exchange",
            "o": "to be ignored",
        },
    ),
    (
        ("lt_v1",),
        {
            "t": "time of the value, ms",
            "s": "the token's symbol, `NAV` appended",
            "nav": "net asset value of one token",
            "b": "what the token's basket holds",
            "l": "leverage it really has",
            "loan": "loan of the basket; negative for a long token",
            "ti": "tokens in circulation",
            "n": "value of all positions",
        },
    ),
    (
        ("book_ticker_v2",),
        {
            "bidPrice": "best bid",
            "bidQty": "quantity at the best bid, in the base coin",
            "askPrice": "best ask",
            "askQty": "quantity at the best ask, in the base coin",
            "time": "when it was made, ms",
        },
    ),
    (
        (*_SPOT_V1, *_SPOT_V2),
        {
            "symbol": "symbol",
            "symbolName": "the same symbol",
            "s": "symbol",
            "sn": "the same symbol",
            "topic": "topic",
            "realtimeInterval": "period of the statistics",
            "binary": "whether compressed frames were asked for, as text",
            "klineType": "interval of the candles",
            "dumpScale": "decimals of a price level, as text",
            "f": "whether this is the first message since the subscription",
            "sendTime": "when the exchange sent the message, ms",
        },
    ),
    (
        ("outbound_account_info",),
        {
            "T": "whether the account may trade",
            "W": "whether it may withdraw",
            "D": "whether it may deposit",
            "a": "coin; only those that changed are listed",
            "f": "available balance",
            "l": "locked balance",
        },
    ),
    (
        ("execution_report",),
        {
            "q": "quantity of the order; of a `MARKET_OF_QUOTE` order the amount of the quote coin",
            "p": 'limit price; `"0"` at market',
            "X": "`NEW`, `PARTIALLY_FILLED`, `FILLED`, `CANCELED`, `PENDING_CANCEL`, `PENDING_NEW` or `REJECTED`",
            "i": "the exchange's id of the order",
            "M": "the opponent's order id",
            "l": "quantity of the last fill",
            "z": "quantity filled so far",
            "L": "price of the last fill",
            "n": "fee of the last fill",
            "N": "coin of that fee",
            "u": "whether it was an ordinary trade: false where both sides were yours",
            "w": "whether the order is in the book",
            "m": "whether it is a `LIMIT_MAKER` order",
            "O": "when the order was created, ms",
            "Z": "value filled so far, in the quote coin; `Z / z` is the average price",
            "A": "the opponent's account",
            "C": "whether it closes a position",
            "v": "leverage",
            "d": "kind of liquidation; `NO_LIQ` for none",
            "t": "number of the trade",
        },
    ),
    (
        ("stop_execution_report",),
        {
            "q": "quantity; of a `MARKET_OF_QUOTE` order the amount of the quote coin",
            "p": 'limit price; `"0"` at market',
            "X": "`ORDER_NEW`, `ORDER_FILLED` (it was triggered), `ORDER_CANCELED` or `ORDER_FAILED`",
            "i": "id of the stop order",
            "T": "when it was created, ms",
            "t": 'when it was triggered, ms; `"0"` before',
            "C": "when it changed last, ms",
            "qp": "market price when it was created",
            "eo": "id of the order that the trigger placed",
            "ti": "to be ignored",
            "si": "to be ignored",
        },
    ),
    (
        ("ticket_info",),
        {
            "q": "quantity of the fill, in the base coin",
            "t": "when it happened, ms",
            "p": "price of the fill",
            "T": "number of the trade",
            "o": "the exchange's id of the order",
            "O": "the opponent's order id",
            "a": "your account",
            "A": "the opponent's account",
            "m": "whether you were the maker",
        },
    ),
    (
        _SPOT_PRIVATE,
        {
            "e": "kind of the event",
            "E": "when the event happened, ms",
            "s": "symbol",
            "c": "your own id of the order",
            "S": "`BUY` or `SELL`",
            "o": "`LIMIT`, `LIMIT_MAKER`, `MARKET_OF_QUOTE` or `MARKET_OF_BASE`",
            "f": "time in force: `GTC`, `IOC` or `FOK`",
        },
    ),
    (
        _INVERSE_BOOKS,
        {
            "price": "price of the level",
            "id": "price × 10,000; deprecated, do not take it for a key",
            "side": "`Buy` for a bid, `Sell` for an ask",
            "size": "contracts of 1 USD at that price",
            "type": "`snapshot`: the whole book; `delta` with `merge=False` only",
            "delete": "levels that are gone; with `merge=False` only",
            "update": "levels whose size changed; with `merge=False` only",
            "insert": "levels that are new; with `merge=False` only",
            "transactTimeE6": "always 0; with `merge=False` only",
        },
    ),
    (
        ("trade",),
        {
            "trade_time_ms": "when it happened, ms",
            "timestamp": "the same, to the second, in ISO 8601",
            "side": "side of the taker, `Buy` or `Sell`",
            "size": "contracts of 1 USD",
            "price": "price",
            "tick_direction": "against the trade before: `PlusTick`, `ZeroPlusTick`, `MinusTick` or `ZeroMinusTick`",
            "trade_id": "id of the trade",
            "is_block_trade": '`"true"` or `"false"`; since 2023',
        },
    ),
    (
        ("insurance",),
        {
            "currency": "coin",
            "timestamp": "time of the balance, in ISO 8601",
            "wallet_balance": "balance of the insurance fund, in 1e-8 coin",
        },
    ),
    (
        ("instrument_info",),
        {
            "type": "`snapshot`: the whole record; `delta` with `merge=False` only",
            "delete": "always empty; with `merge=False` only",
            "update": "what changed; with `merge=False` only",
            "insert": "always empty; with `merge=False` only",
            "id": "the exchange's number of the instrument",
            "last_price": "last price",
            "bid1_price": "best bid",
            "ask1_price": "best ask",
            "last_tick_direction": "of the last trade: `PlusTick`, `ZeroPlusTick`, `MinusTick` or `ZeroMinusTick`",
            "prev_price_24h": "price 24 hours ago",
            "price_24h_pcnt_e6": "change in 24 hours as a ratio × 10⁶",
            "high_price_24h": "highest price of 24 hours",
            "low_price_24h": "lowest price of 24 hours",
            "prev_price_1h": "price an hour ago",
            "price_1h_pcnt_e6": "change in an hour as a ratio × 10⁶",
            "mark_price": "mark price",
            "index_price": "index price",
            "open_interest": "open contracts of 1 USD; up to a minute late",
            "open_value_e8": "their value, in 1e-8 coin; up to a minute late",
            "total_turnover_e8": "turnover since the instrument began, in 1e-8 coin",
            "turnover_24h_e8": "turnover of 24 hours, in 1e-8 coin",
            "total_volume": "contracts of 1 USD since the instrument began",
            "volume_24h": "contracts of 1 USD in 24 hours",
            "funding_rate_e6": "funding rate × 10⁶",
            "predicted_funding_rate_e6": "funding rate that is expected next × 10⁶",
            "created_at": "when the instrument was created, in ISO 8601",
            "updated_at": "when the record changed last, in ISO 8601",
            "next_funding_time": "when funding is paid next, in ISO 8601",
            "countdown_hour": "hours to the next funding, rounded up",
            "funding_rate_interval": "hours between two fundings",
        },
    ),
    (
        ("kline",),
        {
            "start": "when the candle began, s",
            "end": "when it ends, s",
            "open": "opening price",
            "close": "closing price, so far",
            "high": "highest price",
            "low": "lowest price",
            "volume": "contracts of 1 USD",
            "turnover": "turnover, in the coin",
            "timestamp": "when the candle changed last, µs",
            "confirm": "whether the candle is final",
        },
    ),
    (
        ("liquidation",),
        {
            "side": "side of the position that was liquidated: `Buy` for a long one",
            "price": "bankruptcy price",
            "qty": "contracts of 1 USD",
            "time": "when it happened, ms",
        },
    ),
    (
        ("position",),
        {
            "action": "always `update`",
            "size": "contracts of 1 USD",
            "side": "`Buy` for a long position, `Sell` for a short one, `None` for none",
            "position_value": "value of the position, in the coin",
            "entry_price": "average price it was entered at",
            "liq_price": "price it is liquidated at",
            "bust_price": "price at which its margin is used up",
            "leverage": "leverage",
            "order_margin": "margin of open orders, in the coin",
            "position_margin": "margin of the position, in the coin",
            "tp_trigger_by": "price that triggers the take profit",
            "sl_trigger_by": "price that triggers the stop loss",
            "realised_pnl": "profit and loss realised today, in the coin",
            "risk_id": "number of the risk limit",
            "is_isolated": "whether its margin is isolated",
            "occ_closing_fee": "what is set aside for the closing fee, in the coin",
            "occ_funding_fee": "what is set aside for funding, in the coin",
            "auto_add_margin": "1 where margin is added by itself, else 0",
            "cum_realised_pnl": "profit and loss realised ever, in the coin",
            "position_status": "`Normal`, `Liq` (being liquidated) or `Adl` (being deleveraged)",
            "position_seq": "number of the change",
            "Isolated": "whether its margin is isolated",
            "mode": "position mode, 0 for one way",
            "position_idx": "which position of the symbol, 0 for one way",
            "tp_sl_mode": "`Full` or `Partial` take profit and stop loss",
            "tp_order_num": "number of take profit orders",
            "sl_order_num": "number of stop loss orders",
            "tp_free_size_x": "contracts without a take profit",
            "sl_free_size_x": "contracts without a stop loss",
        },
    ),
    (
        ("execution",),
        {
            "exec_id": "id of the fill",
            "price": "price of the fill",
            "order_qty": "contracts of the whole order",
            "exec_type": "`Trade`, `AdlTrade`, `BustTrade` or `Settle`",
            "exec_qty": "contracts of this fill",
            "exec_fee": "fee, in the coin; negative for a rebate",
            "is_maker": "whether you were the maker",
            "trade_time": "when it happened, in ISO 8601",
        },
    ),
    (
        ("order",),
        {
            "timestamp": "when the order became `New`, in ISO 8601",
            "order_status": "`Created`, `New`, `Rejected`, `PartiallyFilled`, `Filled`, `PendingCancel` or `Cancelled`",
            "cum_exec_qty": "contracts filled so far",
            "cum_exec_value": "value filled so far, in the coin",
            "cum_exec_fee": "fees so far, in the coin",
            "last_exec_price": "price of the last fill",
            "reduce_only": "whether it may only reduce a position",
        },
    ),
    (
        ("stop_order",),
        {
            "timestamp": "time of the change, in ISO 8601",
            "order_status": "`Untriggered`, `Triggered`, `Active` or `Deactivated`",
            "stop_order_type": "`Stop`, `TakeProfit`, `StopLoss` or `TrailingStop`",
            "trigger_by": "price that triggers it, e.g. `LastPrice`",
            "trigger_price": "price it is triggered at; of a trailing stop the one that activates it",
        },
    ),
    (
        (*_INVERSE_PUBLIC, *_INVERSE_PRIVATE),
        {
            "topic": "topic and symbol",
            "symbol": "symbol",
            "side": "`Buy` or `Sell`",
            "cross_seq": "number in the matching engine's sequence; rises, with holes",
            "timestamp_e6": "when the exchange made the message, µs",
            "user_id": "number of your account",
            "coin": "coin",
            "available_balance": "balance that can be used, in the coin",
            "wallet_balance": "balance, in the coin",
            "take_profit": "take profit price",
            "stop_loss": "stop loss price",
            "trailing_stop": "distance of the trailing stop, in USD",
            "trailing_active": "price that activates the trailing stop",
            "order_id": "the exchange's id of the order",
            "order_link_id": "your own id of the order",
            "order_type": "`Limit` or `Market`",
            "price": "price",
            "qty": "contracts of 1 USD",
            "leaves_qty": "contracts that are not filled",
            "time_in_force": "`GoodTillCancel`, `ImmediateOrCancel`, `FillOrKill` or `PostOnly`",
            "create_type": "who made it: `CreateByUser`, `CreateByClosing`, `CreateByLiq`, ...",
            "cancel_type": 'why it was cancelled: `CancelByUser`, ...; `""` where it was not',
            "close_on_trigger": "whether, when triggered, it makes room for itself by cancelling others",
        },
    ),
)


def meaning(stream: str, path: str) -> str:
    """Return what a field means.

    Args:
        stream: The stream's name.
        path: The field's path, ``"data[].p"``.

    Raises:
        KeyError: Nobody has written it down.
    """
    name = path.rpartition(".")[2]
    plain = name[:-3] if name.endswith("_e4") else name
    for streams, meanings in GROUPS:
        if stream in streams and plain in meanings:
            return meanings[plain] + (" × 10⁴" if plain != name else "")
    raise KeyError(f"{stream}: {path}")
