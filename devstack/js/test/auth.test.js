import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { address, client, closeAll, mailedCode, person } from './stack.js';

after(closeAll);

test('sign up, sign in, a wrong password, the user', async () => {
  const email = address('ann');
  const up = await client().auth.signUp({ email, password: 'secret1', options: { data: { name: 'Ann' } } });
  assert.equal(up.error, null);
  assert.equal(up.data.user.email, email);
  assert.ok(up.data.session.access_token);

  const again = await client().auth.signUp({ email, password: 'secret1' });
  assert.equal(again.error.code, 'user_already_exists');

  const supabase = client();
  const wrong = await supabase.auth.signInWithPassword({ email, password: 'nonsense' });
  assert.equal(wrong.error.code, 'invalid_credentials');
  assert.equal(wrong.error.status, 400);

  const signedIn = await supabase.auth.signInWithPassword({ email, password: 'secret1' });
  assert.equal(signedIn.data.user.id, up.data.user.id);
  const { data } = await supabase.auth.getUser();
  assert.equal(data.user.user_metadata.name, 'Ann');
  assert.equal(data.user.identities[0].provider, 'email');
});

test('a weak password is named as such', async () => {
  const { error } = await client().auth.signUp({ email: address('weak'), password: '123' });
  assert.equal(error.code, 'weak_password');
  assert.deepEqual(error.reasons, ['length']);
});

test('refresh gives a new pair and tells listeners', async () => {
  const { made, session } = await person('ann');
  const events = [];
  made.auth.onAuthStateChange((event) => void events.push(event));
  const { data, error } = await made.auth.refreshSession();
  assert.equal(error, null);
  assert.notEqual(data.session.refresh_token, session.refresh_token);
  assert.equal(data.user.id, session.user.id);
  assert.ok(events.includes('TOKEN_REFRESHED'), events.join());

  // The same old token again: its reply may have been lost, so the current one is given once more.
  const lost = await client().auth.refreshSession({ refresh_token: session.refresh_token });
  assert.equal(lost.data.session.refresh_token, data.session.refresh_token);
  const unknown = await client().auth.refreshSession({ refresh_token: 'nonsense' });
  assert.equal(unknown.error.code, 'refresh_token_not_found');
});

test('anonymous, then permanent with the same id', async () => {
  const supabase = client();
  const { data, error } = await supabase.auth.signInAnonymously();
  assert.equal(error, null);
  assert.equal(data.user.is_anonymous, true);
  const written = await supabase.from('note').insert({ body: 'before' }).select().single();
  assert.equal(written.error, null);

  const email = address('was-anonymous');
  const changed = await supabase.auth.updateUser({ email, password: 'secret1' });
  assert.equal(changed.error, null);
  assert.equal(changed.data.user.id, data.user.id);
  await supabase.auth.refreshSession();
  const claims = JSON.parse(atob((await supabase.auth.getSession()).data.session.access_token.split('.')[1]));
  assert.equal(claims.is_anonymous, false);

  const elsewhere = client();
  await elsewhere.auth.signInWithPassword({ email, password: 'secret1' });
  const rows = await elsewhere.from('note').select('body');
  assert.deepEqual(rows.data, [{ body: 'before' }]);
});

test('signing out ends the session on the server', async () => {
  const { made, session } = await person('ann');
  assert.equal((await made.auth.signOut()).error, null);
  assert.equal((await made.auth.getSession()).data.session, null);
  const { error } = await client().auth.getUser(session.access_token);
  assert.equal(error.name, 'AuthSessionMissingError', 'the server answers 403 session_not_found');
});

test('what is missing says so', async () => {
  const { error } = await client().auth.signInWithOtp({ email: address('otp') });
  assert.equal(error.status, 501);
  assert.match(error.message, /does not implement/);
});

test('an administrator makes an account with a given id', { skip: !process.env.SUPABASE_SECRET_KEY }, async () => {
  const admin = client(process.env.SUPABASE_SECRET_KEY).auth.admin;
  const id = crypto.randomUUID();
  const email = address('made');
  const made = await admin.createUser({ id, email, password: 'secret1', email_confirm: true });
  assert.equal(made.error, null);
  assert.equal(made.data.user.id, id);
  const { data } = await client().auth.signInWithPassword({ email, password: 'secret1' });
  assert.equal(data.user.id, id);
  assert.ok((await admin.listUsers()).data.users.some((user) => user.id === id));
  assert.equal((await admin.deleteUser(id)).error, null);
  assert.equal((await client().auth.admin.getUserById(id)).error.code, 'not_admin');
});

test('a forgotten password: a mailed code, once, gives a session that may choose another', async () => {
  const { made, user } = await person('forgetful');
  const unknown = await client().auth.resetPasswordForEmail(address('nobody'));
  const known = await client().auth.resetPasswordForEmail(user.email);
  assert.deepEqual([known.error, known.data], [null, unknown.data], 'an unknown address is answered like a known one');
  const soon = await client().auth.resetPasswordForEmail(user.email);
  assert.equal(soon.error.code, 'over_email_send_rate_limit');
  assert.equal(soon.error.status, 429);

  const token = await mailedCode(user.email);
  assert.match(token, /^\d{6}$/);
  const wrong = await client().auth.verifyOtp({ type: 'recovery', email: user.email, token: token === '000000' ? '000001' : '000000' });
  assert.deepEqual([wrong.error.code, wrong.error.status], ['otp_expired', 403]);

  const supabase = client();
  const events = [];
  supabase.auth.onAuthStateChange((event) => void events.push(event));
  const verified = await supabase.auth.verifyOtp({ type: 'recovery', email: user.email, token });
  assert.equal(verified.error, null);
  assert.equal(verified.data.user.id, user.id);
  assert.ok(events.includes('PASSWORD_RECOVERY'), events.join());
  assert.equal((await supabase.auth.updateUser({ password: 'another1' })).error, null);
  assert.equal((await client().auth.signInWithPassword({ email: user.email, password: 'another1' })).error, null);
  assert.notEqual((await made.auth.getUser()).error, null, 'the sessions made with the old password have ended');

  const twice = await client().auth.verifyOtp({ type: 'recovery', email: user.email, token });
  assert.equal(twice.error.code, 'otp_expired');
});
