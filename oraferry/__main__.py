"""``python -m oraferry`` is the ``oraferry`` command."""

from oraferry.cli.main import main

if __name__ == "__main__":
    main()
