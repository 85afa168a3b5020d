"""What it costs to make the documented messages of what V5 pushes: beside the legacy endpoints, and beside pybit 5.

``python -m benchmarks.v5``: ``streams`` says what is measured, ``market`` makes the frames of both protocols from one
seeded market, ``server`` plays them, ``client`` is one client's process, ``runner`` starts these again and again,
``verdict`` judges, ``report`` shows, and ``environment`` makes pybit 5 a home of its own.
"""
