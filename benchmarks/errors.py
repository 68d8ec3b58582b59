"""Errors of the benchmarks: each says which file or engine is meant, what was found, and what would be right."""


class BenchmarkError(Exception):
    """Root of all errors of this folder."""


class UnreadableInstanceError(BenchmarkError, ValueError):
    """A public instance, solution or table is not of the format that its reader knows."""


class InexactInstanceError(BenchmarkError, ValueError):
    """A public instance has a rule that our format cannot say exactly."""


class EngineFailedError(BenchmarkError, RuntimeError):
    """An engine ended without an answer that can be judged."""
