"""Places and roads: a region folder, checked on the way in, and travel times between its places."""
