-- What python-oracledb's tests find when they begin: tables and rows, by the names they use and
-- with the values they compute for themselves.
ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS';
ALTER SESSION SET TIME_ZONE = '+00:00';

-- Types
CREATE TYPE udt_SubObject AS OBJECT (SubNumberValue NUMBER, SubStringValue VARCHAR2(60));
/
CREATE TYPE udt_ObjectArray AS VARRAY(10) OF udt_SubObject;
/
CREATE TYPE udt_Object AS OBJECT (
  NumberValue NUMBER, StringValue VARCHAR2(60), FixedCharValue CHAR(10),
  NStringValue NVARCHAR2(60), NFixedCharValue NCHAR(10), RawValue RAW(16), IntValue INTEGER,
  SmallIntValue SMALLINT, RealValue REAL, DoublePrecisionValue DOUBLE PRECISION, FloatValue FLOAT,
  BinaryFloatValue BINARY_FLOAT, BinaryDoubleValue BINARY_DOUBLE, DateValue DATE,
  TimestampValue TIMESTAMP, TimestampTZValue TIMESTAMP WITH TIME ZONE,
  TimestampLTZValue TIMESTAMP WITH LOCAL TIME ZONE, CLOBValue CLOB, NCLOBValue NCLOB,
  BLOBValue BLOB, SubObjectValue udt_SubObject, SubObjectArray udt_ObjectArray
);
/
CREATE TYPE udt_Array AS VARRAY(10) OF NUMBER;
/
CREATE TYPE udt_UnconstrainedTable AS TABLE OF NUMBER;
/
CREATE TYPE udt_Building AS OBJECT (
  BuildingId NUMBER(9), NumFloors NUMBER(3), Description VARCHAR2(60), DateBuilt DATE
);
/
CREATE TYPE udt_Book AS OBJECT (Title VARCHAR2(100), Authors VARCHAR2(100), Price NUMBER(5,2));
/
CREATE TYPE udt_ObjectWithXmlType AS OBJECT (
  NumberValue NUMBER(9), XMLValue SYS.XMLTYPE, StringValue VARCHAR2(60)
);
/
CREATE TYPE udt_XmlTypeArray AS TABLE OF SYS.XMLTYPE;
/
CREATE TYPE udt_TableOfNumber AS TABLE OF NUMBER;
/
CREATE TYPE udt_TableOfTableOfNumber AS TABLE OF udt_TableOfNumber;
/
CREATE TYPE udt_VarrayOfTableOfNumber AS VARRAY(5) OF udt_TableOfNumber;
/
CREATE TYPE udt_VarrayOfNumber AS VARRAY(5) OF NUMBER;
/
CREATE TYPE udt_TableOfVarrayOfNumber AS TABLE OF udt_VarrayOfNumber;
/

