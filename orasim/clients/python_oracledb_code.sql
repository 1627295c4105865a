-- Stored code that python-oracledb's tests call: the names and parameters they use, bodies of our own.
CREATE PROCEDURE proc_Test (
  a_InValue VARCHAR2, a_InOutValue IN OUT NUMBER, a_OutValue OUT NUMBER
) AS
BEGIN
  a_OutValue := LENGTH(a_InValue);
  a_InOutValue := a_InOutValue * a_OutValue;
END;
/
CREATE PROCEDURE proc_Test2 (
  a_InValue VARCHAR2, a_InOutValue IN OUT NUMBER, a_OutValue OUT BOOLEAN
) AS
BEGIN
  a_InOutValue := a_InOutValue * LENGTH(a_InValue);
  a_OutValue := LENGTH(a_InValue) > 1;
END;
/
CREATE PROCEDURE proc_TestNoArgs AS
BEGIN
  NULL;
END;
/
CREATE PROCEDURE myrefcursorproc (a_RefCursor OUT SYS_REFCURSOR) AS
BEGIN
  OPEN a_RefCursor FOR SELECT IntCol, StringCol1, StringCol2, NumberCol FROM TestTempTable;
END;
/
CREATE FUNCTION func_Test (a_String VARCHAR2, a_ExtraAmount NUMBER) RETURN NUMBER AS
BEGIN
  RETURN a_ExtraAmount + LENGTH(a_String);
END;
/
CREATE FUNCTION func_Test2 (
  a_String VARCHAR2, a_ExtraAmount NUMBER, a_Boolean BOOLEAN
) RETURN NUMBER AS
BEGIN
  IF a_Boolean THEN
    RETURN LENGTH(a_String) + a_ExtraAmount;
  ELSE
    RETURN LENGTH(a_String) - a_ExtraAmount;
  END IF;
END;
/
CREATE FUNCTION func_TestNoArgs RETURN NUMBER AS
BEGIN
  RETURN 712;
END;
/
CREATE PACKAGE pkg_TestStringArrays AS
  TYPE udt_StringList IS TABLE OF VARCHAR2(100) INDEX BY BINARY_INTEGER;
  FUNCTION TestInArrays (a_StartingLength NUMBER, a_Array udt_StringList) RETURN NUMBER;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_StringList);
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_StringList);
  PROCEDURE TestIndexBy (a_Array OUT NOCOPY udt_StringList);
END;
/
CREATE PACKAGE BODY pkg_TestStringArrays AS
  FUNCTION TestInArrays (a_StartingLength NUMBER, a_Array udt_StringList) RETURN NUMBER IS
    t_Sum NUMBER := a_StartingLength;
  BEGIN
    FOR i IN 1 .. a_Array.COUNT LOOP
      t_Sum := t_Sum + LENGTH(a_Array(i));
    END LOOP;
    RETURN t_Sum;
  END;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_StringList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := 'Converted element # ' || i || ' originally had length ' || LENGTH(a_Array(i));
    END LOOP;
  END;
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_StringList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := 'Test out element # ' || i;
    END LOOP;
  END;
  PROCEDURE TestIndexBy (a_Array OUT NOCOPY udt_StringList) IS
  BEGIN
    a_Array(8388608) := 'Fourth element';
    a_Array(284) := 'Third element';
    a_Array(-576) := 'Second element';
    a_Array(-1048576) := 'First element';
  END;
