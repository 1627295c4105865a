// node-oracledb in thin mode: connections, pools, types, binds, arrays, LOBs, cursors, errors.
// Prints a line per check, as checking.py does. Arguments: connect string, version.

'use strict';

const oracledb = require('oracledb');
const { isDeepStrictEqual, inspect } = require('util');

const [connectString, version] = process.argv.slice(2);
const USER = { user: 'lib', password: 'tiger', connectString };

async function check(name, run, expected = true) {
  try {
    const found = await run();
    if (isDeepStrictEqual(found, expected)) console.log(`ok ${name}`);
    else console.log(`not ok ${name}: ${inspect(found)} where ${inspect(expected)} was expected`);
    return found;
  } catch (error) {
    console.log(`not ok ${name}: ${String(error.message).split('\n').join(' | ')}`);
    return undefined;
  }
}

async function errorOf(run) {
  try {
    await run();
  } catch (error) {
    return error.code || error.message;
  }
  return 'no error';
}

async function read(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function logins() {
  await check('wrong password', () => errorOf(() => oracledb.getConnection({ ...USER, password: 'x' })), 'ORA-01017');
  const wrong = connectString.replace(/\/.*/, '/NOSUCH');
  await check('unknown service', () => errorOf(() => oracledb.getConnection({ ...USER, connectString: wrong })), 'NJS-518');
  const connection = await oracledb.getConnection(USER);
  await check('thin', () => connection.thin);
  const major = { '12.1': '12', '19c': '19', '23ai': '23' }[version];
  await check('server version', () => connection.oracleServerVersionString.split('.')[0], major);
  await check('ping', () => connection.ping().then(() => 'answered'), 'answered');
  connection.module = 'shelves';
  connection.clientId = 'reader 7';
  const context = "SELECT SYS_CONTEXT('USERENV', 'MODULE') || '/' || SYS_CONTEXT('USERENV', 'CLIENT_IDENTIFIER') FROM dual";
  await check('end to end', async () => (await connection.execute(context)).rows, [['shelves/reader 7']]);
  connection.currentSchema = 'GUEST';
  await check('current schema', async () => (await connection.execute("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM dual")).rows, [['GUEST']]);
  await connection.close();
  await check('closed', () => errorOf(() => connection.execute('SELECT 1 FROM dual')), 'NJS-003');
}

async function queries(connection) {
  const ask = async (sql, binds = [], options = {}) => (await connection.execute(sql, binds, options)).rows;
  await check('rows', () => ask('SELECT branch_id, code, name, town FROM branch ORDER BY 1'), [
    [1, 'MAIN', 'Main library', 'Köln'], [2, 'SIDE', 'unnamed', null]]);
  await check('objects', () => ask('SELECT code FROM branch WHERE branch_id = :id', { id: 2 }, { outFormat: oracledb.OUT_FORMAT_OBJECT })
    .then((rows) => rows.map((row) => row.CODE)), ['SIDE']);
  const data = await connection.execute('SELECT book_id, isbn, price, digest, added, cover FROM book WHERE 1 = 0');
  await check('metadata', () => data.metaData.map((c) => [c.name, c.dbTypeName, c.nullable]), [
    ['BOOK_ID', 'NUMBER', false], ['ISBN', 'VARCHAR2', true], ['PRICE', 'NUMBER', true],
    ['DIGEST', 'RAW', true], ['ADDED', 'TIMESTAMP', true], ['COVER', 'BLOB', true]]);
  await check('precision', () => [data.metaData[2].precision, data.metaData[2].scale], [8, 2]);
  const row = (await ask('SELECT weight, rating, score, gross, digest, lent_for, kept_for, origin FROM book WHERE book_id = 100'))[0];
  await check('numbers', () => row.slice(0, 4), [0.5, 1.25, 3.5, 15]);
  await check('raw', () => row[4], Buffer.from([0, 255, 16]));
  await check('intervals', () => [row[5].days, row[5].hours, row[5].fseconds, row[6].years, row[6].months], [3, 4, 780000000, 2, 3]);
  await check('null rowid', () => row[7], null);
  const moments = (await ask('SELECT added, sold FROM book WHERE book_id = 100'))[0];
  await check('timestamp', () => moments[0].getMilliseconds(), 789);
  await check('time zone', () => moments[1].toISOString(), '2024-02-29T19:32:03.123Z');
  const asText = { fetchTypeHandler: () => ({ type: oracledb.STRING }) };
  await check('numbers as text', () => ask('SELECT 12345678901234567890123456789012345678 FROM dual', [], asText), [['12345678901234567890123456789012345678']]);
  await check('rowid', async () => {
    const [[id]] = await ask('SELECT rowid FROM branch WHERE branch_id = 1');
    return ask('SELECT code FROM branch WHERE rowid = :id', [id]);
  }, [['MAIN']]);
  await check('max rows', () => ask('SELECT level FROM dual CONNECT BY level <= 50', [], { maxRows: 7 }).then((r) => r.length), 7);
  const result = (await connection.execute('SELECT level FROM dual CONNECT BY level <= 250', [], { resultSet: true, fetchArraySize: 40 })).resultSet;
  await check('result set', async () => [(await result.getRow())[0], (await result.getRows(100)).length, (await result.getRows()).length], [1, 100, 149]);
  await result.close();
  await check('stream', async () => {
    let count = 0;
    for await (const _ of connection.queryStream('SELECT level FROM dual CONNECT BY level <= 333')) count += 1;
    return count;
  }, 333);
  await check('nested cursor', async () => {
    const [[set]] = await ask('SELECT CURSOR(SELECT shelf_no FROM shelf ORDER BY 1) FROM dual');
    return Array.isArray(set) ? set : set.getRows();
  }, [[1], [2]]);
  await check('unicode bind', () => ask('SELECT :a || :b FROM dual', ['Größe ', '🚢']), [['Größe 🚢']]);
  await check('date bind', () => ask("SELECT TO_CHAR(:d, 'YYYY-MM-DD HH24:MI:SS.FF3') FROM dual", [new Date(2024, 1, 29, 1, 2, 3, 4)]), [['2024-02-29 01:02:03.004']]);
  await check('long bind', () => ask('SELECT LENGTH(:t) FROM dual', ['x'.repeat(4000)]), [[4000]]);
  await check('same statement again', async () => {
    const found = [];
    for (let id = 1; id < 4; id += 1) found.push((await ask('SELECT COUNT(*) FROM branch WHERE branch_id < :id', [id]))[0][0]);
    return found;
  }, [0, 1, 2]);
  await check('unknown table', () => errorOf(() => ask('SELECT * FROM nosuch')), 'ORA-00942');
  await check('unknown column', () => errorOf(() => ask('SELECT nosuch FROM branch')), 'ORA-00904');
  await check('missing bind', () => errorOf(() => ask('SELECT :a FROM dual')), 'NJS-098');
  await check('statement info', async () => {
    const info = await connection.getStatementInfo('SELECT code FROM branch WHERE branch_id = :id');
    return [info.statementType, info.bindNames, info.metaData[0].name];
  }, [oracledb.STMT_TYPE_SELECT, ['ID'], 'CODE']);
}

async function changes(connection) {
  const ask = async (sql, binds = []) => (await connection.execute(sql, binds)).rows;
  await connection.execute('CREATE TABLE js (id NUMBER PRIMARY KEY, t VARCHAR2(20), d TIMESTAMP, r RAW(8), f BINARY_DOUBLE)');
  const done = await connection.execute('INSERT INTO js (id, t) VALUES (:id, :t)', { id: 1, t: 'one' });
  await check('rows affected', () => done.rowsAffected, 1);
  await check('last rowid', () => typeof done.lastRowid, 'string');
  const rows = Array.from({ length: 1000 }, (_, i) => [i + 10, `row ${i}`, new Date(2020, 0, 1 + i), Buffer.from([i & 255]), i / 3]);
  await check('executeMany', async () => (await connection.executeMany('INSERT INTO js VALUES (:1, :2, :3, :4, :5)', rows)).rowsAffected, 1000);
  await check('sum', () => ask('SELECT COUNT(*), ROUND(SUM(f), 6) FROM js WHERE id > 9'), [[1000, 166500]]);
  await check('batch errors', async () => {
    const outcome = await connection.executeMany('INSERT INTO js (id) VALUES (:1)', [[5], [5], [6], [1]], { batchErrors: true });
    return outcome.batchErrors.map((error) => [error.offset, error.message.slice(0, 9)]);
  }, [[1, 'ORA-00001'], [3, 'ORA-00001']]);
  await check('row counts', async () => (await connection.executeMany('UPDATE js SET t = :1 WHERE id < :2', [['a', 6], ['b', 2]], { dmlRowCounts: true })).dmlRowCounts, [2, 1]);
  await check('returning', async () => {
    const outcome = await connection.execute('UPDATE js SET t = UPPER(t) WHERE id < 6 RETURNING id, t INTO :id, :t', {
      id: { dir: oracledb.BIND_OUT, type: oracledb.NUMBER }, t: { dir: oracledb.BIND_OUT, type: oracledb.STRING } });
    return [outcome.outBinds.id.sort(), outcome.outBinds.t.sort()];
  }, [[1, 5], ['A', 'B']]);
  await check('unique', () => errorOf(() => connection.execute('INSERT INTO js (id) VALUES (1)')), 'ORA-00001');
  await connection.commit();
  await connection.execute('DELETE FROM js');
  await connection.rollback();
  await check('rollback', () => ask('SELECT COUNT(*) FROM js'), [[1003]]);
  await connection.execute('DELETE FROM js WHERE id > 9', [], { autoCommit: true });
  await connection.rollback();
  await check('auto commit', () => ask('SELECT COUNT(*) FROM js'), [[3]]);
  await connection.execute('DROP TABLE js PURGE');
}

async function lobs(connection) {
  await connection.execute('CREATE TABLE jl (id NUMBER, c CLOB, b BLOB, n NCLOB)');
  const text = 'ä🚢x'.repeat(30000);
  const bytes = Buffer.alloc(150000, 'abc');
  await connection.execute('INSERT INTO jl VALUES (1, :c, :b, :n)', {
    c: { val: text, type: oracledb.CLOB }, b: { val: bytes, type: oracledb.BLOB }, n: { val: text, type: oracledb.NCLOB } });
  await connection.execute("INSERT INTO jl VALUES (2, 'short', HEXTORAW('00FF'), NULL)");
  const [[clob, blob, nclob]] = (await connection.execute('SELECT c, b, n FROM jl WHERE id = 1')).rows;
  await check('CLOB length', () => clob.length, text.length);
  await check('CLOB stream', async () => { clob.setEncoding('utf8'); let all = ''; for await (const piece of clob) all += piece; return all === text; });
  await check('BLOB stream', async () => (await read(blob)).equals(bytes));
  await check('NCLOB getData', async () => (await nclob.getData()) === text);
  const [[piece]] = (await connection.execute('SELECT b FROM jl WHERE id = 1')).rows;
  await check('piece of a BLOB', async () => (await piece.getData(2, 4)).toString(), 'bcab');
  const options = { fetchTypeHandler: (c) => ({ [oracledb.DB_TYPE_CLOB]: { type: oracledb.STRING }, [oracledb.DB_TYPE_BLOB]: { type: oracledb.BUFFER } }[c.dbType]) };
  await check('inline', async () => (await connection.execute('SELECT c, b FROM jl WHERE id = 2', [], options)).rows, [['short', Buffer.from([0, 255])]]);
  await check('temporary LOB', async () => {
    const lob = await connection.createLob(oracledb.CLOB);
    await new Promise((done, failed) => { lob.on('error', failed); lob.on('finish', done); lob.end(text); });
    await connection.execute('UPDATE jl SET c = :c WHERE id = 2', { c: lob });
    await lob.close();
    return (await connection.execute('SELECT c FROM jl WHERE id = 2', [], options)).rows[0][0] === text;
  });
  await connection.rollback();
  await connection.execute('DROP TABLE jl PURGE');
}

async function blocks(connection) {
  await check('OUT binds', async () => (await connection.execute('BEGIN :o := :i * 2; :t := UPPER(:s); END;', {
    o: { dir: oracledb.BIND_OUT, type: oracledb.NUMBER }, i: 21, t: { dir: oracledb.BIND_OUT, type: oracledb.STRING }, s: 'up' })).outBinds, { o: 42, t: 'UP' });
  await check('REF CURSOR', async () => {
    const { outBinds } = await connection.execute('BEGIN OPEN :c FOR SELECT code FROM branch ORDER BY 1; END;', { c: { dir: oracledb.BIND_OUT, type: oracledb.CURSOR } });
    const rows = await outBinds.c.getRows();
    await outBinds.c.close();
    return rows;
  }, [['MAIN'], ['SIDE']]);
  await check('block error', () => errorOf(() => connection.execute('BEGIN nosuch; END;')), 'ORA-06550');
  await check('stored function', async () => (await connection.execute('SELECT days_late(1) FROM dual')).rows, [[0]]);
  await check('stored procedure', async () => (await connection.execute('BEGIN give_back(1, :fine); END;', { fine: { dir: oracledb.BIND_OUT, type: oracledb.NUMBER } })).outBinds, { fine: 0 });
}

async function newer(connection) {
  await connection.execute('CREATE TABLE jn (id NUMBER, yes BOOLEAN, doc JSON, v VECTOR(3, FLOAT32))');
  const doc = { a: [1, 2.5, 'x', null, true], b: { c: 'ü' } };
  await connection.execute('INSERT INTO jn VALUES (1, :y, :d, :v)', { y: true, d: { val: doc, type: oracledb.DB_TYPE_JSON }, v: { val: new Float32Array([1, 2.5, -3]), type: oracledb.DB_TYPE_VECTOR } });
  const [[yes, json, vector]] = (await connection.execute('SELECT yes, doc, v FROM jn')).rows;
  await check('BOOLEAN', () => yes);
  await check('JSON', () => json, doc);
  await check('VECTOR', () => Array.from(vector), [1, 2.5, -3]);
  await connection.rollback();
  await connection.execute('DROP TABLE jn PURGE');
}

async function pools() {
  const pool = await oracledb.createPool({ ...USER, poolMin: 1, poolMax: 3, poolIncrement: 1, stmtCacheSize: 10 });
  const taken = [await pool.getConnection(), await pool.getConnection(), await pool.getConnection()];
  await check('pool', () => [pool.connectionsOpen, pool.connectionsInUse], [3, 3]);
  await check('pool in parallel', async () => {
    const all = await Promise.all(taken.map((c, i) => c.execute('SELECT :i FROM dual', [i])));
    return all.map((r) => r.rows[0][0]);
  }, [0, 1, 2]);
  const waiting = pool.getConnection();
  await taken[0].close();
  const next = await waiting;
  await check('pool waits', async () => (await next.execute('SELECT 1 FROM dual')).rows, [[1]]);
  await Promise.all([next, taken[1], taken[2]].map((c) => c.close()));
  await check('pool at rest', () => pool.connectionsInUse, 0);
  await pool.close(0);
}

async function breaks(connection) {
  connection.callTimeout = 300;
  await check('call timeout', () => errorOf(() => connection.execute('SELECT COUNT(*) FROM dual a CONNECT BY level < 100000000')), 'NJS-123');
  connection.callTimeout = 0;
  await check('after the timeout', async () => (await connection.execute('SELECT 7 FROM dual')).rows, [[7]]);
}

(async () => {
  await logins();
  const connection = await oracledb.getConnection(USER);
  for (const part of [queries, changes, lobs, blocks, breaks]) await part(connection);
  if (version === '23ai') await newer(connection);
  await connection.close();
  await pools();
  console.log('done');
})().catch((error) => console.log(`not ok the end: ${error.stack}`));
