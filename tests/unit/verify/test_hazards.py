"""An old plpgsql_check is not shown what would end its server."""

import pytest

from oraferry.postgres.hazards import may_end_server

# Each observed with plpgsql_check 2.3 on PostgreSQL 15: the first ones end the server.
ENDS = [
    "''",
    "'--x'",
    "'   '",
    "'/* */'",
    "';'",
    "'' || ''",
    "format('')",
    "format('%s', '')",
    "pg_catalog.format('')",
    "coalesce(NULL, '')",
    "trim('  ')",
    "('' )",
    "E'\\n'",
    "$$ $$",
    "$x$--$x$",
    "'' INTO x",
    "NULL",
    "/* /* */ 'a' */ ''",
    "case when true then '' end",
]
DOES_NOT = [
    "'SELECT 1'",
    "v",
    "v || ''",
    "r.text USING 1",
    "('INSERT INTO t ' || v)",
    "format('SELECT %s', v)",
    "$q$SELECT 1$q$",
    "E'SELECT\\n1'",
    "todo INTO x",
]


@pytest.mark.parametrize("text", ENDS)
def test_a_constant_without_a_statement_is_a_hazard(text):
    """
    Also beside an EXECUTE that is none, in any case and place.
    """
    assert may_end_server(f"BEGIN EXECUTE 'SELECT 1'; execute\n {text}; END")


@pytest.mark.parametrize("text", DOES_NOT)
def test_texts_with_statements_and_variables_are_none(text):
    """
    They are looked at by every version.
    """
    assert not may_end_server(f"BEGIN EXECUTE {text}; FOR r IN EXECUTE v LOOP NULL; END LOOP; END")


def test_an_execute_in_a_comment_or_a_text_is_none():
    """
    Only the keyword counts.
    """
    assert may_end_server("BEGIN x := '\\'; EXECUTE ''; y := '\\'; END")
    body = "BEGIN -- EXECUTE ''\n /* EXECUTE '' */ x := 'EXECUTE '''''; y := $$EXECUTE ''$$; END"
    assert not may_end_server(body)