END;
/
CREATE PACKAGE pkg_TestUnicodeArrays AS
  TYPE udt_UnicodeList IS TABLE OF NVARCHAR2(100) INDEX BY BINARY_INTEGER;
  FUNCTION TestInArrays (a_StartingLength NUMBER, a_Array udt_UnicodeList) RETURN NUMBER;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_UnicodeList);
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_UnicodeList);
END;
/
CREATE PACKAGE BODY pkg_TestUnicodeArrays AS
  FUNCTION TestInArrays (a_StartingLength NUMBER, a_Array udt_UnicodeList) RETURN NUMBER IS
    t_Sum NUMBER := a_StartingLength;
  BEGIN
    FOR i IN 1 .. a_Array.COUNT LOOP
      t_Sum := t_Sum + LENGTH(a_Array(i));
    END LOOP;
    RETURN t_Sum;
  END;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_UnicodeList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := 'Converted element ' || UNISTR('\3042') || ' # ' || i
        || ' originally had length ' || LENGTH(a_Array(i));
    END LOOP;
  END;
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_UnicodeList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := 'Test out element ' || UNISTR('\3042') || ' # ' || i;
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_TestNumberArrays AS
  TYPE udt_NumberList IS TABLE OF NUMBER INDEX BY BINARY_INTEGER;
  FUNCTION TestInArrays (a_StartingValue NUMBER, a_Array udt_NumberList) RETURN NUMBER;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_NumberList);
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_NumberList);
END;
/
CREATE PACKAGE BODY pkg_TestNumberArrays AS
  FUNCTION TestInArrays (a_StartingValue NUMBER, a_Array udt_NumberList) RETURN NUMBER IS
    t_Sum NUMBER := a_StartingValue;
  BEGIN
    FOR i IN 1 .. a_Array.COUNT LOOP
      t_Sum := t_Sum + a_Array(i);
    END LOOP;
    RETURN t_Sum;
  END;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_NumberList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := 10 * a_Array(i);
    END LOOP;
  END;
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_NumberList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := 100 * i;
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_TestDateArrays AS
  TYPE udt_DateList IS TABLE OF DATE INDEX BY BINARY_INTEGER;
  FUNCTION TestInArrays (
    a_StartingValue NUMBER, a_BaseDate DATE, a_Array udt_DateList
  ) RETURN NUMBER;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_DateList);
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_DateList);
END;
/
CREATE PACKAGE BODY pkg_TestDateArrays AS
  FUNCTION TestInArrays (
    a_StartingValue NUMBER, a_BaseDate DATE, a_Array udt_DateList
  ) RETURN NUMBER IS
    t_Sum NUMBER := a_StartingValue;
  BEGIN
    FOR i IN 1 .. a_Array.COUNT LOOP
      t_Sum := t_Sum + (a_Array(i) - a_BaseDate);
    END LOOP;
    RETURN t_Sum;
  END;
  PROCEDURE TestInOutArrays (a_NumElems NUMBER, a_Array IN OUT NOCOPY udt_DateList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := a_Array(i) + 7;
    END LOOP;
  END;
  PROCEDURE TestOutArrays (a_NumElems NUMBER, a_Array OUT NOCOPY udt_DateList) IS
  BEGIN
    FOR i IN 1 .. a_NumElems LOOP
      a_Array(i) := DATE '2002-12-12' + 1.2 * i;
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_TestRefCursors AS
  PROCEDURE TestOutCursor (a_MaxIntValue NUMBER, a_Cursor OUT SYS_REFCURSOR);
  FUNCTION TestInCursor (a_Cursor SYS_REFCURSOR) RETURN VARCHAR2;
  FUNCTION TestReturnCursor (a_MaxIntValue NUMBER) RETURN SYS_REFCURSOR;
  PROCEDURE TestLobCursor (a_Value VARCHAR2, a_Cursor OUT SYS_REFCURSOR);
  PROCEDURE TestCloseCursor (a_Cursor SYS_REFCURSOR);
END;
/
CREATE PACKAGE BODY pkg_TestRefCursors AS
  PROCEDURE TestOutCursor (a_MaxIntValue NUMBER, a_Cursor OUT SYS_REFCURSOR) IS
  BEGIN
    OPEN a_Cursor FOR
      SELECT IntCol, StringCol FROM TestStrings WHERE IntCol <= a_MaxIntValue ORDER BY 1;
  END;
  FUNCTION TestInCursor (a_Cursor SYS_REFCURSOR) RETURN VARCHAR2 IS
    t_Found VARCHAR2(100);
  BEGIN
    FETCH a_Cursor INTO t_Found;
    RETURN t_Found || ' (Modified)';
  END;
  FUNCTION TestReturnCursor (a_MaxIntValue NUMBER) RETURN SYS_REFCURSOR IS
    t_Cursor SYS_REFCURSOR;
  BEGIN
    TestOutCursor(a_MaxIntValue, t_Cursor);
    RETURN t_Cursor;
  END;
  PROCEDURE TestLobCursor (a_Value VARCHAR2, a_Cursor OUT SYS_REFCURSOR) IS
  BEGIN
    OPEN a_Cursor FOR SELECT TO_CLOB(a_Value) FROM dual;
  END;
  PROCEDURE TestCloseCursor (a_Cursor SYS_REFCURSOR) IS
    t_Number NUMBER;
    t_Text VARCHAR2(400);
  BEGIN
    DELETE FROM TestTempTable;
    FETCH a_Cursor INTO t_Number, t_Text;
    IF a_Cursor%FOUND THEN
      INSERT INTO TestTempTable (IntCol, StringCol1) VALUES (t_Number, t_Text);
    END IF;
    CLOSE a_Cursor;
    COMMIT;
  END;
END;
/
CREATE PACKAGE pkg_TestBooleans AS
  TYPE udt_BooleanList IS TABLE OF BOOLEAN INDEX BY BINARY_INTEGER;
  FUNCTION EchoValue (a_Value BOOLEAN) RETURN BOOLEAN;
  PROCEDURE EchoValueOut (a_Value BOOLEAN, a_ValueOut OUT BOOLEAN);
  FUNCTION GetStringRep (a_Value BOOLEAN) RETURN VARCHAR2;
  FUNCTION IsLessThan10 (a_Value NUMBER) RETURN BOOLEAN;
  FUNCTION TestInArrays (a_Value udt_BooleanList) RETURN NUMBER;
  FUNCTION TestOutValueNull RETURN BOOLEAN;
  PROCEDURE TestOutArrays (a_NumElements NUMBER, a_Value OUT NOCOPY udt_BooleanList);
END;
/
CREATE PACKAGE BODY pkg_TestBooleans AS
  FUNCTION EchoValue (a_Value BOOLEAN) RETURN BOOLEAN IS
  BEGIN
    RETURN a_Value;
  END;
  PROCEDURE EchoValueOut (a_Value BOOLEAN, a_ValueOut OUT BOOLEAN) IS
  BEGIN
    a_ValueOut := a_Value;
  END;
  FUNCTION GetStringRep (a_Value BOOLEAN) RETURN VARCHAR2 IS
  BEGIN
    RETURN CASE WHEN a_Value IS NULL THEN 'NULL' WHEN a_Value THEN 'TRUE' ELSE 'FALSE' END;
  END;
  FUNCTION IsLessThan10 (a_Value NUMBER) RETURN BOOLEAN IS
  BEGIN
    RETURN a_Value < 10;
  END;
  FUNCTION TestInArrays (a_Value udt_BooleanList) RETURN NUMBER IS
    t_Count PLS_INTEGER := 0;
  BEGIN
    FOR i IN 1 .. a_Value.COUNT LOOP
      IF a_Value(i) THEN
        t_Count := t_Count + 1;
      END IF;
    END LOOP;
    RETURN t_Count;
  END;
  FUNCTION TestOutValueNull RETURN BOOLEAN IS
  BEGIN
    RETURN NULL;
  END;
  PROCEDURE TestOutArrays (a_NumElements NUMBER, a_Value OUT NOCOPY udt_BooleanList) IS
  BEGIN
    FOR i IN 1 .. a_NumElements LOOP
      a_Value(i) := MOD(i, 2) = 1;
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_TestBindObject AS
  FUNCTION GetStringRep (a_Object udt_Object) RETURN VARCHAR2;
  PROCEDURE BindObjectOut (
    a_NumberValue NUMBER, a_StringValue VARCHAR2, a_Object OUT NOCOPY udt_Object
  );
END;
/
CREATE PACKAGE BODY pkg_TestBindObject AS
  FUNCTION Quoted (a_Text VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN CASE WHEN a_Text IS NULL THEN 'null' ELSE '''' || a_Text || '''' END;
  END;
  FUNCTION SubRep (a_Object udt_SubObject) RETURN VARCHAR2 IS
  BEGIN
    IF a_Object IS NULL THEN
      RETURN 'null';
    END IF;
    RETURN 'udt_SubObject(' || NVL(TO_CHAR(a_Object.SubNumberValue), 'null') || ', '
      || Quoted(a_Object.SubStringValue) || ')';
  END;
  FUNCTION ArrayRep (a_Array udt_ObjectArray) RETURN VARCHAR2 IS
    t_Text VARCHAR2(4000);
  BEGIN
    IF a_Array IS NULL THEN
      RETURN 'null';
    END IF;
    FOR i IN 1 .. a_Array.COUNT LOOP
      t_Text := t_Text || CASE WHEN i > 1 THEN ', ' END || SubRep(a_Array(i));
    END LOOP;
    RETURN 'udt_ObjectArray(' || t_Text || ')';
  END;
  FUNCTION GetStringRep (a_Object udt_Object) RETURN VARCHAR2 IS
  BEGIN
    IF a_Object IS NULL THEN
      RETURN 'null';
    END IF;
    RETURN 'udt_Object(' || NVL(TO_CHAR(a_Object.NumberValue), 'null')
      || ', ' || Quoted(a_Object.StringValue) || ', ' || Quoted(a_Object.FixedCharValue)
      || ', ' || CASE WHEN a_Object.DateValue IS NULL THEN 'null' ELSE 'to_date('''
        || TO_CHAR(a_Object.DateValue, 'YYYY-MM-DD') || ''', ''YYYY-MM-DD'')' END
      || ', ' || CASE WHEN a_Object.TimestampValue IS NULL THEN 'null' ELSE 'to_timestamp('''
        || TO_CHAR(a_Object.TimestampValue, 'YYYY-MM-DD HH24:MI:SS')
        || ''', ''YYYY-MM-DD HH24:MI:SS'')' END
      || ', ' || SubRep(a_Object.SubObjectValue) || ', ' || ArrayRep(a_Object.SubObjectArray) || ')';
  END;
  PROCEDURE BindObjectOut (
    a_NumberValue NUMBER, a_StringValue VARCHAR2, a_Object OUT NOCOPY udt_Object
  ) IS
  BEGIN
    a_Object := udt_Object(a_NumberValue, a_StringValue, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  END;
END;
/
CREATE PACKAGE pkg_TestRecords AS
  TYPE udt_Record IS RECORD (
    NumberValue NUMBER, StringValue VARCHAR2(30), DateValue DATE, TimestampValue TIMESTAMP,
    BooleanValue BOOLEAN, PlsIntegerValue PLS_INTEGER, BinaryIntegerValue BINARY_INTEGER
  );
  TYPE udt_RecordArray IS TABLE OF udt_Record INDEX BY BINARY_INTEGER;
  FUNCTION GetStringRep (a_Value udt_Record) RETURN VARCHAR2;
  PROCEDURE TestOut (a_Value OUT NOCOPY udt_Record);
  FUNCTION TestInArrays (a_Value udt_RecordArray) RETURN VARCHAR2;
  PROCEDURE TestInOutArrays (
    a_NumberValue NUMBER, a_StringValue VARCHAR2, a_Array IN OUT NOCOPY udt_RecordArray
  );
END;
/
CREATE PACKAGE BODY pkg_TestRecords AS
  FUNCTION GetStringRep (a_Value udt_Record) RETURN VARCHAR2 IS
  BEGIN
    RETURN 'udt_Record(' || NVL(TO_CHAR(a_Value.NumberValue), 'null')
      || ', ' || CASE WHEN a_Value.StringValue IS NULL THEN 'null'
        ELSE '''' || a_Value.StringValue || '''' END
      || ', ' || CASE WHEN a_Value.DateValue IS NULL THEN 'null' ELSE 'to_date('''
        || TO_CHAR(a_Value.DateValue, 'YYYY-MM-DD') || ''', ''YYYY-MM-DD'')' END
      || ', ' || CASE WHEN a_Value.TimestampValue IS NULL THEN 'null' ELSE 'to_timestamp('''
        || TO_CHAR(a_Value.TimestampValue, 'YYYY-MM-DD HH24:MI:SS')
        || ''', ''YYYY-MM-DD HH24:MI:SS'')' END
      || ', ' || CASE WHEN a_Value.BooleanValue IS NULL THEN 'null'
        WHEN a_Value.BooleanValue THEN 'true' ELSE 'false' END
      || ', ' || NVL(TO_CHAR(a_Value.PlsIntegerValue), 'null')
      || ', ' || NVL(TO_CHAR(a_Value.BinaryIntegerValue), 'null') || ')';
  END;
  PROCEDURE TestOut (a_Value OUT NOCOPY udt_Record) IS
  BEGIN
    a_Value.NumberValue := 25;
    a_Value.StringValue := 'String in record';
    a_Value.DateValue := DATE '2016-02-16';
    a_Value.TimestampValue := TIMESTAMP '2016-02-16 18:23:55';
    a_Value.BooleanValue := TRUE;
    a_Value.PlsIntegerValue := 45;
    a_Value.BinaryIntegerValue := 10;
  END;
  FUNCTION TestInArrays (a_Value udt_RecordArray) RETURN VARCHAR2 IS
    t_Text VARCHAR2(4000);
  BEGIN
    FOR i IN 0 .. a_Value.COUNT - 1 LOOP
      t_Text := t_Text || CASE WHEN i > 0 THEN '; ' END || GetStringRep(a_Value(i));
    END LOOP;
    RETURN t_Text;
  END;
  PROCEDURE TestInOutArrays (
    a_NumberValue NUMBER, a_StringValue VARCHAR2, a_Array IN OUT NOCOPY udt_RecordArray
  ) IS
    t_Place BINARY_INTEGER := NVL(a_Array.LAST + 1, 0);
  BEGIN
    a_Array(t_Place).NumberValue := a_NumberValue;
    a_Array(t_Place).StringValue := a_StringValue;
  END;
END;
/
CREATE PACKAGE pkg_TestNestedRecords AS
  TYPE udt_Inner IS RECORD (Attr1 NUMBER, Attr2 NUMBER);
  TYPE udt_Outer IS RECORD (Inner1 udt_Inner, Inner2 udt_Inner);
  FUNCTION GetOuter (a_Value1 NUMBER, a_Value2 NUMBER) RETURN udt_Outer;
END;
/
CREATE PACKAGE BODY pkg_TestNestedRecords AS
  FUNCTION GetOuter (a_Value1 NUMBER, a_Value2 NUMBER) RETURN udt_Outer IS
    t_Result udt_Outer;
  BEGIN
    t_Result.Inner1.Attr2 := a_Value1;
    t_Result.Inner2.Attr2 := a_Value2;
    RETURN t_Result;
  END;
END;
/
CREATE PACKAGE pkg_NestedTable AS
  FUNCTION GetTableOfNumber RETURN udt_TableOfNumber;
  FUNCTION GetTableOfVarrayOfNumber RETURN udt_TableOfVarrayOfNumber;
  FUNCTION GetVarrayOfNumber RETURN udt_VarrayOfNumber;
END;
/
CREATE PACKAGE BODY pkg_NestedTable AS
  FUNCTION GetTableOfNumber RETURN udt_TableOfNumber IS
  BEGIN
    RETURN udt_TableOfNumber(15, 25, 35, 45);
  END;
  FUNCTION GetTableOfVarrayOfNumber RETURN udt_TableOfVarrayOfNumber IS
  BEGIN
    RETURN udt_TableOfVarrayOfNumber(udt_VarrayOfNumber(10, 20), udt_VarrayOfNumber(30, 40));
  END;
  FUNCTION GetVarrayOfNumber RETURN udt_VarrayOfNumber IS
  BEGIN
    RETURN udt_VarrayOfNumber(10, 20, 30);
  END;
END;
/
CREATE PACKAGE pkg_TestLOBs AS
  PROCEDURE GetSize (a_BLOB BLOB, a_Size OUT NUMBER);
  PROCEDURE GetSize (a_CLOB CLOB, a_Size OUT NUMBER);
  PROCEDURE TestInOut (a_CLOB IN OUT CLOB, a_SearchValue VARCHAR2, a_ReplaceValue VARCHAR2);
  FUNCTION GetLOB (a_Num NUMBER, a_Format VARCHAR2) RETURN CLOB;
END;
/
CREATE PACKAGE BODY pkg_TestLOBs AS
  PROCEDURE GetSize (a_BLOB BLOB, a_Size OUT NUMBER) IS
  BEGIN
    a_Size := DBMS_LOB.GETLENGTH(a_BLOB);
  END;
  PROCEDURE GetSize (a_CLOB CLOB, a_Size OUT NUMBER) IS
  BEGIN
    a_Size := DBMS_LOB.GETLENGTH(a_CLOB);
  END;
  PROCEDURE TestInOut (a_CLOB IN OUT CLOB, a_SearchValue VARCHAR2, a_ReplaceValue VARCHAR2) IS
  BEGIN
    IF a_SearchValue IS NOT NULL THEN
      a_CLOB := REPLACE(a_CLOB, a_SearchValue, a_ReplaceValue);
    END IF;
  END;
  FUNCTION GetLOB (a_Num NUMBER, a_Format VARCHAR2) RETURN CLOB IS
  BEGIN
    RETURN TO_CLOB(REPLACE(a_Format, '{}', TO_CHAR(a_Num)));
  END;
END;
/
