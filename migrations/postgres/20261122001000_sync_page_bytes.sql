-- A page has an end in bytes, too: 500 notes with pasted pictures would be 300 MB at once, for the server, the line and the phone.
-- sync_pull as before (20261122000400_sync.sql), but for `bytes`, `reach` and `taken`; and "-:<floor>" in a cursor says with what floor the series
-- before it began, as long as its position is below that.
--
-- A pooled connection keeps the plan that it made while a table was empty, until the next analyze: then a row was looked up by its owner alone (that is
-- what row level security asks for), among all the owner's rows, and 100,000 ratings that came in by a migration took 41 s. So a row is looked up by its
-- whole key, which is as quick by either index, and keys are read by the index of (owner, sync_xid, id), whatever the statistics say. (What is switched
-- off is reckoned as dear, and what is dear would be compiled, for seconds: so jit is off, too.)

create or replace function public.sync_pull("cursor" text default null, page_limit integer default 500) returns jsonb
language plpgsql stable set search_path = '' set timezone = 'UTC' set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
  tables constant text[] := array['genre', 'tune_type', 'genre_tune_type', 'user_profile', 'instrument', 'prefs_spaced_repetition', 'prefs_scheduling_options', 'tune', 'tune_override', 'playlist', 'playlist_tune', 'note', 'reference', 'tag', 'practice_record', 'daily_practice_queue', 'tab_group_main_state', 'table_state', 'table_transient_data'];
  me uuid := (select auth.uid());
  -- Tombstones before it may have been purged; with what floor this series of pages began.
  floor xid8 := (select f.xid from public.sync_floor as f);
  known_floor xid8 := floor;
  floor_passed jsonb := '{}';
  wanted integer := least(greatest(coalesce(page_limit, 500), 1), 1000) + 1;
  highest constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  parts text[];
  from_xid xid8 := '0';
  from_rank integer := 99;
  from_id text := '';
  below xid8 := pg_snapshot_xmin(pg_current_snapshot());
  -- For each table the key after which it is read: one comparison of (sync_xid, id), which the index answers.
  after_xid xid8[];
  after_id uuid[];
  before_from xid8;
  -- A page ends before so many bytes, unless its first row alone has more. Notes have pasted pictures; every other row is reckoned alike.
  most_bytes constant integer := 1000000;
  usual constant integer := 400;
  page jsonb;
  last_key text;
  last_xid text;
  more boolean;
  devices jsonb := '{}';
