"""Oracle's wire protocol, server side: packets, login, statements, LOBs. No SQL knowledge."""
