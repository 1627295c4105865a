"""A job's report as files and as a page in a real browser."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import httpx
from selenium.webdriver.common.by import By

from tests.e2e.test_migrate import load_orders, serve

HOSTILE = "<script>document.title = 1</script>"


def test_a_job_is_reported_as_page_and_for_pipelines(ferry, oracle, browser):
    """
    Given a job that set a row aside, when its reports are asked for on the command line and over
    HTTP, then both name the row and its reason, the page opens in a browser that finds no fault
    with it, markup in names stays text, and JUnit has a failure for that table alone.
    """
    load_orders(oracle, 200)
    oracle.run(
        f'CREATE TABLE "{HOSTILE}" (id NUMBER(4), word VARCHAR2(9))',
        f"INSERT INTO \"{HOSTILE}\" VALUES (1, 'a' || CHR(0))",
    )
    ferry.run("migrate", "--table", f"{oracle.schema}.*")
    (job,) = [line["job_id"] for line in ferry.run("jobs", "list", "--json").data]
    page, suites = ferry.folder / "report.html", ferry.folder / "report.xml"

    shown = ferry.run("jobs", "show", job, "--html", str(page), "--junit", str(suites))
    _, url = serve(ferry)
    served = httpx.get(f"{url}/migrations/{job}/report.html", timeout=60)
    junit = httpx.get(f"{url}/migrations/{job}/report.xml", timeout=60)
    browser.get(f"{url}/dashboard#{job}")
    browser.find_element(By.LINK_TEXT, "page").click()

    assert 3 == shown.code, shown.err
    assert page.read_text("utf-8") == served.text
    assert suites.read_text("utf-8") == junit.text
    assert "<td>nul</td>" in served.text
    failed = [case.get("classname") for case in ET.fromstring(junit.text).iter("testcase")
              if case.find("failure") is not None]  # fmt: skip
    assert [f"{oracle.schema}.{HOSTILE}"] == failed
    assert "oraferry: 1 of 2 tables differs" == browser.title
    assert HOSTILE in browser.find_element(By.TAG_NAME, "body").text
    color = browser.find_element(By.CSS_SELECTOR, ".verdict").value_of_css_property("color")
    assert "rgba(207, 34, 46, 1)" == color, "the style is applied"
    assert [] == [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
