"""Who calls, and what they may: sign-in, sessions, policies of routes."""
