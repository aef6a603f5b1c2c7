// One devstack (PostgreSQL, gateway, the built app) for a run: started, stopped and started again on the same port and data.
import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import pg from "pg";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the tests with \`cargo xtask e2e\``);
  return value;
};

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** What a person has whose legacy data were migrated. */
export const PASSWORD = "tunetrees-demo";
export const LEGACY = join(dirname(root), "shared/legacy/tunetrees_test_clean.sqlite3");

export class Stack {
  static async create({ legacy = true } = {}) {
    const stack = new Stack();
    stack.folder = mkdtempSync(join(tmpdir(), "tunetrees-e2e-"));
    stack.port = await freePort();
    stack.controlPort = await freePort();
    await stack.start();
    if (legacy) stack.loadDemo();
    return stack;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get control() {
    return `http://127.0.0.1:${this.controlPort}`;
  }

  async start() {
    const flags = ["--http", `127.0.0.1:${this.port}`, "--control", `127.0.0.1:${this.controlPort}`, "--data-dir", join(this.folder, "pg")];
    flags.push("--migrations", need("TUNETREES_MIGRATIONS"), "--app-dir", need("TUNETREES_DIST"));
    this.child = spawn(need("TUNETREES_DEVSTACK"), flags, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, RUST_LOG: process.env.RUST_LOG ?? "warn" } });
    this.said = "";
    this.exited = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stderr.on("data", (text) => process.stderr.write(text));
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`devstack did not start in 90 s. It said: ${this.said}`)), 90_000);
      this.child.stdout.on("data", (text) => {
        this.said += text;
        const url = /database URL:\s+(\S+)/.exec(this.said);
        if (url && /control URL:\s+\S+/.test(this.said)) {
          this.databaseUrl = url[1];
          clearTimeout(late);
          resolve();
        }
      });
      this.exited.then((code) => reject(new Error(`devstack stopped with ${code}. It said: ${this.said}`)));
    });
  }

  /** Loads the legacy test database, or the bundled excerpt where there is none. */
  loadDemo() {
    execFileSync(need("TUNETREES_MIGRATE_LEGACY"), ["--demo", "--database-url", this.databaseUrl], { stdio: ["ignore", "ignore", "inherit"], cwd: root });
  }

  /** Was the whole legacy database loaded, not only the excerpt? */
  get isWhole() {
    return existsSync(LEGACY);
  }

  async stop() {
    this.child.kill("SIGTERM");
    await this.exited;
  }

  async destroy() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Asks PostgreSQL itself. */
  async query(sql, values = []) {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** The titles of a person's own tunes, as the server has them. */
  async tunes(email) {
    const sql = `select t.title from tune t join auth.users u on u.id = t.private_for where u.email = $1 and not t.deleted order by t.title collate "C"`;
    return (await this.query(sql, [email])).map(({ title }) => title);
  }

  /**
   * How often each of a person's own tunes was written on the server, by title: 1 = made, and not changed since. (Versions of a server where
   * rows were ever removed, as by another test, begin later than theirs did.)
   */
  async writes(email) {
    const sql = `select t.title, t.sync_version - f.version as writes from tune t join auth.users u on u.id = t.private_for, sync_floor f
      where u.email = $1`;
    return Object.fromEntries((await this.query(sql, [email])).map(({ title, writes }) => [title, writes]));
  }

  /** The newest code that was mailed to an address. */
  async mailedCode(email) {
    const reply = await fetch(`${this.control}/mail?to=${encodeURIComponent(email)}`);
    return (await reply.json()).at(-1).token;
  }

  /** Cuts every Realtime socket without a word. */
  async cutSockets() {
    await fetch(`${this.control}/sockets/cut`, { method: "POST" });
  }

  async fault(rule) {
    const reply = await fetch(`${this.control}/faults`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(rule) });
    if (!reply.ok) throw new Error(`fault refused: ${await reply.text()}`);
  }

  async noFaults() {
    await fetch(`${this.control}/faults`, { method: "DELETE" });
  }
}
