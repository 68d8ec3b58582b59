"""What an installation's keeper does: tables, accounts, regencies, backups."""
