"""What SQLAlchemy says of schema.sql, as its owner and as others; then an ORM round trip."""

# ruff: noqa: B023, E501  (every lambda runs at once; a line per check reads best)

from __future__ import annotations

import datetime
import decimal
import sys
import warnings

import sqlalchemy as sa
from checking import check, raises
from sqlalchemy import orm
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

DSN = sys.argv[1]
TABLES = {
    "branch", "shelf", "book", "Mixed Case", "lower", "loan", "region", "keyword", "reader",
}  # fmt: skip
KEYS = {
    "branch": ("branch_pk", ["branch_id"]),
    "shelf": ("shelf_pk", ["branch_id", "shelf_no"]),
    "book": ("book_pk", ["book_id"]),
    "Mixed Case": ("Mixed Pk", ["Id"]),
    "lower": ("lower_pk", ["id"]),
    "loan": ("loan_pk", ["loan_id"]),
    "region": ("region_pk", ["code"]),
    "keyword": ("keyword_pk", ["word", "book_id"]),
}
BOOK = {
    "book_id": "NUMBER(12, 0)", "isbn": "VARCHAR(20 CHAR)", "title": "VARCHAR(200 CHAR)",
    "pages": "INTEGER", "price": "NUMBER(8, 2)", "gross": "NUMBER", "weight": "BINARY_FLOAT",
    "rating": "BINARY_DOUBLE", "score": "REAL", "added": "TIMESTAMP",
    "sold": "TIMESTAMP WITH TIME ZONE", "seen": "TIMESTAMP WITH LOCAL TIME ZONE",
    "lent_for": "INTERVAL DAY TO SECOND", "digest": "RAW(16)", "cover": "BLOB",
    "summary": "CLOB", "notes": "NCLOB", "origin": "ROWID",
    "branch_id": "NUMBER(6, 0)", "shelf_no": "NUMBER(4, 0)", "previous": "NUMBER(12, 0)",
}  # fmt: skip
warnings.filterwarnings("ignore", message="Did not recognize type 'INTERVAL YEAR")


def engine_of(user: str) -> sa.Engine:
    """An engine for one of the users."""
    host, _, service = DSN.partition("/")
    return sa.create_engine(f"oracle+oracledb://{user}:tiger@{host}/?service_name={service}")


def by_name(items: list[dict], *keys: str) -> dict:
    """Reflected objects by name, with the values of *keys*."""
    return {item["name"]: tuple(item.get(key) for key in keys) for item in items}


