"""Index-by tables and array binds, with the real driver."""

from __future__ import annotations

import datetime

import oracledb
import pytest
from orasim.database import Database
from orasim.server import OrasimServer

PACKAGE = """
create package arrays as
  type texts is table of varchar2(20) index by binary_integer;
  type flags is table of boolean index by pls_integer;
  function total(first number, list texts) return number;
  procedure double(list in out nocopy texts);
  procedure fill(n number, list out texts);
  function count_true(list flags) return number;
end;"""
BODY = """
create package body arrays as
  function total(first number, list texts) return number is
    t number := first;
  begin
    for i in 1 .. list.count loop
      t := t + nvl(length(list(i)), 0);
    end loop;
    return t;
  end;
  procedure double(list in out nocopy texts) is
    i binary_integer := list.first;
  begin
    while i is not null loop
      list(i) := list(i) || list(i);
      i := list.next(i);
    end loop;
  end;
  procedure fill(n number, list out texts) is
  begin
    for i in 1 .. n loop
      list(i) := 'item ' || i;
    end loop;
  end;
  function count_true(list flags) return number is
    n pls_integer := 0;
  begin
    for i in 1 .. list.count loop
      if list(i) then n := n + 1; end if;
    end loop;
    return n;
  end;
end;"""


@pytest.fixture(scope="module", params=["19c", "23ai"])
def cursor(request):
    """A cursor where the package is."""
    database = Database(version=request.param)
    database.create_user("SCOTT", "tiger")
    with (
        OrasimServer(database, personality=request.param) as server,
        oracledb.connect(
            user="scott", password="tiger", dsn=f"127.0.0.1:{server.port}/ORASIM"
        ) as session,
        session.cursor() as found,
    ):
        found.execute(PACKAGE)
        found.execute(BODY)
        yield found


def test_arrays_go_in_out_and_through(cursor):
    """IN, IN OUT and OUT arrays, NULL elements among them, with more and with fewer elements."""
    assert cursor.callfunc("arrays.total", int, [5, cursor.arrayvar(str, ["ab", None, "c"])]) == 8
    both = cursor.arrayvar(str, ["x", "yz"], 10)
    cursor.callproc("arrays.double", [both])
    assert both.getvalue() == ["xx", "yzyz"]
    out = cursor.arrayvar(str, 10, 20)
    cursor.callproc("arrays.fill", [4, out])
    assert out.getvalue() == ["item 1", "item 2", "item 3", "item 4"]
    cursor.callproc("arrays.fill", [0, out])
    assert out.getvalue() == []
    with pytest.raises(oracledb.DatabaseError, match="ORA-06513"):
        cursor.callproc("arrays.fill", [11, out])
    with pytest.raises(oracledb.DatabaseError, match="ORA-06502"):
        cursor.callproc("arrays.double", [cursor.arrayvar(str, ["x" * 15], 40)])


def test_tables_of_a_block(cursor):
    """Elements, methods, text indexes, gaps, DELETE."""
    result = cursor.var(str, 200)
    cursor.execute(
        """declare
             type numbers is table of number index by pls_integer;
             type names is table of varchar2(10) index by varchar2(10);
             a numbers; b numbers; n names; k varchar2(10);
           begin
             a(-5) := 1.5; a(7) := 2; a(100) := null;
             b := a;
             a.delete(7);
             n('z') := 'last'; n('a') := 'first';
             k := n.first;
             :r := a.count || ',' || a.first || ',' || a.last || ',' || a.next(-5) || ',' || b(7)
               || ',' || case when a.exists(7) then 'y' else 'n' end || ',' || n(k) || ','
               || n.next(k) || ',' || nvl(to_char(a.prior(-5)), 'none');
             n.delete;
             :r := :r || ',' || n.count;
             k := a(7);
           exception
             when no_data_found then :r := :r || ',gone';
           end;""",
        r=result,
    )
    assert result.getvalue() == "2,-5,100,100,2,n,first,z,none,0,gone"


def test_arrays_of_other_types(cursor):
    """Dates and numbers, as SQL reads them inside a block."""
    dates = cursor.arrayvar(oracledb.DB_TYPE_DATE, 3)
    dates.setvalue(0, [datetime.datetime(2024, 1, 31)])
    out = cursor.var(int)
    cursor.execute(
        """declare
             type dates is table of date index by binary_integer;
             d dates;
             procedure next_day_of(list in out dates, n out number) is
             begin
               list(2) := list(1) + 1;
               select extract(month from list(2)) into n from dual;
             end;
           begin
             next_day_of(:1, :2);
           end;""",
        [dates, out],
    )
    assert [dates.getvalue(), out.getvalue()] == [
        [datetime.datetime(2024, 1, 31), datetime.datetime(2024, 2, 1)],
        2,
    ]


@pytest.mark.parametrize(
    "declaration",
    [
        "type t is table of number; a t;",
        "type t is varray(3) of number; a t;",
        "type r is record (x number); type t is table of r index by pls_integer; a t;",
    ],
)
def test_other_collections_are_refused(cursor, declaration):
    """ORA-03001, before anything of the block has run."""
    with pytest.raises(oracledb.DatabaseError, match="ORA-03001"):
        cursor.execute(f"declare {declaration} begin null; end;")
