"""Redis: queues, limits and caches. Nothing that matters lives only there."""
