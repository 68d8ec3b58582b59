"""The itineraries of a plan: as documents for programs, as maps for people."""
