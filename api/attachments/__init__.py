"""
Letters and lists that come with a request: from a stranger's bytes to a clean, encrypted file, and back.

``cleaning`` is the way in for bytes, ``keeping`` for files with their rows; ``child``, ``picture`` and ``pdf`` run in a
child process with caps.
"""
