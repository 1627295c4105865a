"""pandas: read_sql in chunks, to_sql with the COPY method that its documentation shows."""

import csv
import io
import os

import pandas
import sqlalchemy


def copy_csv(table, connection, keys, rows):
    """Pandas' own example of a faster insertion method."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    columns = ", ".join(f'"{key}"' for key in keys)
    statement = f"COPY peer.{table.name} ({columns}) FROM STDIN WITH CSV"
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getvalue())


host, _, service = os.environ["SOURCE_DSN"].partition("/")
user, password = os.environ["SOURCE_USER"], os.environ["SOURCE_PASSWORD"]
source = sqlalchemy.create_engine(
    f"oracle+oracledb://{user}:{password}@{host}/?service_name={service}",
    arraysize=5000,
)
target = sqlalchemy.create_engine(
    os.environ["TARGET_DSN"].replace("postgresql://", "postgresql+psycopg://", 1)
)
with source.connect().execution_options(stream_results=True) as reading:
    for frame in pandas.read_sql("SELECT * FROM mixed", reading, chunksize=50_000):
        frame.to_sql(
            "mixed", target, schema="peer", if_exists="append", index=False, method=copy_csv
        )
