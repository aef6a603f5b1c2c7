// `npm test`: runs the suite against the stack of SUPABASE_URL, or starts one of its own (TUNETREES_DEVSTACK names the
// program, by default the debug build) with schema.sql as its only migration.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

async function startStack() {
  const built = join(process.env.CARGO_TARGET_DIR ?? here('../../target'), 'debug/devstack');
  const program = process.env.TUNETREES_DEVSTACK ?? built;
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: run \`cargo build -p devstack\`, or set SUPABASE_URL and SUPABASE_KEY`);
  }
  const migrations = mkdtempSync(join(tmpdir(), 'devstack-js-'));
  copyFileSync(here('schema.sql'), join(migrations, '20260101000000_schema.sql'));
  const child = spawn(program, ['--http', '127.0.0.1:0', '--control', '127.0.0.1:0', '--migrations', migrations], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = async () => {
    const ended = child.exitCode === null ? new Promise((done) => child.once('exit', done)) : undefined;
    child.kill('SIGTERM');
    await ended;
    rmSync(migrations, { recursive: true, force: true });
  };
  const names = { 'API URL': 'SUPABASE_URL', 'publishable key': 'SUPABASE_KEY', 'secret key': 'SUPABASE_SECRET_KEY', 'control URL': 'DEVSTACK_CONTROL' };
  const environment = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, label, value] = /^(.+?):\s+(\S+)$/.exec(line) ?? [];
    if (names[label]) environment[names[label]] = value;
    if (Object.keys(environment).length === 4) return { environment, stop };
  }
  await stop();
  throw new Error('devstack ended before it said where it is; see above');
}

const { environment, stop } = process.env.SUPABASE_URL ? { environment: {}, stop: async () => {} } : await startStack();
const files = ['auth', 'rest', 'realtime'].map((name) => here(`test/${name}.test.js`));
const tests = spawn(process.execPath, ['--test', ...files], { stdio: 'inherit', env: { ...process.env, ...environment } });
tests.once('exit', async (code) => {
  await stop();
  process.exit(code ?? 1);
});