-- Tables
CREATE TABLE TestNumbers (
  IntCol NUMBER(9) NOT NULL, LongIntCol NUMBER(16) NOT NULL, NumberCol NUMBER(9,2) NOT NULL,
  FloatCol FLOAT NOT NULL, UnconstrainedCol NUMBER NOT NULL, NullableCol NUMBER(38)
);
CREATE TABLE TestStrings (
  IntCol NUMBER(9) NOT NULL, StringCol VARCHAR2(20) NOT NULL, RawCol RAW(30) NOT NULL,
  FixedCharCol CHAR(40) NOT NULL, NullableCol VARCHAR2(50)
);
CREATE TABLE TestUnicodes (
  IntCol NUMBER(9) NOT NULL, UnicodeCol NVARCHAR2(20) NOT NULL,
  FixedUnicodeCol NCHAR(40) NOT NULL, NullableCol NVARCHAR2(50)
);
CREATE TABLE TestDates (IntCol NUMBER(9) NOT NULL, DateCol DATE NOT NULL, NullableCol DATE);
CREATE TABLE TestCLOBs (
  IntCol NUMBER(9) NOT NULL, CLOBCol CLOB NOT NULL, ExtraNumCol1 NUMBER(9),
  ExtraCLOBCol1 CLOB, ExtraNumCol2 NUMBER(9), ExtraCLOBCol2 CLOB
);
CREATE TABLE TestNCLOBs (
  IntCol NUMBER(9) NOT NULL, NCLOBCol NCLOB NOT NULL, ExtraNumCol1 NUMBER(9),
  ExtraNCLOBCol1 NCLOB, ExtraNumCol2 NUMBER(9), ExtraNCLOBCol2 NCLOB
);
CREATE TABLE TestBLOBs (
  IntCol NUMBER(9) NOT NULL, BLOBCol BLOB NOT NULL, ExtraNumCol1 NUMBER(9),
  ExtraBLOBCol1 BLOB, ExtraNumCol2 NUMBER(9), ExtraBLOBCol2 BLOB
);
CREATE TABLE TestBfiles (IntCol NUMBER(9) NOT NULL, BfileCol BFILE NOT NULL);
CREATE TABLE TestXML (IntCol NUMBER(9) NOT NULL, XMLCol XMLTYPE NOT NULL);
CREATE TABLE TestTempXML (IntCol NUMBER(9) NOT NULL, XMLCol XMLTYPE NOT NULL);
CREATE TABLE TestLongs (IntCol NUMBER(9) NOT NULL, LongCol LONG);
CREATE TABLE TestLongRaws (IntCol NUMBER(9) NOT NULL, LongRawCol LONG RAW);
CREATE TABLE TestTempTable (
  IntCol NUMBER(9) NOT NULL CONSTRAINT TestTempTable_pk PRIMARY KEY,
  StringCol1 VARCHAR2(400), StringCol2 VARCHAR2(400), NumberCol NUMBER(25,2)
);
CREATE TABLE TestArrayDML (
  IntCol NUMBER(9) NOT NULL CONSTRAINT TestArrayDML_pk PRIMARY KEY,
  StringCol VARCHAR2(100), IntCol2 NUMBER(3)
);
CREATE TABLE TestObjects (IntCol NUMBER(9) NOT NULL, ObjectCol udt_Object, ArrayCol udt_Array);
CREATE TABLE TestTimestamps (
  IntCol NUMBER(9) NOT NULL, TimestampCol TIMESTAMP NOT NULL, NullableCol TIMESTAMP,
  TimestampPrecisionCol TIMESTAMP(4)
);
CREATE TABLE TestTimestampLTZs (
  IntCol NUMBER(9) NOT NULL, TimestampLTZCol TIMESTAMP WITH LOCAL TIME ZONE NOT NULL,
  NullableCol TIMESTAMP WITH LOCAL TIME ZONE,
  TimestampLTZPrecisionCol TIMESTAMP(5) WITH LOCAL TIME ZONE
);
CREATE TABLE TestTimestampTZs (
  IntCol NUMBER(9) NOT NULL, TimestampTZCol TIMESTAMP WITH TIME ZONE NOT NULL,
  NullableCol TIMESTAMP WITH TIME ZONE, TimestampTZPrecisionCol TIMESTAMP(7) WITH TIME ZONE
);
CREATE TABLE TestIntervals (
  IntCol NUMBER(9) NOT NULL, IntervalCol INTERVAL DAY TO SECOND NOT NULL,
  NullableCol INTERVAL DAY TO SECOND, IntervalPrecisionCol INTERVAL DAY(7) TO SECOND,
  IntervalPrecisionScaleCol INTERVAL DAY(8) TO SECOND(9)
);
CREATE TABLE TestIntervalYMs (
  IntCol NUMBER(9) NOT NULL, IntervalCol INTERVAL YEAR TO MONTH NOT NULL,
  NullableCol INTERVAL YEAR TO MONTH, IntervalPrecisionCol INTERVAL YEAR(3) TO MONTH
);
CREATE TABLE TestUniversalRowids (
  IntCol NUMBER(9) NOT NULL, StringCol VARCHAR2(250) NOT NULL, DateCol DATE NOT NULL,
  CONSTRAINT TestUniversalRowids_pk PRIMARY KEY (IntCol, StringCol, DateCol)
) ORGANIZATION INDEX;
CREATE TABLE TestBuildings (BuildingId NUMBER(9) NOT NULL, BuildingObj udt_Building NOT NULL);
CREATE TABLE TestRowids (IntCol NUMBER(9) NOT NULL, RowidCol ROWID, URowidCol UROWID);
CREATE TABLE TestJsonCols (
  IntCol NUMBER(9) NOT NULL,
  JsonVarchar VARCHAR2(4000) NOT NULL CONSTRAINT TestJsonCols_ck_1 CHECK (JsonVarchar IS JSON),
  JsonClob CLOB NOT NULL CONSTRAINT TestJsonCols_ck_2 CHECK (JsonClob IS JSON),
  JsonBlob BLOB NOT NULL CONSTRAINT TestJsonCols_ck_3 CHECK (JsonBlob IS JSON)
);
CREATE TABLE TestAllTypes (
  NumberValue NUMBER, StringValue VARCHAR2(60), FixedCharValue CHAR(10),
  NStringValue NVARCHAR2(60), NFixedCharValue NCHAR(10), RawValue RAW(16), IntValue INTEGER,
  SmallIntValue SMALLINT, RealValue REAL, DecimalValue NUMBER(20,6),
  DoublePrecisionValue DOUBLE PRECISION, FloatValue FLOAT, BinaryFloatValue BINARY_FLOAT,
  BinaryDoubleValue BINARY_DOUBLE, DateValue DATE, TimestampValue TIMESTAMP,
  TimestampTZValue TIMESTAMP WITH TIME ZONE, TimestampLTZValue TIMESTAMP WITH LOCAL TIME ZONE,
  IntervalDSValue INTERVAL DAY TO SECOND, IntervalYMValue INTERVAL YEAR TO MONTH,
  CLOBValue CLOB, NCLOBValue NCLOB, BLOBValue BLOB, SubObjectValue udt_SubObject,
  SubObjectArray udt_ObjectArray, InvisibleValue NUMBER INVISIBLE
);
CREATE TABLE PlsqlSessionCallbacks (
  RequestedTag VARCHAR2(250), ActualTag VARCHAR2(250), FixupTimestamp TIMESTAMP
);
CREATE TABLE TestDataframe (
  Id NUMBER(9), FirstName VARCHAR2(100), LastName VARCHAR2(100), City VARCHAR2(100),
  Country VARCHAR2(100), DateOfBirth DATE, Salary NUMBER(9,2), CreditScore NUMBER(3,0),
  LastUpdated TIMESTAMP, DecimalData NUMBER(15,4), IntegerData NUMBER(15),
  LongIntegerData NUMBER(38), UnconstrainedNumberData NUMBER, FloatData BINARY_FLOAT,
  DoubleData BINARY_DOUBLE, RawData RAW(100), LongData CLOB, LongRawData BLOB
);
CREATE TABLE NestedCollectionTests (
  Id NUMBER(9), TableCol udt_TableOfTableOfNumber, VarrayCol udt_VarrayOfTableOfNumber
) NESTED TABLE TableCol STORE AS NestedCollectionTests_nt
  (NESTED TABLE COLUMN_VALUE STORE AS NestedCollectionTests_nti);

