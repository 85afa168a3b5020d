"""The tables of the inverse private streams."""

from __future__ import annotations

from .columns import BOOL, DATA, FLOAT, INT, ISO, NAME, TEXT, Column, Table

_USD, _CONTRACTS, _COIN = "USD", "contracts of 1 USD", "coin"

_SYMBOL = Column("symbol", NAME, "data[].symbol", "The contract, e.g. BTCUSD.")
_SIDE = Column("side", NAME, "data[].side", "Buy or Sell.")
_ORDER_ID = Column("order_id", TEXT, "data[].order_id", "Id of the order.")
_CLIENT_ID = Column("client_order_id", TEXT, "data[].order_link_id", "Your own id of it; missing where you gave none.")
_USER = Column("user_id", INT, "data[].user_id", "Your user number.")
_AVAILABLE = Column("available_balance", FLOAT, "data[].available_balance", "What can be spent.", _COIN)
_WALLET = Column("wallet_balance", FLOAT, "data[].wallet_balance", "What there is, bound or not.", _COIN)
_TRIGGER = "LastPrice, IndexPrice or MarkPrice."

_ORDER = (
    _ORDER_ID,
    _CLIENT_ID,
    _SIDE,
    Column("order_type", NAME, "data[].order_type", "Limit or Market."),
    Column("time_in_force", NAME, "data[].time_in_force", "GoodTillCancel, ImmediateOrCancel, FillOrKill, PostOnly."),
    Column("price", FLOAT, "data[].price", "Price of the order.", _USD),
    Column("quantity", FLOAT, "data[].qty", "Quantity of the order.", _CONTRACTS),
    Column("status", NAME, "data[].order_status", "Where it stands, e.g. New, Filled, Untriggered."),
)
_ORIGIN = (
    Column("create_type", NAME, "data[].create_type", "Why it was created, e.g. CreateByUser."),
    Column("cancel_type", NAME, "data[].cancel_type", "Why it was cancelled; missing where it was not."),
    Column("close_on_trigger", BOOL, "data[].close_on_trigger", "Whether it may only close a position."),
)


def _coins(name: str, doc: str, field: str = "") -> Column:
    return Column(name, FLOAT, f"data[].{field or name}", doc, _COIN)


def _price(name: str, doc: str, field: str = "") -> Column:
    return Column(name, FLOAT, f"data[].{field or name}", f"{doc}; 0 without.", _USD)


_STOPS = (_price("take_profit", "Take profit at"), _price("stop_loss", "Stop loss at"))
_TRAILING = (
    Column("trailing_stop", FLOAT, "data[].trailing_stop", "Distance of the trailing stop; 0 without.", _USD),
    _price("trailing_active", "Price that sets the trailing stop going"),
)

