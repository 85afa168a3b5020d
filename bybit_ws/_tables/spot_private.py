"""The tables of spot's private streams."""

from __future__ import annotations

from .columns import BALANCES, BOOL, FLOAT, MESSAGE, MS, NAME, SIDE, TEXT, Column, Table

_BASE, _QUOTE = "base coin", "quote coin"

_TIME = Column("time", MS, "E", "When the exchange made the event.")
_ORDER = (
    Column("symbol", NAME, "s", "The pair, e.g. BTCUSDT."),
    Column("order_id", TEXT, "i", "Id of the order."),
    Column("client_order_id", TEXT, "c", "Your own id of the order."),
    Column("side", SIDE, "S", "Buy or Sell."),
    Column("order_type", NAME, "o", "LIMIT, MARKET_OF_QUOTE, MARKET_OF_BASE or LIMIT_MAKER."),
    Column("time_in_force", NAME, "f", "GTC, IOC or FOK."),
    Column("price", FLOAT, "p", "Price of the order; 0 at market.", _QUOTE),
    Column("quantity", FLOAT, "q", "Quantity of the order; of MARKET_OF_QUOTE its value.", "base coin, or quote coin"),
)

TABLES = (
    Table(
        "outbound_account_info",
        "a coin's balance after a change",
        BALANCES,
        (
            _TIME,
            Column("coin", NAME, "B[].a", "The coin, e.g. USDT."),
            Column("available_balance", FLOAT, "B[].f", "What can be spent.", "coin"),
            Column("locked_balance", FLOAT, "B[].l", "What orders hold.", "coin"),
            Column("can_trade", BOOL, "T", "Whether the account may trade."),
            Column("can_withdraw", BOOL, "W", "Whether it may withdraw."),
            Column("can_deposit", BOOL, "D", "Whether it may deposit."),
        ),
        ("coin",),
    ),
    Table(
        "execution_report",
        "a change of an order",
        MESSAGE,
        (
            _TIME,
            *_ORDER,
            Column("status", NAME, "X", "NEW, PARTIALLY_FILLED, FILLED, CANCELED, REJECTED or on the way to one."),
            Column("fill_price", FLOAT, "L", "Price of the last fill; 0 without one.", _QUOTE),
            Column("fill_quantity", FLOAT, "l", "Quantity of the last fill.", _BASE),
            Column("filled_quantity", FLOAT, "z", "Quantity filled so far.", _BASE),
            Column("filled_value", FLOAT, "Z", "Value filled so far.", _QUOTE),
            Column("fee", FLOAT, "n", "Fee of the last fill.", "fee_coin"),
            Column("fee_coin", NAME, "N", "What the fee was paid in; missing without a fill."),
            Column("trade_id", TEXT, "t", "Id of the last fill's trade."),
            Column("created_time", MS, "O", "When the order was created."),
            Column("opponent_order_id", TEXT, "M", "Order on the other side of the last fill."),
            Column("opponent_account_id", TEXT, "A", "Account on the other side."),
            Column("is_normal", BOOL, "u", "False where the other side was yourself."),
            Column("is_working", BOOL, "w", "Whether the order is working."),
            Column("is_limit_maker", BOOL, "m", "Whether it is a LIMIT_MAKER order, as the exchange says."),
            Column("is_close", BOOL, "C", "Whether it closes a position."),
            Column("leverage", FLOAT, "v", "Leverage; 0 without."),
            Column("liquidation_type", NAME, "d", "NO_LIQ, or IOC in a liquidation."),
        ),
        ("symbol", "order_id"),
    ),
    Table(
        "stop_execution_report",
        "a change of a stop order",
        MESSAGE,
        (
            _TIME,
            *_ORDER,
            Column("status", NAME, "X", "ORDER_NEW, ORDER_FILLED (triggered), ORDER_CANCELED or ORDER_FAILED."),
            Column("market_price", FLOAT, "qp", "Price of the market when it was placed.", _QUOTE),
            Column("placed_order_id", TEXT, "eo", "Id of the order that it places."),
            Column("created_time", MS, "T", "When it was created."),
            Column("updated_time", MS, "C", "When it was changed."),
            Column("triggered_time", MS, "t", "When it was triggered, or failed; missing before."),
        ),
        ("symbol", "order_id"),
    ),
    Table(
        "ticket_info",
        "a trade of your own",
        MESSAGE,
        (
            Column("time", MS, "t", "When the trade was matched."),
            Column("symbol", NAME, "s", "The pair, e.g. BTCUSDT."),
            Column("side", SIDE, "S", "What you did: Buy or Sell."),
            Column("price", FLOAT, "p", "Price of the trade.", _QUOTE),
            Column("quantity", FLOAT, "q", "Traded quantity.", _BASE),
            Column("trade_id", TEXT, "T", "Id of the trade."),
            Column("order_id", TEXT, "o", "Id of your order."),
            Column("client_order_id", TEXT, "c", "Your own id of it."),
            Column("opponent_order_id", TEXT, "O", "Order on the other side."),
            Column("account_id", TEXT, "a", "Your account."),
            Column("opponent_account_id", TEXT, "A", "Account on the other side."),
            Column("is_maker", BOOL, "m", "Whether your order was in the book before."),
            Column("sent_time", MS, "E", "When the exchange made the event."),
        ),
        ("symbol", "trade_id"),
    ),
)
