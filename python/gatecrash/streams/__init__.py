"""Users of streams: events (SSE) and WebSockets, read by the engine as they come."""
