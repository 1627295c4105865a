"""dlt: sql_database with a backend of choice, CSV files into PostgreSQL's COPY."""

import os
import sys

import dlt
from dlt.sources.sql_database import sql_table

COLUMNS = [
    "id", "customer", "kind", "amount", "rate", "code", "note", "created", "changed",
]  # fmt: skip
backend = sys.argv[1]
host, _, service = os.environ["SOURCE_DSN"].partition("/")
user, password = os.environ["SOURCE_USER"], os.environ["SOURCE_PASSWORD"]
kwargs = {}
if backend == "connectorx":
    kwargs["backend_kwargs"] = {"conn": f"oracle://{user}:{password}@{host}/{service}"}
table = sql_table(
    credentials=f"oracle+oracledb://{user}:{password}@{host}/?service_name={service}",
    table="mixed",
    backend=backend,
    chunk_size=50_000,
    included_columns=COLUMNS,  # its CSV cannot carry RAW
    **kwargs,
)
pipeline = dlt.pipeline(
    "bench",
    destination=dlt.destinations.postgres(os.environ["TARGET_DSN"]),
    dataset_name="peer",
    pipelines_dir=os.environ["PEER_FOLDER"],
)
pipeline.run(table, loader_file_format="csv", write_disposition="append").raise_on_failed_jobs()
