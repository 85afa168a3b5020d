"""Today's protocol (V5), served from the same market as the legacy endpoints."""
