"""Where the sockets are."""

from __future__ import annotations

SPOT_V1 = "/spot/quote/ws/v1"
SPOT_V2 = "/spot/quote/ws/v2"
SPOT_PRIVATE = "/spot/ws"
REALTIME = "/realtime"
LEGACY = (SPOT_V1, SPOT_V2, SPOT_PRIVATE, REALTIME)

V5_SPOT = "/v5/public/spot"
V5_INVERSE = "/v5/public/inverse"
V5_PRIVATE = "/v5/private"
V5 = (V5_SPOT, V5_INVERSE, V5_PRIVATE)