def look(title: str, user: str, schema: str | None, tables: set[str]) -> None:
    """Everything that the Inspector offers, for the tables that *user* may see."""
    engine = engine_of(user)
    see = sa.inspect(engine)
    own = schema is None

    def named(text: str) -> str:
        return f"{title}: {text}"

    check(named("tables"), lambda: set(see.get_table_names(schema)), tables)
    for table in (name for name in see.get_table_names(schema) if name in KEYS):
        key = see.get_pk_constraint(table, schema)
        check(
            named(f"key of {table}"), lambda: (key["name"], key["constrained_columns"]), KEYS[table]
        )
    columns = {column["name"]: column for column in see.get_columns("book", schema)}
    dialect = engine.dialect
    types = {
        name: column["type"].compile(dialect=dialect)
        for name, column in columns.items()
        if name not in ("kept_for", "place")  # types that the dialect cannot spell
    }
    check(named("types of book"), lambda: types, BOOK)
    check(
        named("identity"),
        lambda: {
            k: columns["book_id"]["identity"][k] for k in ("always", "start", "increment", "cache")
        },
        {"always": False, "start": 100, "increment": 5, "cache": 50},
    )
    check(
        named("virtual column"),
        lambda: columns["gross"]["computed"]["sqltext"],
        'ROUND("PRICE"*1.2,2)',
    )
    check(named("column comment"), lambda: columns["gross"]["comment"], "with tax")
    check(
        named("default"),
        lambda: (columns["price"]["default"], columns["added"]["default"]),
        ("0", "SYSTIMESTAMP"),
    )
    check(
        named("nullable"),
        lambda: [n for n, c in columns.items() if not c["nullable"]],
        ["book_id", "title"],
    )
    check(
        named("foreign keys"),
        lambda: {
            key["name"]: (
                key["constrained_columns"], key["referred_schema"], key["referred_table"],
                key["referred_columns"], key["options"],
            )
            for key in see.get_foreign_keys("book", schema)
        },
        {
            "book_shelf_fk": (
                ["branch_id", "shelf_no"], schema, "shelf", ["branch_id", "shelf_no"], {},
            ),
            "book_previous_fk": (["previous"], schema, "book", ["book_id"], {"ondelete": "SET NULL"}),
        },
    )  # fmt: skip
    check(
        named("unique"),
        lambda: by_name(see.get_unique_constraints("book", schema), "column_names"),
        {"book_isbn_uk": (["isbn"],)},
    )
    check(
        named("checks"),
        lambda: by_name(see.get_check_constraints("book", schema), "sqltext"),
        {"book_pages_ck": ("pages > 0",), "book_price_ck": ("price BETWEEN 0 AND 99999",)},
    )
    indexes = by_name(see.get_indexes("book", schema), "column_names", "unique", "expressions")
    check(
        named("indexes"),
        lambda: indexes,
        {
            "book_isbn_uk": (["isbn"], True, None),
            "book_title_ix": ([None], False, ['UPPER("TITLE")']),
            "book_place_ix": (["branch_id", None], False, ["branch_id", '"PRICE"']),
            "book_digest_ix": (["digest"], True, None),
            "book_pages_ix": (["pages"], False, None),
        },
    )
    check(
        named("comment"),
        lambda: see.get_table_comment("branch", schema)["text"],
        "A building with books; it's open to all",
    )
    check(
        named("quoted columns"),
        lambda: [c["name"] for c in see.get_columns("Mixed Case", schema)],
        ["Id", "select", "lower", "upper", "Ünï"],
    )
    check(
        named("quoted check"),
        lambda: see.get_check_constraints("Mixed Case", schema)[0]["sqltext"],
        '"lower" IN (1, 2, 3)',
    )
    check(
        named("view columns"),
        lambda: [c["name"] for c in see.get_columns("book_view", schema)],
        ["id", "title", "branch"],
    )
    check(
        named("has_table"),
        lambda: [see.has_table(t, schema) for t in ("book", "Mixed Case", "book_view", "nosuch")],
        [True, True, True, False],
    )
    check(
        named("has_sequence"),
        lambda: (see.has_sequence("loan_seq", schema), see.has_sequence("x", schema)),
        (True, False),
    )
    for kind in (
        "columns",
        "pk_constraint",
        "foreign_keys",
        "unique_constraints",
        "check_constraints",
        "indexes",
        "table_comment",
        "table_options",
    ):
        many = getattr(see, f"get_multi_{kind}")
        check(
            named(f"get_multi_{kind}"),
            lambda: (
                tables
                <= {
                    name
                    for _, name in many(schema=schema, kind=ObjectKind.ANY, scope=ObjectScope.ANY)
                }
            ),
        )
    metadata = sa.MetaData()
    metadata.reflect(engine, schema=schema, views=True)
    check(named("MetaData.reflect"), lambda: {t.name for t in metadata.tables.values()} >= tables)
    synonym = sa.Table(
        "volume", sa.MetaData(), autoload_with=engine, schema=schema, oracle_resolve_synonyms=True
    )
    check(named("synonym"), lambda: len(synonym.columns), 23)
    if own:
        look_as_owner(see)
    engine.dispose()


def look_as_owner(see: sa.Inspector) -> None:
    """What only the owner sees, or sees without a schema."""
    check("temporary tables", lambda: set(see.get_temp_table_names()), {"basket", "basket_kept"})
    check("views", lambda: set(see.get_view_names()), {"book_view", "Mixed View"})
    check("materialized views", lambda: see.get_materialized_view_names(), ["branch_mv"])
    names = {n for n in see.get_sequence_names() if not n.startswith("iseq$$_")}
    check("sequences", lambda: names, {"loan_seq", "Mixed Seq"})
    check("view definition", lambda: see.get_view_definition("Mixed View").split()[0], "SELECT")
    check("materialized view definition", lambda: "branch" in see.get_view_definition("branch_mv"))
    check(
        "key of branch_mv",
        lambda: see.get_pk_constraint("branch_mv")["constrained_columns"],
        ["branch_id"],
    )
    check("schemas", lambda: {"lib", "guest", "cat"} <= set(see.get_schema_names()))
    reader = {c["name"]: c for c in see.get_columns("reader")}
    check("invisible column", lambda: "secret" in reader, False)
    check("identity always", lambda: reader["reader_id"]["identity"]["always"])
    key = see.get_foreign_keys(sa.quoted_name("lower", quote=True))[0]
    check(
        "quoted reference",
        lambda: (key["referred_table"], key["referred_columns"]),
        ("Mixed Case", ["Id"]),
    )
    check(
        "partitioned index", lambda: [i["name"] for i in see.get_indexes("loan")], ["loan_lent_ix"]
    )
    check(
        "order of creation",
        lambda: [t for t, _ in see.get_sorted_table_and_fkc_names()].index("branch") < 8,
    )


