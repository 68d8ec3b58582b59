"""The office for programs: documents under ``/api/v1``, by token."""
