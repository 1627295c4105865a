-- What the tests expect of a 23ai database besides; domains and annotations are left out.
CREATE TABLE TestJson (IntCol NUMBER(9) NOT NULL, JsonCol JSON NOT NULL);
CREATE TABLE TestCompressedJson (IntCol NUMBER(9) NOT NULL, JsonCol JSON NOT NULL);
CREATE TABLE TestOsonCols (
  IntCol NUMBER(9) NOT NULL,
  OsonCol BLOB NOT NULL CONSTRAINT TestOsonCols_ck_1 CHECK (OsonCol IS JSON FORMAT OSON)
);
INSERT INTO TestJsonCols VALUES (2, 'null', EMPTY_CLOB(), EMPTY_BLOB());
CREATE TABLE TestVectors (
  IntCol NUMBER(9) NOT NULL, VectorFlexAllCol VECTOR, VectorFlexTypeCol VECTOR(2),
  VectorFlex8Col VECTOR(*, INT8), VectorFlex32Col VECTOR(*, FLOAT32),
  VectorFlex64Col VECTOR(*, FLOAT64), Vector8Col VECTOR(16, INT8),
  Vector32Col VECTOR(16, FLOAT32), Vector64Col VECTOR(16, FLOAT64)
);
CREATE TABLE TestBooleans (
  IntCol NUMBER(9) NOT NULL, BooleanCol1 BOOLEAN NOT NULL, BooleanCol2 BOOLEAN, BooleanCol3 BOOLEAN
);
CREATE TABLE TestBinaryVectors (IntCol NUMBER(9) NOT NULL, VectorBinaryCol VECTOR(64, BINARY));
CREATE TABLE TestSparseVectors (
  IntCol NUMBER(9) NOT NULL, SparseVectorFlexAllCol VECTOR(*, *, SPARSE),
  SparseVectorFlexTypeCol VECTOR(2, *, SPARSE), SparseVectorFlex8Col VECTOR(*, INT8, SPARSE),
  SparseVectorFlex32Col VECTOR(*, FLOAT32, SPARSE), SparseVectorFlex64Col VECTOR(*, FLOAT64, SPARSE),
  SparseVector8Col VECTOR(16, INT8, SPARSE), SparseVector32Col VECTOR(16, FLOAT32, SPARSE),
  SparseVector64Col VECTOR(16, FLOAT64, SPARSE)
);
COMMIT;
