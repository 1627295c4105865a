"""The demo's generated rows: the same ones for the same seed, as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEED = 20240229
CUSTOMERS = 5_000
PRODUCTS = 400
ORDERS = 40_000
TRADES = 600_000
BATCH = 100_000

_FIRST = [
    "Anna",
    "Björn",
    "Chloë",
    "Dimitra",
    "Eiji",
    "Fátima",
    "Grace",
    "Håkon",
    "花子",
    "李",
    "Zoë 🚢",
]
_LAST = ["Müller", "Nakamura", "O'Brien", "Papadopoulou", "Silva", "Smith", "d'Arc", "王"]
_COUNTRIES = ["DE", "FR", "GR", "US", "BR", "JP", "AU"]
_VENUES = ["XETR", "XPAR", "XATH", "XNYS", "BVMF", "XTKS", "XASX", "OTC"]
_WORDS = [
    "hedge",
    "roll",
    "spot",
    "block trade",
    'client said "hold"',
    "tab\tinside",
    "Größe",
    "利食い",
    "👍",
]


def _decimals(unscaled: np.ndarray, precision: int, scale: int) -> pa.Array:
    """Integers as decimals with *scale* digits after the point."""
    whole = pa.array(unscaled.astype(np.int64)).cast(pa.decimal128(19, 0))
    step = pa.scalar(Decimal(1).scaleb(-scale), pa.decimal128(scale + 1, scale))
    return pc.multiply(whole, step).cast(pa.decimal128(precision, scale))


def _stamps(start: str, seconds: np.ndarray, micros: np.ndarray | None = None) -> pa.Array:
    """Timestamps in microseconds after *start*."""
    base = int(datetime.fromisoformat(start + "+00:00").timestamp()) * 1_000_000
    values = base + seconds.astype(np.int64) * 1_000_000
    return pa.array(values + (0 if micros is None else micros), pa.timestamp("us"))


def _with_nulls(array: pa.Array, null: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(~null), array, pa.scalar(None, array.type))


def _pick(words: list[str], index: np.ndarray) -> pa.Array:
    return pa.array(words, pa.large_string()).take(pa.array(index))


def customers() -> Iterator[pa.RecordBatch]:
    """5,000 customers with names in many scripts."""
    random = np.random.default_rng(SEED)
    n = CUSTOMERS
    ids = np.arange(1, n + 1)
    first = _pick(_FIRST, random.integers(0, len(_FIRST), n))
    last = _pick(_LAST, random.integers(0, len(_LAST), n))
    yield pa.RecordBatch.from_pydict(
        {
            "CUSTOMER_ID": pa.array(ids),
            "GUID": pa.array([random.bytes(16) for _ in range(n)], pa.large_binary()),
            "NAME": pc.binary_join_element_wise(first, last, pa.scalar(" ", pa.large_string())),
            "EMAIL": pa.array([f"client{i}@example.org" for i in ids], pa.large_string()),
            "COUNTRY": _pick(_COUNTRIES, random.integers(0, len(_COUNTRIES), n)),
            "CREDIT": _decimals(random.integers(0, 10**9, n), 12, 2),
            "RATING": _with_nulls(
                pa.array(random.random(n).astype(np.float32)), random.random(n) < 0.1
            ),
            "SINCE": _stamps("2010-01-01", random.integers(0, 14 * 365 * 86400, n)),
            "LAST_SEEN": _with_nulls(
                _stamps(
                    "2024-01-01",
                    random.integers(0, 86400 * 365, n),
                    random.integers(0, 1000, n) * 1000,
                ),
                random.random(n) < 0.2,
            ),
            "ACTIVE": pa.array(random.integers(0, 2, n)),
        }
    )


def products() -> Iterator[pa.RecordBatch]:
    """400 products; some with long descriptions, empty ones and pictures."""
    random = np.random.default_rng(SEED + 1)
    n = PRODUCTS
    texts: list[str | None] = []
    photos: list[bytes | None] = []
    for i in range(n):
        size = int(random.integers(0, 12_000))
        texts.append(
            None if i % 11 == 0 else "" if i % 13 == 0 else f"Ware №{i} 🚢 " * (size // 12)
        )
        photos.append(None if i % 7 == 0 else b"" if i % 17 == 0 else random.bytes(size))
    yield pa.RecordBatch.from_pydict(
        {
            "PRODUCT_ID": pa.array(np.arange(1, n + 1)),
            "SKU": pa.array([f"SKU-{i:05d}" for i in range(n)], pa.large_string()),
            "TITLE": pa.array(
                [f"Product {i} {_WORDS[i % len(_WORDS)]}" for i in range(n)], pa.large_string()
            ),
            "PRICE": _decimals(random.integers(1, 10**7, n), 10, 2),
            "WEIGHT": _with_nulls(
                _decimals(random.integers(1, 10**9, n), 19, 7), random.random(n) < 0.3
            ),
            "DESCRIPTION": pa.array(texts, pa.large_string()),
            "PHOTO": pa.array(photos, pa.large_binary()),
            "LISTED": _stamps("2015-01-01", random.integers(0, 9 * 365, n) * 86400),
        }
    )


def orders() -> Iterator[pa.RecordBatch]:
    """40,000 orders of the year 2024."""
    random = np.random.default_rng(SEED + 2)
    n = ORDERS
    ordered = random.integers(0, 366 * 86400, n)
    later = ordered + random.integers(3600, 10 * 86400, n)
    notes = _pick(_WORDS, random.integers(0, len(_WORDS), n))
    yield pa.RecordBatch.from_pydict(
        {
            "ORDER_ID": pa.array(np.arange(1, n + 1)),
            "CUSTOMER_ID": pa.array(random.integers(1, CUSTOMERS + 1, n)),
            "ORDERED": _stamps("2024-01-01", ordered, random.integers(0, 10**6, n)),
            "SHIPPED": _with_nulls(
                _stamps("2024-01-01", later, random.integers(0, 10**6, n)), random.random(n) < 0.3
            ),
            "PROMISED": _with_nulls(_stamps("2024-01-01", later), random.random(n) < 0.5),
            "STATUS": _pick(["N", "P", "S", "X"], random.integers(0, 4, n)),
            "TOTAL": _decimals(random.integers(0, 10**9, n), 14, 2),
            "NOTES": _with_nulls(notes, random.random(n) < 0.7),
        }
    )


def order_lines() -> Iterator[pa.RecordBatch]:
    """Two and a half lines an order."""
    random = np.random.default_rng(SEED + 3)
    lines = random.integers(1, 5, ORDERS)
    order_id = np.repeat(np.arange(1, ORDERS + 1), lines)
    n = len(order_id)
    line_no = np.arange(n) - np.repeat(np.cumsum(lines) - lines, lines) + 1
    yield pa.RecordBatch.from_pydict(
        {
            "ORDER_ID": pa.array(order_id),
            "LINE_NO": pa.array(line_no),
            "PRODUCT_ID": pa.array(random.integers(1, PRODUCTS + 1, n)),
            "QUANTITY": pa.array(random.integers(1, 1000, n)),
            "PRICE": _decimals(random.integers(1, 10**7, n), 10, 2),
            "DISCOUNT": _with_nulls(
                _decimals(random.integers(0, 1000, n), 4, 3), random.random(n) < 0.6
            ),
        }
    )


def trades(rows: int = TRADES) -> Iterator[pa.RecordBatch]:
    """The fact table, in batches; ten percent without a memo's opposite, some without a fee."""
    random = np.random.default_rng(SEED + 4)
    for start in range(0, rows, BATCH):
        n = min(BATCH, rows - start)
        seconds = np.sort(random.integers(0, 420 * 86400, n))
        quantity = random.integers(1, 100_000, n)
        price = random.integers(1, 10**8, n)
        yield pa.RecordBatch.from_pydict(
            {
                "TRADE_ID": pa.array(np.arange(start + 1, start + n + 1)),
                "TRADED_ON": _stamps("2024-01-01", seconds // 86400 * 86400),
                "EXECUTED": _stamps("2024-01-01", seconds, random.integers(0, 10**6, n)),
                "PRODUCT_ID": pa.array(random.integers(1, PRODUCTS + 1, n)),
                "CUSTOMER_ID": _with_nulls(
                    pa.array(random.integers(1, CUSTOMERS + 1, n)), random.random(n) < 0.05
                ),
                "SIDE": _pick(["B", "S"], random.integers(0, 2, n)),
                "QUANTITY": pa.array(quantity),
                "PRICE": _decimals(price, 12, 4),
                "AMOUNT": _decimals(quantity * price // 100, 18, 2),
                "FEE": _with_nulls(
                    _decimals(random.integers(0, 10**7, n), 19, 5), random.random(n) < 0.1
                ),
                "RATE": pa.array(random.normal(1.0, 0.1, n)),
                "VENUE": _pick(_VENUES, random.integers(0, len(_VENUES), n)),
                "MEMO": _with_nulls(
                    _pick(_WORDS, random.integers(0, len(_WORDS), n)), random.random(n) < 0.9
                ),
            }
        )


GENERATED = {
    "CUSTOMERS": customers,
    "PRODUCTS": products,
    "ORDERS": orders,
    "ORDER_LINES": order_lines,
    "TRADES": trades,
}
