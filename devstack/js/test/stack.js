// Clients of the stack under test. Where it is comes from the environment: run.js (`npm test`) starts one;
// a hosted project with schema.sql applied works as well.
import { createClient } from '@supabase/supabase-js';
import ws from 'ws';

export const url = required('SUPABASE_URL');
export const key = required('SUPABASE_KEY');

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run these tests with: npm test (in devstack/js)`);
  return value;
}

const open = [];

/** A client as an app makes it, but with its session in memory. */
export function client(apiKey = key) {
  const made = createClient(url, apiKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: ws },
  });
  open.push(made);
  return made;
}

/** Closes sockets, or node would wait for them. */
export async function closeAll() {
  for (const made of open.splice(0)) {
    await made.removeAllChannels();
    made.realtime.disconnect();
  }
}

let number = 0;
/** An address nobody has. */
export const address = (name) => `${name}-${process.pid}-${Date.now()}-${++number}@example.com`;

/** A client signed up as a new person. */
export async function person(name) {
  const made = client();
  const { data, error } = await made.auth.signUp({ email: address(name), password: 'secret1' });
  if (error) throw error;
  return { made, user: data.user, session: data.session };
}

/** Resolves with the first value `start` hands to its callback, or fails after a while. */
export function first(what, start, milliseconds = 8000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${milliseconds} ms`)), milliseconds);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    }, reject);
  });
}

/** The newest code mailed to an address, from the control listener. */
export async function mailedCode(email) {
  const reply = await fetch(`${required('DEVSTACK_CONTROL')}/mail?to=${encodeURIComponent(email)}`);
  return (await reply.json()).at(-1).token;
}
