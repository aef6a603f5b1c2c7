// The floor under a pull: the same pages, fetched, parsed and inserted by SQLite's own build for the browser into a file of the same kind, with the
// same tables and indices, and nothing else: one after the other, each timed for itself. Runs as a worker that `bench-sync.mjs` serves.
import init from "/floor/index.mjs";

onmessage = ({ data }) => pulled(data).then((took) => postMessage({ took }), (error) => postMessage({ failed: String(error) }));

const pulled = async ({ calls, headers, schema }) => {
  const sqlite3 = await init({ locateFile: (name) => `/floor/${name}`, print: () => {} });
  const pool = await sqlite3.installOpfsSAHPoolVfs({ name: "floor", clearOnInit: true });
  const db = new pool.OpfsSAHPoolDb("/floor.sqlite3");
  db.exec("pragma locking_mode = exclusive; pragma journal_mode = persist; pragma synchronous = full; pragma foreign_keys = off; pragma ignore_check_constraints = on");
  db.exec(schema);
  for (const name of db.selectValues("select name from sqlite_schema where type = 'trigger'")) db.exec(`drop trigger "${name}"`);
  const columns = new Map();
  const statements = new Map();
  const known = (table) => {
    if (!columns.has(table)) columns.set(table, new Set(db.selectValues("select name from pragma_table_info(?)", [table])));
    return columns.get(table);
  };
  const value = (it) => (typeof it === "boolean" ? Number(it) : it !== null && typeof it === "object" ? JSON.stringify(it) : it);
  const took = { rows: 0, fetched: 0, parsed: 0, stored: 0 };
  for (let cursor = null, more = true; more; ) {
    const from = performance.now();
    const text = await (await fetch(calls, { method: "POST", headers, body: JSON.stringify({ cursor, page_limit: 500 }) })).text();
    const come = performance.now();
    const page = JSON.parse(text);
    const read = performance.now();
    db.exec("begin");
    for (const [table, row] of page.rows) {
      const names = Object.keys(row).filter((name) => known(table).has(name));
      const key = `${table} ${names}`;
      if (!statements.has(key)) statements.set(key, db.prepare(`insert or replace into "${table}" (${names.map((name) => `"${name}"`)}) values (${names.map(() => "?")})`));
      statements.get(key).bind(names.map((name) => value(row[name]))).stepReset();
    }
    db.exec("commit");
    const stored = performance.now();
    took.rows += page.rows.length;
    took.fetched += come - from;
    took.parsed += read - come;
    took.stored += stored - read;
    [cursor, more] = [page.cursor, page.has_more];
  }
  for (const statement of statements.values()) statement.finalize();
  db.close();
  return took;
};
