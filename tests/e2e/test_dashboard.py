"""The live page in a real browser."""

from __future__ import annotations

import httpx
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.test_migrate import load_orders, serve

HOSTILE = "<b onload=x>&amp;"
READ = r"""return [...document.querySelectorAll(arguments[0])].map(found =>
  found.checkVisibility() ? found.innerText.trim().replace(/\n+/g, "\n") : "")"""


def _texts(browser, selector):
    """What is seen in them, read at once: the page may redraw itself between two commands."""
    return browser.execute_script(READ, selector)


def _until(browser, see):
    gone = [StaleElementReferenceException]  # redrawn between being found and being used
    waiting = WebDriverWait(browser, 60, poll_frequency=0.1, ignored_exceptions=gone)
    return waiting.until(lambda _: see())


KEEP = """window.kept = [...document.querySelectorAll("#job tbody tr")]
  .filter(row => row.innerText.includes("PART_00"));
getSelection().selectAllChildren(kept[3].querySelector("td"));
const input = document.querySelector("#job .filter input");  // a click into it would deselect
input.value = "part_00";
input.dispatchEvent(new Event("input"))"""
FITS = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
STAYED = """const rows = [...document.querySelectorAll("#job tbody tr")];
return [rows.length === kept.length && rows.every(row => kept.includes(row)),
  String(getSelection()).trim()]"""


def _click(browser, text):
    """Click the link as soon as it is there."""
    found = browser.find_elements(By.LINK_TEXT, text)
    for link in found[:1]:
        link.click()
    return found


def test_the_page_follows_a_job_to_its_end(ferry, oracle, browser):
    """
    Given a submitted job, when a person opens the page and follows the job's link, then they see
    it wait, and without touching the page again its tables, events and verdict as a worker
    carries it out; names with markup stand there as text, and the page reports no error. A job
    that is not there is told, with what to do.
    """
    load_orders(oracle, 2_000)
    oracle.run(f'CREATE TABLE "{HOSTILE}" (id NUMBER(4))')
    _, url = serve(ferry)
    body = {"tables": [f"{oracle.schema}.*"], "ai": "off"}
    job = httpx.post(f"{url}/migrations", json=body, timeout=60).json()["job_id"]

    browser.get(url)
    _until(browser, lambda: _click(browser, job))
    _until(browser, lambda: _texts(browser, "#job .state") == ["SUBMITTED"])
    ferry.start("worker")
    _until(browser, lambda: _texts(browser, "#job .state") == ["COMPLETED, verified: yes"])

    rows = [line.split(" → ")[0] for line in _texts(browser, "#job tbody td:first-child")]
    assert [f"{oracle.schema}.{HOSTILE}", f"{oracle.schema}.ORDERS"] == rows
    assert ["0 / 0", "2,000 / 2,000"] == _texts(browser, "#job tbody td:nth-child(3)")
    assert ["yes", "yes"] == _texts(browser, "#job tbody td:last-child")
    assert any(
        text.endswith(f"{oracle.schema}.ORDERS: verified")
        for text in _texts(browser, "#job .events li")
    )
    (summary,) = _texts(browser, "#job .summary")
    assert summary.startswith("2 of 2 tables done · 2,000 of 2,000 rows · ")
    assert [""] == _texts(browser, "#job .problem")
    assert [] == [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]

    browser.get(f"{url}/dashboard#nonsense")
    (problem,) = _until(browser, lambda: [t for t in _texts(browser, "#job .problem") if t])
    assert "there is no job nonsense\nWhat to do: `oraferry jobs list` shows all jobs" == problem
    assert [""] == _texts(browser, "#job .reports")


def test_a_failed_job_of_many_tables_can_be_read(ferry, oracle, browser):
    """
    Given 203 tables of which one cannot be loaded, then the page says why the job failed and what
    to do, has that table first, and fits a telephone; looking for a name draws no row again, so that
    what was selected stays selected.
    """
    oracle.run(
        *(f"CREATE TABLE part_{n:03} (id NUMBER(4), word VARCHAR2(9))" for n in range(203)),
        "INSERT INTO part_150 VALUES (1, 'a' || CHR(0))",
    )
    _, url = serve(ferry)
    body = {"tables": [f"{oracle.schema}.*"], "ai": "off", "max_bad_rows": 0}
    job = httpx.post(f"{url}/migrations", json=body, timeout=60).json()["job_id"]
    ferry.start("worker")

    browser.get(f"{url}/dashboard#{job}")
    _until(browser, lambda: _texts(browser, "#job .state") == ["FAILED"])

    (problem,) = _texts(browser, "#job .problem")
    assert "PART_150" in problem and "What to do: " in problem
    names = _texts(browser, "#job tbody td:first-child")
    assert 200 == len(names) and names[0].startswith(f"{oracle.schema}.PART_150 → ")
    assert ["200 of 203 are shown"] == _texts(browser, "#job .filter span")
    browser.execute_script(KEEP)
    _until(browser, lambda: len(_texts(browser, "#job tbody tr")) == 10)
    stayed, selected = browser.execute_script(STAYED)
    assert stayed and selected.startswith(f"{oracle.schema}.PART_00")
    browser.set_window_size(400, 800)
    assert browser.execute_script(FITS)
    browser.get(f"{url}/dashboard")
    _until(browser, lambda: _texts(browser, "#jobs td a") == [job])
    assert browser.execute_script(FITS)
