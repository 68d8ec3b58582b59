"""Requests: filed by hosts, on their behalf and by branch offices; followed by hosts; worked on by staff."""
