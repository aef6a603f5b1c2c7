import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { client, closeAll, person } from './stack.js';

after(closeAll);

test('insert, select, update, delete', async () => {
  const { made, user } = await person('ann');
  const added = await made.from('note').insert({ body: 'one', amount: 1.5, tags: ['a', 'b c'] }).select().single();
  assert.equal(added.error, null);
  assert.equal(added.status, 201);
  assert.equal(added.data.user_ref, user.id);
  assert.deepEqual(added.data.tags, ['a', 'b c']);

  const bulk = await made.from('note').insert([{ body: 'two' }, { body: 'three', amount: 3 }]);
  assert.equal(bulk.error, null);
  const some = await made.from('note').select('body, amount', { count: 'exact' }).order('body').range(0, 1);
  assert.deepEqual(some.data.map((row) => row.body), ['one', 'three']);
  assert.equal(some.count, 3);

  const changed = await made.from('note').update({ amount: 2 }).eq('id', added.data.id).select('amount');
  assert.deepEqual(changed.data, [{ amount: 2 }]);
  const gone = await made.from('note').delete().in('body', ['two', 'three']);
  assert.equal(gone.status, 204);
  assert.equal((await made.from('note').select('*', { count: 'exact', head: true })).count, 1);
});

test('filters', async () => {
  const { made } = await person('ann');
  await made.from('note').insert(['a', 'b', 'c, d', 'e"f'].map((body, n) => ({ body, amount: n })));
  const bodies = async (query) => (await query.order('body')).data?.map((row) => row.body);
  const notes = () => made.from('note').select('body');
  assert.deepEqual(await bodies(notes().gt('amount', 0).lt('amount', 3)), ['b', 'c, d']);
  assert.deepEqual(await bodies(notes().in('body', ['c, d', 'e"f'])), ['c, d', 'e"f']);
  assert.deepEqual(await bodies(notes().or('body.eq.a,and(amount.gte.2,body.like.c*)')), ['a', 'c, d']);
  assert.deepEqual(await bodies(notes().not('body', 'eq', 'a').is('tags', null)), []);
  assert.deepEqual(await bodies(notes().ilike('body', 'A%')), ['a']);
  assert.deepEqual(await bodies(notes().neq('body', 'a').limit(1)), ['b']);
});

test('upsert by key and by a unique constraint', async () => {
  const { made } = await person('ann');
  const { data } = await made.from('note').insert({ body: 'one' }).select().single();
  const update = await made.from('note').upsert({ id: data.id, body: 'one again' }).select();
  assert.equal(update.status, 200);
  assert.equal(update.data[0].body, 'one again');
  const mixed = await made
    .from('note')
    .upsert([{ body: 'one again', amount: 5 }, { body: 'new', amount: 6 }], { onConflict: 'user_ref,body', defaultToNull: false })
    .select('body, amount');
  assert.equal(mixed.error, null);
  assert.equal(mixed.status, 201);
  const ignored = await made.from('note').upsert({ body: 'new', amount: 9 }, { onConflict: 'user_ref,body', ignoreDuplicates: true }).select();
  assert.deepEqual(ignored.data, []);
});

test('a compare-and-set update loses politely', async () => {
  const { made } = await person('ann');
  const { data } = await made.from('note').insert({ body: 'one' }).select().single();
  const set = (base, body) =>
    made.from('note').update({ body, sync_version: base + 1 }).eq('id', data.id).eq('sync_version', base).select('body');
  assert.deepEqual((await set(1, 'two')).data, [{ body: 'two' }]);
  assert.deepEqual((await set(1, 'late')).data, []);
});

test('functions', async () => {
  const { made } = await person('ann');
  assert.equal((await client().rpc('add_them', { a: 1, b: 2 })).data, 3);
  assert.deepEqual((await made.rpc('push', { rows: [{ body: 'b' }, { body: 'a' }] })).data, { stored: 2 });
  const filtered = await made.rpc('my_notes').select('body').eq('body', 'a');
  assert.deepEqual(filtered.data, [{ body: 'a' }]);
  // All or nothing.
  const broken = await made.rpc('push', { rows: [{ body: 'c' }, { body: 'a' }] });
  assert.equal(broken.error.code, '23505');
  assert.equal(broken.status, 409);
  assert.equal((await made.rpc('my_notes')).data.length, 2);
  assert.equal((await made.rpc('nothing_like_it')).error.code, 'PGRST202');
  assert.equal((await client().rpc('my_notes')).error.code, '42501');
});

test('row level security keeps two people apart', async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  const { data: row } = await ann.made.from('note').insert({ body: 'mine' }).select().single();
  assert.deepEqual((await bob.made.from('note').select()).data, []);
  assert.deepEqual((await bob.made.from('note').update({ body: 'stolen' }).eq('id', row.id).select()).data, []);
  assert.deepEqual((await bob.made.from('note').delete().eq('id', row.id).select()).data, []);
  const forged = await bob.made.from('note').insert({ body: 'forged', user_ref: ann.user.id });
  assert.equal(forged.error.code, '42501');
  assert.equal(forged.status, 403);
  const handed = await ann.made.from('note').update({ user_ref: bob.user.id }).eq('id', row.id);
  assert.equal(handed.error.code, '42501');
  const stolen = await bob.made.from('note').upsert({ id: row.id, body: 'stolen' });
  assert.equal(stolen.error.code, '42501');
  const nobody = await client().from('note').select();
  assert.equal(nobody.status, 401);
  assert.equal((await client().from('genre').select()).data.length, 3);
});

test('errors keep their shape', async () => {
  const { made } = await person('ann');
  assert.equal((await made.from('nothing').select()).error.code, 'PGRST205');
  assert.equal((await made.from('note').select('nothing')).error.code, '42703');
  const none = await made.from('note').select().eq('body', 'none').single();
  assert.equal(none.error.code, 'PGRST116');
  assert.equal((await made.from('note').select().eq('body', 'none').maybeSingle()).data, null);
  assert.equal((await made.from('note').insert({ amount: 1 })).error.code, '23502');
});
