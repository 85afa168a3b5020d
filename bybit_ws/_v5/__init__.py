"""The documented streams, made of what today's exchange pushes (V5). Pure.

Each module translates a family of streams: one ``Translation`` for each, which holds the table of its fields and
makes the ``Translator`` of one topic and symbol. What comes out is what the documented endpoints said on the wire,
so that everything behind it (routing, books, repair, gaps) is the same for both protocols.
"""
