import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { client, closeAll, first, person } from './stack.js';

after(closeAll);

/** Joins a channel of postgres_changes and waits until its subscription is in place; changes collect in `seen`. */
async function watch(made, name, request) {
  const seen = [];
  const waiting = [];
  const channel = made.channel(name).on('postgres_changes', { event: '*', schema: 'public', table: 'note', ...request }, (change) => {
    const next = waiting.shift();
    if (next) next(change);
    else seen.push(change);
  });
  await first('subscription', (done, fail) => {
    channel
      .on('system', {}, (message) => {
        if (message.extension !== 'postgres_changes') return;
        if (message.status === 'ok') done();
        else fail(new Error(message.message));
      })
      .subscribe((status, error) => status === 'CHANNEL_ERROR' && fail(error));
  });
  const next = () => (seen.length ? Promise.resolve(seen.shift()) : first('change', (done) => waiting.push(done)));
  return { channel, next, seen };
}

function subscribed(channel) {
  return first('subscription', (done, fail) =>
    channel.subscribe((status, error) => {
      if (status === 'SUBSCRIBED') done(channel);
      else fail(error ?? new Error(status));
    }),
  );
}

test('postgres_changes arrive for the owner and nobody else', async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  const anns = await watch(ann.made, 'notes', { filter: `user_ref=eq.${ann.user.id}` });
  const bobs = await watch(bob.made, 'notes', {});

  const { data: row } = await ann.made.from('note').insert({ body: 'one', amount: 1.5, tags: ['x'] }).select().single();
  const insert = await anns.next();
  assert.equal(insert.eventType, 'INSERT');
  assert.equal(insert.errors, null);
  assert.deepEqual(insert.new, row, 'the record looks as PostgREST shows it');

  await ann.made.from('note').update({ body: 'two' }).eq('id', row.id);
  const update = await anns.next();
  assert.equal(update.eventType, 'UPDATE');
  assert.equal(update.new.body, 'two');
  assert.deepEqual(update.old, { id: row.id });

  await bob.made.from('note').insert({ body: 'from bob' });
  assert.equal((await bobs.next()).new.body, 'from bob', "the first change bob hears is bob's own");

  await ann.made.from('note').delete().eq('id', row.id);
  const gone = await bobs.next();
  assert.equal(gone.eventType, 'DELETE', 'policies cannot be asked about a deleted row');
  assert.deepEqual(gone.old, { id: row.id });
  assert.equal(anns.seen.length, 0, 'a filter on a column that is not in the identity fails closed');
});

test('a subscription that cannot be says so', async () => {
  const { made } = await person('ann');
  await assert.rejects(watch(made, 'odd', { table: 'genre' }), /Unable to subscribe/);
});

test('the doorbell: a private broadcast from the database', async () => {
  const { made, user } = await person('ann');
  await made.realtime.setAuth();
  const rings = [];
  let heard;
  const channel = made.channel(`sync:${user.id}`, { config: { private: true } }).on('broadcast', { event: 'changed' }, (message) => {
    rings.push(message);
    heard?.();
  });
  await subscribed(channel);
  const began = performance.now();
  const ring = first('doorbell', (done) => (heard = done));
  await made.from('note').insert([{ body: 'a' }, { body: 'b' }]);
  await ring;
  assert.equal(rings.length, 1, 'one ring for one statement');
  assert.equal(rings[0].event, 'changed');
  assert.equal(rings[0].payload.id, rings[0].meta.id);
  assert.ok(performance.now() - began < 1000);
});

test("somebody else's private channel is refused", async () => {
  const ann = await person('ann');
  const bob = await person('bob');
  await bob.made.realtime.setAuth();
  const channel = bob.made.channel(`sync:${ann.user.id}`, { config: { private: true } });
  await assert.rejects(subscribed(channel), /Unauthorized/);
});

test('clients broadcast to each other', async () => {
  const one = client();
  const two = client();
  let told;
  const message = first('message', (done) => (told = done));
  await subscribed(two.channel('room').on('broadcast', { event: 'hi' }, (received) => told(received)));
  const sender = one.channel('room', { config: { broadcast: { ack: true } } });
  await subscribed(sender);
  assert.equal(await sender.send({ type: 'broadcast', event: 'hi', payload: { text: 'Québec' } }), 'ok');
  assert.deepEqual((await message).payload, { text: 'Québec' });
});

test('a renewed token keeps the channel, and leaving ends it', async () => {
  const { made, user } = await person('ann');
  const { channel, next } = await watch(made, 'notes', { filter: `user_ref=eq.${user.id}` });
  await made.auth.refreshSession();
  await made.realtime.setAuth();
  await made.from('note').insert({ body: 'after the refresh' });
  assert.equal((await next()).new.body, 'after the refresh');
  assert.equal(await made.removeChannel(channel), 'ok');
});
