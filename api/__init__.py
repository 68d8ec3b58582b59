"""The office: from letters and village demand to a plan, and the pages and commands that serve it."""
