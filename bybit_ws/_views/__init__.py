"""What is worth seeing of a stream, kept from its messages, for whoever draws it: messages in, state out. Pure.

``Ladder`` for books, ``Tape`` for trades, ``Candles`` for klines, ``Records`` for the rest. None of them knows a
clock, a thread or a screen: moments are passed in, and whoever calls from several threads holds a lock.
"""