class Base(orm.DeclarativeBase):
    """Of the tables that the round trip makes."""


class Author(Base):
    """A parent with an identity."""

    __tablename__ = "author"
    id: orm.Mapped[int] = orm.mapped_column(sa.Identity(), primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.Unicode(50), unique=True)
    works: orm.Mapped[list[Work]] = orm.relationship(
        back_populates="author", cascade="all, delete-orphan"
    )


class Work(Base):
    """A child with a value of each kind."""

    __tablename__ = "Work Of"
    id: orm.Mapped[int] = orm.mapped_column(sa.Sequence("work_seq"), primary_key=True)
    author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("author.id"))
    title: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    text: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    data: orm.Mapped[bytes | None] = orm.mapped_column(sa.LargeBinary)
    price: orm.Mapped[decimal.Decimal | None] = orm.mapped_column(sa.Numeric(20, 4))
    rate: orm.Mapped[float | None] = orm.mapped_column(sa.Double)
    day: orm.Mapped[datetime.date | None] = orm.mapped_column(sa.Date)
    moment: orm.Mapped[datetime.datetime | None] = orm.mapped_column(sa.TIMESTAMP)
    done: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, default=False)
    length: orm.Mapped[datetime.timedelta | None] = orm.mapped_column(sa.Interval)
    author: orm.Mapped[Author] = orm.relationship(back_populates="works")


VALUES = {
    "title": "Größe 🚢", "text": "é" * 40_000, "data": bytes(range(256)) * 200,
    "price": decimal.Decimal("1234567890123456.7891"), "rate": 0.1, "day": datetime.date(2024, 2, 29),
    "moment": datetime.datetime(2024, 2, 29, 1, 2, 3, 456789), "done": True,
    "length": datetime.timedelta(days=2, seconds=5, microseconds=7),
}  # fmt: skip


def round_trip() -> None:
    """create_all, insert, select, update, delete, drop_all."""
    engine = engine_of("lib")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(Author(name="Ærøskøbing", works=[Work(**VALUES), Work(title="short")]))
        session.commit()
        found = session.scalars(sa.select(Work).where(Work.title == VALUES["title"])).one()
        for name, value in VALUES.items():
            check(f"round trip of {name}", lambda: getattr(found, name), value)
        count = sa.select(sa.func.count()).select_from(Work)
        check(
            "relationship",
            lambda: sorted(w.title for w in found.author.works),
            sorted(["short", VALUES["title"]]),
        )
        check(
            "limit and offset",
            lambda: session.scalars(
                sa.select(Work.title).order_by(Work.title).limit(1).offset(1)
            ).all(),
            ["short"],
        )
        session.execute(
            sa.update(Work).where(Work.title == "short").values(title="long", price=Work.id)
        )
        check(
            "update",
            lambda: session.scalar(sa.select(Work.title).where(Work.price == Work.id)),
            "long",
        )
        session.delete(found.author)
        session.commit()
        check("cascade", lambda: session.scalar(count), 0)
        session.add_all([Author(name=f"a{number}") for number in range(500)])
        session.flush()
        check(
            "many rows", lambda: session.scalar(sa.select(sa.func.count()).select_from(Author)), 500
        )
        session.rollback()
    check(
        "unique", lambda: raises(lambda: twice(engine)).split(":")[0].split(") ")[-1], "ORA-00001"
    )
    Base.metadata.drop_all(engine)
    check("drop_all", lambda: sa.inspect(engine).has_table("author"), False)
    engine.dispose()


def twice(engine: sa.Engine) -> None:
    """The same name two times."""
    with orm.Session(engine) as session:
        session.add_all([Author(name="x"), Author(name="x")])
        session.commit()


look("owner", "lib", None, TABLES)
look("guest", "guest", "lib", {"branch", "book", "shelf", "Mixed Case"})
check("no rights, no tables", lambda: sa.inspect(engine_of("cat")).get_table_names("lib"), [])
round_trip()
print("done")
