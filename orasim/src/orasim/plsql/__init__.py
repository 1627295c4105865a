"""PL/SQL, as far as it can be done exactly: blocks and stored code of plain statements.

``parser`` reads a whole block before anything of it runs, so that what is not understood is
refused (ORA-03001) with nothing done. Expressions and SQL go to the SQL engine with the
block's variables in reach; ORA-03001 is never caught by a WHEN OTHERS.
"""

from __future__ import annotations

from orasim.plsql.anonymous import execute

__all__ = ["execute"]
