"""What Alembic runs for each of its commands: always in the transaction of a connection that it is handed."""

from alembic import context

from api.store.tables import METADATA

connection = context.config.attributes["connection"]
# Changes of tables are part of the transaction in both databases, once the driver leaves transactions to us.
context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