begin
  if "cursor" is not null then
    parts := regexp_match("cursor", '^a\.([0-9]{1,19})\.((?:[0-9]{1,19}|-)(?::[0-9]{1,19})?)\.([0-9]{1,2})\.(.*)$');
    if parts is null or (parts[3]::integer between 4 and 19 and parts[4] !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
      or parts[3]::integer > 19 or parts[1]::numeric > 9223372036854775807 then
      raise exception 'this is not a cursor of sync_pull: %', left("cursor", 100)
        using errcode = '22023', hint = 'Pull from the start with a null cursor.';
    end if;
    from_xid := parts[1]::xid8;
    from_rank := parts[3]::integer;
    from_id := parts[4];
    if from_xid > pg_snapshot_xmax(pg_current_snapshot()) then
      raise exception 'this cursor is from another history of the database' using errcode = '22023',
        hint = 'Pull from the start with a null cursor.';
    end if;
    known_floor := coalesce(nullif(split_part(parts[2], ':', 2), ''), '0')::xid8;
    if parts[2] not like '-%' then
      below := least(below::text::numeric, split_part(parts[2], ':', 1)::numeric)::text::xid8;
    end if;
    if from_xid < floor and known_floor < floor then
      floor_passed := '{"floor_passed": true}';
    end if;
  end if;
  before_from := greatest(from_xid::text::numeric - 1, 0)::text::xid8;
  select array_agg(case when r <= from_rank then from_xid else before_from end order by r),
    array_agg(case when r = from_rank and r > 3 then from_id::uuid else highest end order by r)
  into after_xid, after_id from generate_series(1, 19) as r;

  if me is null and not has_table_privilege('public.playlist', 'select') then
    -- Nobody signed in: what is public, and no right even to look at the rest.
    with keys (xid, rank, row_id, name_id) as materialized (
      select every_table.* from (
        (select t.sync_xid, 1, null::uuid, (t.id) collate "C" from public.genre t
          where t.sync_xid >= from_xid and t.sync_xid < below
            and (t.sync_xid > from_xid or 1 > from_rank or (1 = from_rank and (t.id) collate "C" > from_id))
          order by 1, 4 limit wanted)
        union all
        (select t.sync_xid, 2, null::uuid, (t.id) collate "C" from public.tune_type t
          where t.sync_xid >= from_xid and t.sync_xid < below
            and (t.sync_xid > from_xid or 2 > from_rank or (2 = from_rank and (t.id) collate "C" > from_id))
          order by 1, 4 limit wanted)
        union all
        (select t.sync_xid, 3, null::uuid, (t.genre_id || ':' || t.tune_type_id) collate "C" from public.genre_tune_type t
          where t.sync_xid >= from_xid and t.sync_xid < below
            and (t.sync_xid > from_xid or 3 > from_rank or (3 = from_rank and (t.genre_id || ':' || t.tune_type_id) collate "C" > from_id))
          order by 1, 4 limit wanted)
        union all
        (select t.sync_xid, 5, t.id, null from public.instrument t
          where t.private_to_user is null and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[5], after_id[5])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 8, t.id, null from public.tune t
          where t.private_for is null and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[8], after_id[8])
          order by t.sync_xid, t.id limit wanted)
      ) as every_table (xid, rank, row_id, name_id)
      order by 1, 2, 3, 4 limit wanted
    ), numbered as (
      select *, row_number() over (order by xid, rank, row_id, name_id) as n from keys
    )
    select
      coalesce(jsonb_agg(jsonb_build_array(tables[k.rank],
        case k.rank
          when 1 then (select to_jsonb(t) - 'sync_xid' from public.genre t where t.id = k.name_id)
          when 2 then (select to_jsonb(t) - 'sync_xid' from public.tune_type t where t.id = k.name_id)
          when 3 then (select to_jsonb(t) - 'sync_xid' from public.genre_tune_type t where t.genre_id || ':' || t.tune_type_id = k.name_id)
          when 5 then (select to_jsonb(t) - 'sync_xid' from public.instrument t where t.sync_xid = k.xid and t.id = k.row_id)
          when 8 then (select to_jsonb(t) - 'sync_xid' from public.tune t where t.sync_xid = k.xid and t.id = k.row_id)
        end) order by k.n) filter (where k.n < wanted), '[]'),
      count(*) >= wanted,
      max(concat_ws('.', k.rank, coalesce(k.row_id::text, k.name_id))) filter (where k.n = wanted - 1),
      max(k.xid::text) filter (where k.n = wanted - 1)
    into page, more, last_key, last_xid
    from numbered k;
  else
    with keys (xid, rank, row_id, name_id, bytes) as materialized (
      select every_table.* from (
        (select t.sync_xid, 1, null::uuid, (t.id) collate "C", null::integer from public.genre t
          where t.sync_xid >= from_xid and t.sync_xid < below
            and (t.sync_xid > from_xid or 1 > from_rank or (1 = from_rank and (t.id) collate "C" > from_id))
          order by 1, 4 limit wanted)
        union all
        (select t.sync_xid, 2, null::uuid, (t.id) collate "C", null::integer from public.tune_type t
          where t.sync_xid >= from_xid and t.sync_xid < below
            and (t.sync_xid > from_xid or 2 > from_rank or (2 = from_rank and (t.id) collate "C" > from_id))
          order by 1, 4 limit wanted)
        union all
        (select t.sync_xid, 3, null::uuid, (t.genre_id || ':' || t.tune_type_id) collate "C", null::integer from public.genre_tune_type t
          where t.sync_xid >= from_xid and t.sync_xid < below
            and (t.sync_xid > from_xid or 3 > from_rank or (3 = from_rank and (t.genre_id || ':' || t.tune_type_id) collate "C" > from_id))
          order by 1, 4 limit wanted)
        union all
        (select t.sync_xid, 4, t.id, null, null from public.user_profile t
          where t.id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[4], after_id[4])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 5, t.id, null, null from public.instrument t
          where t.private_to_user = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[5], after_id[5])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 5, t.id, null, null from public.instrument t
          where t.private_to_user is null and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[5], after_id[5])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 6, t.id, null, null from public.prefs_spaced_repetition t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[6], after_id[6])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 7, t.id, null, null from public.prefs_scheduling_options t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[7], after_id[7])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 8, t.id, null, null from public.tune t
          where t.private_for = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[8], after_id[8])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 8, t.id, null, null from public.tune t
          where t.private_for is null and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[8], after_id[8])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 9, t.id, null, null from public.tune_override t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[9], after_id[9])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 10, t.id, null, null from public.playlist t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[10], after_id[10])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 11, t.id, null, null from public.playlist_tune t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[11], after_id[11])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 12, t.id, null, octet_length(t.note_text) from public.note t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[12], after_id[12])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 12, t.id, null, octet_length(t.note_text) from public.note t
          where t.public and t.user_ref is distinct from me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[12], after_id[12])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 13, t.id, null, null from public."reference" t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[13], after_id[13])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 13, t.id, null, null from public."reference" t
          where t.public and t.user_ref is distinct from me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[13], after_id[13])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 14, t.id, null, null from public.tag t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[14], after_id[14])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 15, t.id, null, null from public.practice_record t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[15], after_id[15])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 16, t.id, null, null from public.daily_practice_queue t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[16], after_id[16])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 17, t.id, null, null from public.tab_group_main_state t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[17], after_id[17])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 18, t.id, null, null from public.table_state t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[18], after_id[18])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 19, t.id, null, null from public.table_transient_data t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[19], after_id[19])
          order by t.sync_xid, t.id limit wanted)
      ) as every_table (xid, rank, row_id, name_id, bytes)
      order by 1, 2, 3, 4 limit wanted
    ), numbered as (
      select *, row_number() over (order by xid, rank, row_id, name_id) as n,
        sum(usual + coalesce(bytes, 0)) over (order by xid, rank, row_id, name_id) as reach
      from keys
    ), cut as (
      select *, n < wanted and (n = 1 or reach <= most_bytes) as taken from numbered
    )
    select
      coalesce(jsonb_agg(jsonb_build_array(tables[k.rank],
        case k.rank
          when 1 then (select to_jsonb(t) - 'sync_xid' from public.genre t where t.id = k.name_id)
          when 2 then (select to_jsonb(t) - 'sync_xid' from public.tune_type t where t.id = k.name_id)
          when 3 then (select to_jsonb(t) - 'sync_xid' from public.genre_tune_type t where t.genre_id || ':' || t.tune_type_id = k.name_id)
          when 4 then (select to_jsonb(t) - 'sync_xid' from public.user_profile t where t.sync_xid = k.xid and t.id = k.row_id)
          when 5 then (select to_jsonb(t) - 'sync_xid' from public.instrument t where t.sync_xid = k.xid and t.id = k.row_id)
          when 6 then (select to_jsonb(t) - 'sync_xid' from public.prefs_spaced_repetition t where t.sync_xid = k.xid and t.id = k.row_id)
          when 7 then (select to_jsonb(t) - 'sync_xid' from public.prefs_scheduling_options t where t.sync_xid = k.xid and t.id = k.row_id)
          when 8 then (select to_jsonb(t) - 'sync_xid' from public.tune t where t.sync_xid = k.xid and t.id = k.row_id)
          when 9 then (select to_jsonb(t) - 'sync_xid' from public.tune_override t where t.sync_xid = k.xid and t.id = k.row_id)
          when 10 then (select to_jsonb(t) - 'sync_xid' from public.playlist t where t.sync_xid = k.xid and t.id = k.row_id)
          when 11 then (select to_jsonb(t) - 'sync_xid' from public.playlist_tune t where t.sync_xid = k.xid and t.id = k.row_id)
          when 12 then (select to_jsonb(t) - 'sync_xid' from public.note t where t.sync_xid = k.xid and t.id = k.row_id)
          when 13 then (select to_jsonb(t) - 'sync_xid' from public."reference" t where t.sync_xid = k.xid and t.id = k.row_id)
          when 14 then (select to_jsonb(t) - 'sync_xid' from public.tag t where t.sync_xid = k.xid and t.id = k.row_id)
          when 15 then (select to_jsonb(t) - 'sync_xid' from public.practice_record t where t.sync_xid = k.xid and t.id = k.row_id)
          when 16 then (select to_jsonb(t) - 'sync_xid' from public.daily_practice_queue t where t.sync_xid = k.xid and t.id = k.row_id)
          when 17 then (select to_jsonb(t) - 'sync_xid' from public.tab_group_main_state t where t.sync_xid = k.xid and t.id = k.row_id)
          when 18 then (select to_jsonb(t) - 'sync_xid' from public.table_state t where t.sync_xid = k.xid and t.id = k.row_id)
          when 19 then (select to_jsonb(t) - 'sync_xid' from public.table_transient_data t where t.sync_xid = k.xid and t.id = k.row_id)
        end) order by k.n) filter (where k.taken), '[]'),
      not bool_and(k.taken),
      (array_agg(concat_ws('.', k.rank, coalesce(k.row_id::text, k.name_id)) order by k.n desc) filter (where k.taken))[1],
      (array_agg(k.xid::text order by k.n desc) filter (where k.taken))[1]
    into page, more, last_key, last_xid
    from cut k;
    more := coalesce(more, false);
  end if;

  if not more and me is not null then
    select jsonb_build_object('devices', coalesce(
      jsonb_agg(jsonb_build_object('id', d.id, 'name', d.name, 'last_seen', d.last_seen) order by d.last_seen desc, d.id), '[]'))
    into strict devices from public.sync_device d where d.user_ref = me;
  end if;
  return jsonb_build_object(
    'rows', page,
    'cursor', case when more then concat_ws('.', 'a', last_xid, concat_ws(':', below, known_floor), last_key)
      -- While an older transaction runs the position stays below a floor that was raised since; it is known all the same.
      when below < known_floor then concat('a.', below, '.-:', known_floor, '.0.') else concat('a.', below, '.-.0.') end,
    'has_more', more,
    'server_time', clock_timestamp(),
    'epoch', public.sync_epoch())
    || devices || floor_passed;
end $$;
