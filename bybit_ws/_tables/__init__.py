"""Messages as tables: which columns the messages of a stream have, and how they are read.

The tables themselves (``columns``, ``spot``, ``spot_private``, ``inverse``, ``inverse_private``) are data and need
nothing installed; ``values``, ``frames`` and ``files`` need the extra ``data``.
"""
