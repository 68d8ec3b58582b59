"""
The office's store: one database, SQLite or PostgreSQL, for several regencies. `docs/store.md` describes it.

`store.Store` is the one way in: it hands a function a `scope` of one regency to read or to change. The other modules
are such functions by subject (`people`, `requests`, `plans`, `regions`, `secrets`, `audit`, `office_settings`); they
take and give entities, never rows.
"""
