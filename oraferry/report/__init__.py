"""A verification, written for a program, a pipeline or a person: JSON, JUnit XML, HTML.

Every form reads ``verify/outcome.py`` only. Names and values in it are anybody's text:
``texts.py`` makes them visible and short, each form escapes them in its own way.
"""

from oraferry.report.html_page import render_html, write_html
from oraferry.report.junit import render_junit, write_junit
from oraferry.report.of_job import report_stored_job
from oraferry.report.texts import hide_repaired, hide_values
from oraferry.report.views import RepairView, VerificationView

__all__ = [
    "RepairView",
    "VerificationView",
    "hide_repaired",
    "hide_values",
    "render_html",
    "render_junit",
    "report_stored_job",
    "write_html",
    "write_junit",
]
