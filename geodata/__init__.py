"""Places and roads: a region folder, checked on the way in, and travel times between its places."""

from pathlib import Path

SAMPLE_DIR = Path(__file__).parent / "sample"
"""Region folders that come with the program; ``SAMPLE_DIR / "batubara"`` is Kabupaten Batu Bara."""