-- Rows
INSERT INTO TestNumbers
SELECT LEVEL, POWER(38, LEVEL), LEVEL * 1.25, LEVEL * 1.75, POWER(LEVEL, 3) + LEVEL / 2,
       CASE MOD(LEVEL, 2) WHEN 1 THEN POWER(143, LEVEL) END
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestStrings
SELECT LEVEL, 'String ' || LEVEL, UTL_RAW.CAST_TO_RAW('Raw ' || LEVEL), 'Fixed Char ' || LEVEL,
       CASE MOD(LEVEL, 2) WHEN 1 THEN 'Nullable ' || LEVEL END
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestUnicodes
SELECT LEVEL, 'Unicode ' || UNISTR('\3042') || ' ' || LEVEL, 'Fixed Unicode ' || LEVEL,
       CASE MOD(LEVEL, 2) WHEN 1 THEN 'Nullable ' || LEVEL END
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestDates
SELECT LEVEL, DATE '2002-12-09' + LEVEL * 1.1,
       CASE MOD(LEVEL, 2) WHEN 1 THEN DATE '2002-12-09' + LEVEL * 2.15 END
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestXML
SELECT LEVEL, '<?xml version="1.0"?><records>' || RPAD('A', 1024, 'QWERTZ') || '</records>'
FROM dual CONNECT BY LEVEL <= 100;
-- The fractions are .50, .100, .150 …: the number's digits, not its value.
INSERT INTO TestTimestamps
SELECT LEVEL,
       TIMESTAMP '2002-12-09 00:00:00' + TO_DSINTERVAL(LEVEL || ' 00:00:' || LEVEL * 2 || '.' || LEVEL * 50),
       CASE MOD(LEVEL, 2) WHEN 1 THEN TIMESTAMP '2002-12-09 00:00:00'
         + TO_DSINTERVAL((LEVEL + 1) || ' 00:00:' || LEVEL * 3 || '.' || LEVEL * 125) END,
       TIMESTAMP '2009-12-14 00:00:00'
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestTimestampLTZs
SELECT LEVEL,
       TO_TIMESTAMP_TZ('2022-06-02 ' || CASE MOD(LEVEL, 2) WHEN 0 THEN '-' ELSE '+' END
         || LPAD(LEVEL, 2, '0') || CASE MOD(LEVEL, 4) WHEN 0 THEN ':00' ELSE ':30' END, 'YYYY-MM-DD TZH:TZM')
         + TO_DSINTERVAL(LEVEL || ' 00:00:' || LEVEL * 2 || '.' || LEVEL * 50),
       CASE MOD(LEVEL, 2) WHEN 1 THEN TO_TIMESTAMP_TZ('2022-06-02 +00:00', 'YYYY-MM-DD TZH:TZM')
         + TO_DSINTERVAL((LEVEL + 1) || ' 00:00:' || LEVEL * 3 || '.' || LEVEL * 125) END,
       TO_TIMESTAMP_TZ('2009-12-14 +00:00', 'YYYY-MM-DD TZH:TZM')
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestTimestampTZs
SELECT LEVEL,
       TO_TIMESTAMP_TZ('2022-06-03 ' || CASE MOD(LEVEL, 2) WHEN 0 THEN '-' ELSE '+' END
         || LPAD(LEVEL, 2, '0') || CASE MOD(LEVEL, 4) WHEN 0 THEN ':00' ELSE ':30' END, 'YYYY-MM-DD TZH:TZM')
         + TO_DSINTERVAL(LEVEL || ' 00:00:' || LEVEL * 2 || '.' || LEVEL * 50),
       CASE MOD(LEVEL, 2) WHEN 1 THEN TO_TIMESTAMP_TZ('2022-06-03 +00:00', 'YYYY-MM-DD TZH:TZM')
         + TO_DSINTERVAL((LEVEL + 1) || ' 00:00:' || LEVEL * 3 || '.' || LEVEL * 125) END,
       TO_TIMESTAMP_TZ('2009-12-14 +00:00', 'YYYY-MM-DD TZH:TZM')
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestIntervals
SELECT LEVEL, TO_DSINTERVAL(LEVEL || ' ' || LEVEL || ':' || LEVEL * 2 || ':' || LEVEL * 3),
       CASE MOD(LEVEL, 2) WHEN 1 THEN TO_DSINTERVAL((LEVEL + 5) || ' ' || (LEVEL + 2) || ':'
         || (LEVEL * 2 + 5) || ':' || (LEVEL * 3 + 5)) END,
       INTERVAL '8 05:15:00' DAY TO SECOND, INTERVAL '10 12:15:15' DAY TO SECOND
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestIntervalYMs
SELECT LEVEL, TO_YMINTERVAL((LEVEL - 5) || '-' || LEVEL),
       CASE MOD(LEVEL, 2) WHEN 1 THEN TO_YMINTERVAL((LEVEL + 5) || '-' || (LEVEL + 2)) END,
       INTERVAL '3-8' YEAR TO MONTH