TABLES = (
    Table(
        "position",
        "a state of a position",
        DATA,
        (
            _SYMBOL,
            Column("side", NAME, "data[].side", "Buy (long), Sell (short) or None (flat)."),
            Column("quantity", FLOAT, "data[].size", "Size of the position.", _CONTRACTS),
            _coins("position_value", "Its value."),
            _price("entry_price", "Average price of the entry"),
            _price("liquidation_price", "Price of its liquidation", "liq_price"),
            _price("bankruptcy_price", "Price of its bankruptcy", "bust_price"),
            Column("leverage", FLOAT, "data[].leverage", "Leverage."),
            _coins("order_margin", "Margin of orders."),
            _coins("position_margin", "Margin of the position."),
            _AVAILABLE,
            _WALLET,
            _coins("realised_pnl", "Realised today (over V5: since the position was opened)."),
            _coins("total_realised_pnl", "Realised ever.", "cum_realised_pnl"),
            *_STOPS,
            Column("tp_trigger_by", NAME, "data[].tp_trigger_by", f"What triggers take profit: {_TRIGGER}"),
            Column("sl_trigger_by", NAME, "data[].sl_trigger_by", f"What triggers stop loss: {_TRIGGER}"),
            *_TRAILING,
            _coins("closing_fee", "Fee that closing will cost.", "occ_closing_fee"),
            _coins("funding_fee", "Funding that is due.", "occ_funding_fee"),
            Column("is_isolated", BOOL, "data[].is_isolated", "Whether margin is isolated.", also="data[].Isolated"),
            Column("auto_add_margin", BOOL, "data[].auto_add_margin", "Whether margin is added by itself."),
            Column("status", NAME, "data[].position_status", "Normal, Liq (in liquidation) or Adl (in deleveraging)."),
            Column("position_seq", INT, "data[].position_seq", "Version of the position, rising."),
            Column("position_idx", INT, "data[].position_idx", "0 one-way; 1 long, 2 short of hedge mode."),
            Column("mode", INT, "data[].mode", "Position mode, 0 being one-way."),
            Column("risk_id", INT, "data[].risk_id", "Number of the risk limit."),
            Column("tp_sl_mode", NAME, "data[].tp_sl_mode", "Full or Partial."),
            Column("tp_order_count", INT, "data[].tp_order_num", "Take profit orders."),
            Column("sl_order_count", INT, "data[].sl_order_num", "Stop loss orders."),
            Column("tp_free_quantity", FLOAT, "data[].tp_free_size_x", "Size without take profit.", _CONTRACTS),
            Column("sl_free_quantity", FLOAT, "data[].sl_free_size_x", "Size without stop loss.", _CONTRACTS),
            _USER,
        ),
        ("symbol", "entry_price"),
    ),
    Table(
        "execution",
        "a trade of your own",
        DATA,
        (
            Column("time", ISO, "data[].trade_time", "When the trade was matched."),
            _SYMBOL,
            _SIDE,
            Column("price", FLOAT, "data[].price", "Price of the trade.", _USD),
            Column("quantity", FLOAT, "data[].exec_qty", "Traded quantity.", _CONTRACTS),
            Column("trade_id", TEXT, "data[].exec_id", "Id of the trade."),
            _ORDER_ID,
            _CLIENT_ID,
            Column("order_quantity", FLOAT, "data[].order_qty", "Quantity of the order.", _CONTRACTS),
            Column("remaining_quantity", FLOAT, "data[].leaves_qty", "What of it is still open.", _CONTRACTS),
            _coins("fee", "Fee of the trade.", "exec_fee"),
            Column("execution_type", NAME, "data[].exec_type", "Trade, AdlTrade, BustTrade or Settle."),
            Column("is_maker", BOOL, "data[].is_maker", "Whether your order was in the book before."),
        ),
        ("symbol", "trade_id"),
    ),
    Table(
        "order",
        "a change of an order",
        DATA,
        (
            Column("time", ISO, "data[].timestamp", "When the order was accepted."),
            _SYMBOL,
            *_ORDER,
            _price("fill_price", "Price of the last fill", "last_exec_price"),
            Column("filled_quantity", FLOAT, "data[].cum_exec_qty", "Quantity filled so far.", _CONTRACTS),
            _coins("filled_value", "Value filled so far.", "cum_exec_value"),
            Column("remaining_quantity", FLOAT, "data[].leaves_qty", "What is still open.", _CONTRACTS),
            _coins("total_fee", "Fees of all fills so far.", "cum_exec_fee"),
            *_STOPS,
            *_TRAILING,
            *_ORIGIN,
            Column("reduce_only", BOOL, "data[].reduce_only", "Whether it may only reduce a position."),
        ),
        ("symbol", "order_id"),
    ),
    Table(
        "stop_order",
        "a change of a stop order",
        DATA,
        (
            Column("time", ISO, "data[].timestamp", "When it was changed."),
            _SYMBOL,
            *_ORDER,
            Column("stop_order_type", NAME, "data[].stop_order_type", "Stop, TakeProfit, StopLoss or TrailingStop."),
            _price("trigger_price", "Price that triggers it"),
            Column("trigger_by", NAME, "data[].trigger_by", f"What triggers it: {_TRIGGER}"),
            *_ORIGIN,
            _USER,
        ),
        ("symbol", "order_id"),
    ),
    Table(
        "wallet",
        "a coin's balance after a change",
        DATA,
        (Column("coin", NAME, "data[].coin", "The coin, e.g. BTC."), _AVAILABLE, _WALLET, _USER),
        ("wallet_balance",),
    ),
)
