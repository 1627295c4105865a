"""Options, markers and the header; fixtures live in the fix_*.py files beside this one."""

pytest_plugins = [
    "tests.fix_postgres",
    "tests.fix_rabbitmq",
    "tests.fix_oracle",
    "tests.fix_moving",
    "tests.fix_ollama",
    "tests.fix_browser",
]
