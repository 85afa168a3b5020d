"""What a message costs: this client beside others, on this machine.

``python -m benchmarks`` reads from top to bottom as: ``streams`` makes messages, ``server`` sends them, ``client``
receives them in a process of its own, ``runner`` does that again and again, ``sections`` asks the questions,
``goals`` judges the answers, ``report`` and ``plots`` show them. ``python -m benchmarks.v5`` measures today's protocol.
"""