FROM dual CONNECT BY LEVEL <= 10;
INSERT INTO TestObjects VALUES (1,
  udt_Object(1, 'First row', 'First', 'N First Row', 'N First', '52617720446174612031', 2, 5,
    12.125, 0.5, 12.5, 25.25, 50.125, DATE '2007-03-06', TIMESTAMP '2008-09-12 16:40:00',
    TIMESTAMP '2009-10-13 17:50:00 +00:00', TIMESTAMP '2010-11-14 18:55:00 +00:00',
    'Short CLOB value', 'Short NCLOB Value', UTL_RAW.CAST_TO_RAW('Short BLOB value'),
    udt_SubObject(11, 'Sub object 1'),
    udt_ObjectArray(udt_SubObject(5, 'first element'), udt_SubObject(6, 'second element'))),
  udt_Array(5, 10, NULL, 20));
INSERT INTO TestObjects VALUES (2, NULL, udt_Array(3, NULL, 9, 12, 15));
INSERT INTO TestObjects VALUES (3,
  udt_Object(3, 'Third row', 'Third', 'N Third Row', 'N Third', '52617720446174612033', 4, 10,
    6.5, 0.75, 43.25, 86.5, 192.125, DATE '2007-06-21', TIMESTAMP '2007-12-13 07:30:45',
    TIMESTAMP '2017-06-21 23:18:45 +00:00', TIMESTAMP '2017-07-21 08:27:13 +00:00',
    'Another short CLOB value', 'Another short NCLOB Value',
    UTL_RAW.CAST_TO_RAW('Yet another short BLOB value'), udt_SubObject(13, 'Sub object 3'),
    udt_ObjectArray(udt_SubObject(10, 'element #1'), udt_SubObject(20, 'element #2'),
      udt_SubObject(30, 'element #3'), udt_SubObject(40, 'element #4'))), NULL);
INSERT INTO TestJsonCols VALUES (1, '[1, 2, 3]', '[4, 5, 6]', UTL_RAW.CAST_TO_RAW('[7, 8, 9]'));
COMMIT;
