"""A plain loop: python-oracledb's tuples into psycopg's COPY, one row at a time."""

import os

import oracledb
import psycopg

TABLE = (
    "CREATE TABLE peer.mixed (id bigint, customer integer, kind smallint, amount numeric(12,2),"
    " rate numeric, code varchar(20), note varchar(60), created timestamp(0),"
    " changed timestamp(6), hash bytea)"
)
oracledb.defaults.fetch_decimals = True
with (
    oracledb.connect(
        user=os.environ["SOURCE_USER"],
        password=os.environ["SOURCE_PASSWORD"],
        dsn=os.environ["SOURCE_DSN"],
    ) as source,
    psycopg.connect(os.environ["TARGET_DSN"]) as target,
):
    target.execute(TABLE)
    cursor = source.cursor()
    cursor.arraysize = cursor.prefetchrows = 5000
    cursor.execute("SELECT * FROM mixed")
    with target.cursor().copy("COPY peer.mixed FROM STDIN") as copy:
        for row in cursor:
            copy.write_row(row)
