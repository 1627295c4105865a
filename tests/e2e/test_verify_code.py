"""`oraferry verify procedure` as a person runs it."""

VALID = "CREATE VIEW v AS SELECT a AS x FROM needed;\n"


def test_verify_procedure_tells_files_lines_and_ends_with_a_code(
    bare_shell, postgres_dsn, tmp_path
):
    """
    0 for valid code, 3 with place and hint for what is not, 2 and 1 for what cannot be tried.
    """
    (tmp_path / "needed.sql").write_text("CREATE TABLE needed (a int);")
    (tmp_path / "valid.sql").write_text("\ufeff" + VALID, encoding="utf-8")
    (tmp_path / "wrong.sql").write_text(VALID + "CREATE VIEW w AS\n  SELECT sysdate;\nDO 'x';\n")
    target = {"ORAFERRY_TARGET_DSN": postgres_dsn}
    verb = ("verify", "procedure")

    valid = bare_shell.run(*verb, "valid.sql", "--depends-on", "needed.sql", **target)
    wrong = bare_shell.run(*verb, "wrong.sql", "--depends-on", "needed.sql", **target)
    as_json = bare_shell.run(*verb, "wrong.sql", "--json", **target)
    missing = bare_shell.run(*verb, "missing.sql", **target)
    no_target = bare_shell.run(*verb, "valid.sql")

    assert (0, "") == (valid.code, valid.err)
    assert "valid: 0 errors" in valid.out
    assert (3, "") == (wrong.code, wrong.err)
    assert "wrong.sql:3:10: error: [42703]" in wrong.out
    assert "wrong.sql:4:1: error: DO is not carried out here" in wrong.out
    assert "hint: SYSDATE is clock_timestamp()" in wrong.out
    assert 3 == as_json.code
    assert [1, 3, 4] == sorted(error["line"] for error in as_json.data["errors"])
    assert (2, "") == (missing.code, missing.out)
    assert (1, "") == (no_target.code, no_target.out)
    assert "target_dsn" in no_target.err


def test_verify_procedure_reads_stdin(bare_shell, postgres_dsn):
    """
    - is stdin; nothing there is nothing to verify.
    """
    result = bare_shell.run("verify", "procedure", "-", ORAFERRY_TARGET_DSN=postgres_dsn)

    assert (2, "") == (result.code, result.out)
    assert "source_code is empty" in result.err
