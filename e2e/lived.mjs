// A person who has practised for years, until yesterday: what the pages look like on an ordinary day.
import { createHash } from "node:crypto";

const NAMESPACE = Buffer.from("6f1d3c528a0e5b7c9d432f6b1e7a5c10", "hex");

/** The id of a tune's place in a repertoire, the same on every device (src/domain/ids.rs). */
function placeId(playlist, tune) {
  const hash = createHash("sha1").update(NAMESPACE).update(["playlist_tune", playlist, tune].join(":")).digest().subarray(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Practice of the demo's first person, as if it had gone on until yesterday, on the scale of today. */
export async function lived(stack, email) {
  const records = await stack.query(
    `with me as (select id from auth.users where email = $1), flute as (insert into playlist (id, user_ref, name) select gen_random_uuid(), id, 'Flute' from me returning id, user_ref),
     old as (select r.* from practice_record r join tune t on t.id = r.tune_ref and t.private_for is null where r.quality is not null and r.practiced is not null and r.playlist_ref =
       (select p.id from playlist p join auth.users u on u.id = p.user_ref and u.email = 'test1@example.com' join practice_record o on o.playlist_ref = p.id group by 1 order by count(*) desc limit 1))
     insert into practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality, state, "interval", due, stability, difficulty)
     select gen_random_uuid(), f.user_ref, f.id, o.tune_ref, o.practiced + shift, case when o.quality < 2 then 1 when o.quality < 4 then 2 when o.quality = 4 then 3 else 4 end, 2,
       greatest(coalesce(o."interval", 1), 1), o.practiced + shift + greatest(coalesce(o."interval", 1), 1) * interval '1 day', greatest(coalesce(o."interval", 1), 1), 5
     from flute f, old o, (select now() - interval '1 day' - max(practiced) as shift from old) s
     returning user_ref, playlist_ref, tune_ref`,
    [email],
  );
  const [{ user_ref: user, playlist_ref: playlist }] = records;
  const tunes = [...new Set(records.map((record) => record.tune_ref))];
  await stack.query("insert into playlist_tune (id, user_ref, playlist_ref, tune_ref) select unnest($1::uuid[]), $2, $3, unnest($4::uuid[])", [
    tunes.map((tune) => placeId(playlist, tune)),
    user,
    playlist,
    tunes,
  ]);
}
