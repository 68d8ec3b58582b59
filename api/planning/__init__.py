"""From the office's words to a problem and a plan: calendar, letters, rounds, fairness; `build` is the one way."""
