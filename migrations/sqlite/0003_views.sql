-- The original's views, kept for tools that read the database; the app does not use them: a repertoire with its instrument, and its
-- tunes with the latest practice, tags and notes.
-- Against the original: repertoires without an instrument stay; one row a tune and repertoire; tags, notes and staged values are the owner's; what
-- is deleted is left out; "latest" goes by the time practised. The same views exist on the server (migrations/postgres).

create view view_playlist_joined as
select
  p.id as playlist_id,
  p.user_ref,
  p.deleted as playlist_deleted,
  p.instrument_ref,
  i.private_to_user,
  i.instrument,
  i.description,
  coalesce(p.genre_default, i.genre_default) as genre_default,
  i.deleted as instrument_deleted,
  p.name
from playlist p
left join instrument i on i.id = p.instrument_ref;

create view practice_list_joined as
select
  t.id,
  coalesce(o.title, t.title) as title,
  coalesce(o.type, t.type) as type,
  coalesce(o.structure, t.structure) as structure,
  coalesce(o.mode, t.mode) as mode,
  coalesce(o.incipit, t.incipit) as incipit,
  coalesce(o.genre, t.genre) as genre,
  t.deleted,
  t.private_for,
  pt.learned,
  pt.goal,
  pt.scheduled,
  r.state as latest_state,
  r.practiced as latest_practiced,
  r.quality as latest_quality,
  r.easiness as latest_easiness,
  r.difficulty as latest_difficulty,
  r."interval" as latest_interval,
  r.stability as latest_stability,
  r.step as latest_step,
  r.repetitions as latest_repetitions,
  r.due as latest_due,
  r.goal as latest_goal,
  r.technique as latest_technique,
  (select group_concat(v, ' ') from (select g.tag_text as v from tag g where g.tune_ref = t.id and g.user_ref = pt.user_ref and not g.deleted order by g.tag_text)) as tags,
  pt.playlist_ref,
  pt.user_ref,
  pt.deleted as playlist_deleted,
  (select group_concat(v, ' ') from (select n.note_text as v from note n where n.tune_ref = t.id and n.user_ref = pt.user_ref and (n.playlist_ref is null or n.playlist_ref = pt.playlist_ref) and not n.deleted order by n.created_date, n.id)) as notes,
  (select f.url from "reference" f where f.tune_ref = t.id and f.user_ref = pt.user_ref and f.favorite and not f.deleted
    order by f.last_modified_at desc, f.id desc limit 1) as favorite_url,
  (o.id is not null) as has_override
from playlist_tune pt
join playlist p on p.id = pt.playlist_ref
join tune t on t.id = pt.tune_ref
left join tune_override o on o.tune_ref = t.id and o.user_ref = pt.user_ref and not o.deleted
left join practice_record r on r.id = (
    select l.id from practice_record l
    where l.playlist_ref = pt.playlist_ref and l.tune_ref = pt.tune_ref and l.user_ref = pt.user_ref and not l.deleted
    order by l.practiced desc nulls last, l.last_modified_at desc, l.id desc limit 1);

-- latest_… is what would stand if the staged evaluation were submitted; queue generation must go by recorded_due.
create view practice_list_staged as
select
  t.id,
  coalesce(o.title, t.title) as title,
  coalesce(o.type, t.type) as type,
  coalesce(o.structure, t.structure) as structure,
  coalesce(o.mode, t.mode) as mode,
  coalesce(o.incipit, t.incipit) as incipit,
  coalesce(o.genre, t.genre) as genre,
  t.private_for,
  t.deleted,
  pt.learned,
  pt.goal,
  pt.scheduled,
  pt.user_ref,
  pt.playlist_ref as playlist_id,
  i.instrument,
  pt.deleted as playlist_deleted,
  case when s.recall_eval is not null then coalesce(s.state, r.state) else r.state end as latest_state,
  coalesce(s.practiced, r.practiced) as latest_practiced,
  coalesce(s.quality, r.quality) as latest_quality,
  coalesce(s.easiness, r.easiness) as latest_easiness,
  coalesce(s.difficulty, r.difficulty) as latest_difficulty,
  coalesce(s.stability, r.stability) as latest_stability,
  coalesce(s."interval", r."interval") as latest_interval,
  coalesce(s.step, r.step) as latest_step,
  coalesce(s.repetitions, r.repetitions) as latest_repetitions,
  coalesce(s.due, r.due) as latest_due,
  coalesce(s.backup_practiced, r.backup_practiced) as latest_backup_practiced,
  coalesce(s.goal, r.goal) as latest_goal,
  coalesce(s.technique, r.technique) as latest_technique,
  (select group_concat(v, ' ') from (select g.tag_text as v from tag g where g.tune_ref = t.id and g.user_ref = pt.user_ref and not g.deleted order by g.tag_text)) as tags,
  s.purpose,
  s.note_private,
  s.note_public,
  s.recall_eval,
  (select group_concat(v, ' ') from (select n.note_text as v from note n where n.tune_ref = t.id and n.user_ref = pt.user_ref and (n.playlist_ref is null or n.playlist_ref = pt.playlist_ref) and not n.deleted order by n.created_date, n.id)) as notes,
  (select f.url from "reference" f where f.tune_ref = t.id and f.user_ref = pt.user_ref and f.favorite and not f.deleted
    order by f.last_modified_at desc, f.id desc limit 1) as favorite_url,
  (o.id is not null) as has_override,
  (coalesce(s.recall_eval, s.note_private, s.note_public, s.purpose) is not null
    or s.practiced is not null or s.quality is not null or s.due is not null) as has_staged,
  r.due as recorded_due
from playlist_tune pt
join playlist p on p.id = pt.playlist_ref
join tune t on t.id = pt.tune_ref
left join tune_override o on o.tune_ref = t.id and o.user_ref = pt.user_ref and not o.deleted
left join instrument i on i.id = p.instrument_ref
left join practice_record r on r.id = (
    select l.id from practice_record l
    where l.playlist_ref = pt.playlist_ref and l.tune_ref = pt.tune_ref and l.user_ref = pt.user_ref and not l.deleted
    order by l.practiced desc nulls last, l.last_modified_at desc, l.id desc limit 1)
left join table_transient_data s
  on s.tune_id = pt.tune_ref and s.playlist_id = pt.playlist_ref and s.user_id = pt.user_ref and not s.deleted;
