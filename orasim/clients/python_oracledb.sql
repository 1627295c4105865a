-- What python-oracledb's tests find when they begin: tables and rows by the names they use.
CREATE TABLE TestTempTable (
  IntCol NUMBER(9) CONSTRAINT TestTempTable_pk PRIMARY KEY,
  StringCol1 VARCHAR2(400), StringCol2 VARCHAR2(400), NumberCol NUMBER(25,2)
);
