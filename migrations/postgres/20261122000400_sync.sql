-- How rows travel. sync_stamp gives every write its version and its place in the order of pulling; sync_push takes a device's edits;
-- sync_pull hands out what is new. Both run with the caller's rights, so row level security decides everything.

-- Where the position of a row comes from: sync_xid is the transaction that last wrote it. A pull reads only transactions older than every
-- one still running (pg_snapshot_xmin), so nothing can later appear behind a cursor. Clocks and sequences both lose late commits.

-- What was purged (20261122000600_sync_compare.sql) -------------------------------------------------------------------------
create table public.sync_floor (
  one boolean primary key default true check (one),
  xid xid8 not null,
  version integer not null
);
comment on table public.sync_floor is
  'Tombstones written before this transaction may have been purged; none of them had a higher sync_version than this.';
insert into public.sync_floor (xid, version) values ('0', 0);
alter table public.sync_floor enable row level security;
revoke all on public.sync_floor from public, anon, authenticated;
grant all on public.sync_floor to service_role;
grant select on public.sync_floor to anon, authenticated;
create policy sync_floor_select on public.sync_floor for select to anon, authenticated using (true);

-- Stamps -----------------------------------------------------------------------------------------------------------------
create function public.sync_stamp() returns trigger
language plpgsql set search_path = '' as $$
declare
  stamp timestamptz := least(coalesce(new.last_modified_at, now()), now() + interval '5 minutes');
  device text := new.device_id;
begin
  if tg_op = 'UPDATE' then
    if new.id is distinct from old.id then
      raise exception 'the id of a row never changes' using errcode = '23514';
    end if;
    new.sync_version := old.sync_version;
    new.sync_xid := old.sync_xid;
    new.last_modified_at := old.last_modified_at;
    new.device_id := old.device_id;
    -- Nothing of substance differs: the row stays as it is, no device hears of it. Unless the write is a later one: a device that takes back
    -- an edit without knowing whether the edit arrived must leave another version behind, or a late copy of the edit would still fit.
    if new is not distinct from old and stamp <= old.last_modified_at then
      return old;
    end if;
    new.sync_version := old.sync_version + 1;
  else
    -- Later than every tombstone that was purged: devices may still have the one of this very row.
    new.sync_version := 1 + (select f.version from public.sync_floor as f);
  end if;
  new.sync_xid := pg_current_xact_id();
  new.last_modified_at := stamp;
  new.device_id := device;
  return new;
end $$;
comment on function public.sync_stamp() is 'Raises sync_version, sets sync_xid, keeps last_modified_at from running more than 5 minutes ahead.';

create function public.sync_stamp_reference() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    new.sync_xid := old.sync_xid;
    if new is not distinct from old then
      return old;
    end if;
  end if;
  new.sync_xid := pg_current_xact_id();
  return new;
end $$;
comment on function public.sync_stamp_reference() is 'Sets sync_xid of the reference tables.';

-- Fires before sync_stamp (triggers run in the order of their names).
create function public.practice_record_keep() returns trigger
language plpgsql set search_path = '' as $$
declare
  kept record := new;
begin
  kept.deleted := old.deleted;
  kept.sync_version := old.sync_version;
  kept.sync_xid := old.sync_xid;
  kept.last_modified_at := old.last_modified_at;
  kept.device_id := old.device_id;
  if kept is distinct from old then
    raise exception 'a practice record is history: only deleted may change'
      using errcode = '23514', hint = 'Delete the record and make a new one.';
  end if;
  return new;
end $$;
create trigger practice_record_keep before update on public.practice_record for each row execute function public.practice_record_keep();

create trigger sync_stamp before insert or update on public.user_profile for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.instrument for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.prefs_spaced_repetition for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.prefs_scheduling_options for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.tune for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.tune_override for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.playlist for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.playlist_tune for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.note for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public."reference" for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.tag for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.practice_record for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.daily_practice_queue for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.tab_group_main_state for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.table_state for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.table_transient_data for each row execute function public.sync_stamp();
create trigger sync_stamp before insert or update on public.genre for each row execute function public.sync_stamp_reference();
create trigger sync_stamp before insert or update on public.tune_type for each row execute function public.sync_stamp_reference();
create trigger sync_stamp before insert or update on public.genre_tune_type for each row execute function public.sync_stamp_reference();

-- Which history the positions belong to: another server, another database or a restored backup is another epoch, and devices then pull
-- everything anew. (After loading a dump into another server run sync_restamp, below.)
create function public.sync_epoch() returns text
language sql stable security definer set search_path = '' as $$
  select md5(concat_ws(':',
    (select system_identifier from pg_control_system()),
    (select oid from pg_database where datname = current_database()),
    -- The timeline changes when a server is brought back to an earlier point.
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)))
$$;
comment on function public.sync_epoch() is 'Names the history that cursors belong to; when it changes, pull from the start.';

-- The oldest app that may still send: the number of its SQLite schema. An older one is told to update (PostgREST makes 426 of PT426); it
-- goes on pulling, and keeps its edits. To be replaced by a migration after which old apps would do harm.
create function public.sync_min_schema() returns integer
language sql immutable set search_path = '' as $$ select 0 $$;
comment on function public.sync_min_schema() is 'The oldest SQLite schema of the app whose edits are taken.';

-- A person's devices, by the names she gave them. Written by sync_push only, and no part of what is synced row by row.
create table public.sync_device (
  user_ref uuid not null references auth.users (id) on delete cascade,
  id text not null,
  name text,
  last_seen timestamptz not null default now(),
  primary key (user_ref, id)
);
comment on table public.sync_device is 'A person''s devices: their names, and when they last sent something.';
alter table public.sync_device enable row level security;
revoke all on public.sync_device from public, anon, authenticated;
grant select, insert, update on public.sync_device to authenticated;
grant all on public.sync_device to service_role;
create policy sync_device_select on public.sync_device for select to authenticated using (user_ref = (select auth.uid()));
create policy sync_device_insert on public.sync_device for insert to authenticated with check (user_ref = (select auth.uid()));
create policy sync_device_update on public.sync_device for update to authenticated
  using (user_ref = (select auth.uid())) with check (user_ref = (select auth.uid()));

-- Push -------------------------------------------------------------------------------------------------------------------
-- ops is json, not jsonb: a text that jsonb cannot hold (a NUL character) then fails in its own operation only.
-- Neighbours that are alike (one table, all new or all changed, the same columns) are first written by one statement under one savepoint,
-- ten times as fast. What that does not write, or all of them if one fails, is then written one by one, so that each gets its own answer.
-- The row of an answer is whole, or its stamps only where all the rest is as it was sent.
-- epoch is the history that the edits were made on. If it is not this server's (any more), nothing is written and nothing answered but this
-- server's: versions of two histories may be equal by chance, and the device has to compare first.
create function public.sync_push(
  ops json, device text default null, schema integer default null, name text default null, epoch text default null)
returns jsonb
language plpgsql set search_path = '' set timezone = 'UTC' as $$
declare
  tables constant text[] := array['user_profile', 'instrument', 'prefs_spaced_repetition', 'prefs_scheduling_options', 'tune', 'tune_override', 'playlist', 'playlist_tune', 'note', 'reference', 'tag', 'practice_record', 'daily_practice_queue', 'tab_group_main_state', 'table_state', 'table_transient_data'];
  uuid_form constant text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  -- Connection, resources, rollback, locks, shutdown, system: passing trouble ends the call, for the device to send it again.
  passing constant text[] := array['08', '25', '40', '53', '55', '57', '58', 'XX'];
  stamps constant text := 'jsonb_build_object(''sync_version'', t.sync_version, ''last_modified_at'', t.last_modified_at, ''device_id'', t.device_id)';
  fields jsonb;                  -- table -> the columns a device may set
  items json[];
  parsed jsonb[];                -- the same, each read once, unless something in it cannot be
  answers jsonb[];               -- one for each item
  -- Runs of neighbours that are alike: where they begin and end; whether they can be written at once.
  begins integer[];
  ends integer[];
  alike boolean[];
  ids uuid[];
  numbers numeric[];
  bases integer[];
  answered jsonb[];
  op jsonb;
  echo jsonb;                    -- the number of the operation, which its result repeats
  tbl text;
  row_id uuid;
  base integer;
  wanted jsonb;
  names text[];
  listed text;
  stands jsonb;
  bad text;
  found_equal boolean;
begin
  if ops is null or json_typeof(ops) <> 'array' then
    raise exception 'ops must be an array of operations' using errcode = '22023';
  end if;
  if json_array_length(ops) > 1000 then
    raise exception 'at most 1000 operations in one call, these are %', json_array_length(ops) using errcode = '22023';
  end if;
  -- Goes into the doorbell's message, so that a device knows its own echo.
  perform set_config('tunetrees.device', coalesce(device, ''), true);

  if coalesce(schema, 0) < public.sync_min_schema() then
    raise exception 'this app is too old (schema %), the server takes edits from schema % on', coalesce(schema, 0), public.sync_min_schema()
      using errcode = 'PT426', hint = 'Reload the page to update the app. Nothing is lost.';
  end if;
  if sync_push.epoch <> public.sync_epoch() then
    return jsonb_build_object('results', '[]'::jsonb, 'server_time', clock_timestamp(), 'epoch', public.sync_epoch());
  end if;
  if device is not null and (select auth.uid()) is not null then
    -- Not with every call: last_seen need not be to the minute.
    begin
      insert into public.sync_device as d (user_ref, id, name) values ((select auth.uid()), left(device, 100), left(sync_push.name, 100))
      on conflict (user_ref, id) do update set name = coalesce(excluded.name, d.name), last_seen = now()
        where d.last_seen < now() - interval '5 minutes' or coalesce(excluded.name, d.name) is distinct from d.name;
    exception when foreign_key_violation then
      null;  -- An account that is gone: its operations are answered one by one.
    end;
  end if;

  select array_agg(value order by n), array_agg(null::jsonb) into items, answers
  from json_array_elements(ops) with ordinality as element (value, n);
  select jsonb_object_agg(listed_table, (
    select jsonb_agg(a.attname) from pg_attribute a
    where a.attrelid = format('public.%I', listed_table)::regclass and a.attnum > 0 and not a.attisdropped
      and a.attname <> all (array['id', 'sync_version', 'sync_xid'])))
  into fields from unnest(tables) as listed_table;

  begin
    parsed := array(select value from jsonb_array_elements(ops::jsonb) with ordinality as element (value, n) order by n);
    with looked_at as (
      select n, jsonb_build_array(value ->> 'table', value ->> 'base' = '0', keys) as kind, keys is not null as fits
      from unnest(parsed) with ordinality as item (value, n),
        -- offset: reckoned once, not wherever it is named.
        lateral (select case when value ->> 'table' = any (tables) and value ->> 'id' ~* uuid_form and value ->> 'op' ~ '^[0-9]{1,20}$'
            and jsonb_typeof(value -> 'base') = 'number' and value ->> 'base' ~ '^[0-9]{1,9}$' and jsonb_typeof(value -> 'row') = 'object'
            and coalesce(value -> 'row' ->> 'id', value ->> 'id') = value ->> 'id' then
          (select jsonb_agg(key) from jsonb_object_keys(value -> 'row') as key where key <> 'id') end as keys offset 0) as k
    ), numbered as (
      select n, fits, sum(fresh) over (order by n) as run
      from (select *, (lag(kind) over (order by n) is distinct from kind)::integer as fresh from looked_at) as marked
    ), runs as (
      select min(n)::integer as first, max(n)::integer as last, bool_and(fits) and count(*) > 1 as alike from numbered group by run
    )
    select array_agg(r.first order by r.first), array_agg(r.last order by r.first), array_agg(r.alike order by r.first)
    into begins, ends, alike from runs as r;
  exception when others then
    -- Something that cannot even be looked at.
    begins := array[1];
    ends := array[cardinality(items)];
    alike := array[false];
  end;

  for run in 1..coalesce(cardinality(begins), 0) loop
    -- Many at once.
    if alike[run] then
      begin
        tbl := parsed[begins[run]] ->> 'table';
        names := array(select key from jsonb_object_keys(parsed[begins[run]] -> 'row') as key where key <> 'id');
        select jsonb_agg(v -> 'row' || jsonb_build_object('id', v ->> 'id') order by n), array_agg((v ->> 'id')::uuid order by n),
          array_agg((v ->> 'op')::numeric order by n), array_agg((v ->> 'base')::integer order by n)
        into wanted, ids, numbers, bases
        from unnest(parsed[begins[run]:ends[run]]) with ordinality as item (v, n);
        if fields -> tbl ?& names and (select count(distinct id) from unnest(ids) as id) = cardinality(ids) then
          if bases[1] = 0 then
            select format('insert into public.%1$I as t (id, %2$s) select id, %2$s
                from jsonb_populate_recordset(null::public.%1$I, $1) on conflict (id) do nothing', tbl, string_agg(quote_ident(listed_name), ', '))
            into listed from unnest(names) as listed_name;
          else
            select format('update public.%1$I as t set %2$s
                from jsonb_populate_recordset(null::public.%1$I, $1) as r, unnest($2, $4) as s (id, base)
                where t.id = r.id and s.id = r.id and t.sync_version = s.base', tbl, string_agg(format('%1$I = r.%1$I', listed_name), ', '))
            into listed from unnest(names) as listed_name;
          end if;
          execute format(
            'with written as (%s returning t.id, %s as stamps)
             select array_agg(case when w.id is not null then jsonb_build_object(''op'', s.op, ''status'', ''applied'', ''row'', w.stamps) end order by s.n)
             from unnest($2, $3) with ordinality as s (id, op, n) left join written as w on w.id = s.id', listed, stamps)
          into answered using wanted, ids, numbers, bases;
          for n in begins[run]..ends[run] loop
            answers[n] := answered[n - begins[run] + 1];
          end loop;
        end if;
      exception when others then
        if left(sqlstate, 2) = any (passing) then
          raise;
        end if;
      end;
    end if;

    -- One by one what is not answered yet.
    for n in begins[run]..ends[run] loop
      continue when answers[n] is not null;
      -- Read as text, since this must not fail.
      echo := to_jsonb(substring(items[n]::text from '"op"\s*:\s*([0-9]{1,20})')::numeric);
      begin
        op := items[n]::jsonb;
        tbl := op ->> 'table';
        if tbl is null or not tbl = any (tables) then
          raise exception 'there is no synced table "%"', coalesce(tbl, '') using errcode = '42P01';
        end if;
        if not coalesce(op ->> 'id', '') ~* uuid_form then
          raise exception 'the id "%" is not a UUID', coalesce(op ->> 'id', '') using errcode = '22P02';
        end if;
        if jsonb_typeof(op -> 'base') is distinct from 'number' or op ->> 'base' !~ '^[0-9]{1,9}$' then
          raise exception 'base must be the sync_version that was edited, 0 for a new row' using errcode = '22023';
        end if;
        if jsonb_typeof(op -> 'row') is distinct from 'object' then
          raise exception 'row must be an object of column values' using errcode = '22023';
        end if;
        row_id := (op ->> 'id')::uuid;
        base := (op ->> 'base')::integer;
        wanted := op -> 'row';
        if wanted ? 'id' and lower(wanted ->> 'id') is distinct from row_id::text then
          raise exception 'the id of a row never changes' using errcode = '23514';
        end if;
        wanted := wanted - 'id';
        select key into bad from jsonb_object_keys(wanted) as key where not (fields -> tbl) ? key limit 1;
        if found then
          raise exception 'table % has no column "%" that a device may set', tbl, bad using errcode = '42703';
        end if;
        names := array(select quote_ident(key) from jsonb_object_keys(wanted) as key);
        stands := null;

        if base = 0 then
          listed := array_to_string(array_prepend('id', names), ', ');
          execute format(
            'insert into public.%1$I as t (%2$s) select %2$s from jsonb_populate_record(null::public.%1$I, $1)
             on conflict (id) do nothing returning %3$s', tbl, listed, stamps)
            into stands using wanted || jsonb_build_object('id', row_id);
        elsif cardinality(names) > 0 then
          select string_agg(format('%1$s = r.%1$s', listed_name), ', ') into listed from unnest(names) as listed_name;
          execute format(
            'update public.%1$I as t set %2$s from jsonb_populate_record(null::public.%1$I, $1) as r
             where t.id = $2 and t.sync_version = $3 returning %3$s', tbl, listed, stamps)
            into stands using wanted, row_id, base;
        end if;

        if stands is not null then
          answers[n] := jsonb_build_object('op', echo, 'status', 'applied', 'row', stands);
          continue;
        end if;

        -- Nothing was written. What does stand there, as far as the caller may see?
        execute format(
          'select to_jsonb(t) - ''sync_xid'' from public.%I as t where t.id = $1', tbl) into stands using row_id;
        if stands is null and base = 0 then
          raise exception 'the id % is taken by a row you may not see', row_id using errcode = '42501';
        elsif stands is null then
          answers[n] := jsonb_build_object('op', echo, 'status', 'conflict', 'row', null);
        else
          -- All that was wanted is so already (most often the same call came twice, its first reply lost): nothing to settle.
          execute format(
            'select (to_jsonb(r) - $2) <@ $3 from (select %2$s from jsonb_populate_record(null::public.%1$I, $1)) as r',
            tbl, coalesce(nullif(array_to_string(names, ', '), ''), 'null as nothing'))
            into strict found_equal using wanted, array['last_modified_at', 'device_id', 'nothing'], stands;
          if found_equal and (stands ->> 'sync_version')::integer >= base then
            answers[n] := jsonb_build_object('op', echo, 'status', 'applied', 'row', stands);
          elsif (stands ->> 'sync_version')::integer = base then
            raise exception 'this row of table % is read-only for you', tbl using errcode = '42501';
          else
            answers[n] := jsonb_build_object('op', echo, 'status', 'conflict', 'row', stands);
          end if;
        end if;
      exception when others then
        if left(sqlstate, 2) = any (passing) then
          raise;
        end if;
        answers[n] := jsonb_build_object('op', echo, 'status', 'refused', 'code', sqlstate, 'message', sqlerrm);
      end;
    end loop;
  end loop;
  return jsonb_build_object('results', coalesce(to_jsonb(answers), '[]'), 'server_time', clock_timestamp(), 'epoch', public.sync_epoch());
end $$;
comment on function public.sync_push(json, text, integer, text, text) is
  'Writes a device''s edits in order, each under a savepoint, by compare-and-set on sync_version. Answers each: applied, conflict or refused.';

-- Pull -------------------------------------------------------------------------------------------------------------------
-- Public notes and references of others, in the order of pulling.
create index note_public_pull_idx on public.note (sync_xid, id) where public;
create index reference_public_pull_idx on public."reference" (sync_xid, id) where public;

-- The cursor: a.<xid>.<bound>.<rank>.<id> = read on after the row <id> of the table <rank> written by <xid>; bound is the transaction
-- that the running series of pages stops before, "-" when none is running. <bound>:<floor> = and this was the floor when it began:
-- a purge since then matters to it (20261122000600_sync_compare.sql).
-- The keys of a page are gathered first, table by table along its pull index; only the page's own rows are then turned into JSON.
create function public.sync_pull("cursor" text default null, page_limit integer default 500) returns jsonb
language plpgsql stable set search_path = '' set timezone = 'UTC' set plan_cache_mode = force_generic_plan as $$
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
  page jsonb;
  page_size integer;
  last_key text;
  last_xid text;
  more boolean;
  devices jsonb := '{}';
begin
  if "cursor" is not null then
    parts := regexp_match("cursor", '^a\.([0-9]{1,19})\.([0-9]{1,19}(?::[0-9]{1,19})?|-)\.([0-9]{1,2})\.(.*)$');
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
    if parts[2] <> '-' then
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
          when 5 then (select to_jsonb(t) - 'sync_xid' from public.instrument t where t.id = k.row_id)
          when 8 then (select to_jsonb(t) - 'sync_xid' from public.tune t where t.id = k.row_id)
        end) order by k.n) filter (where k.n < wanted), '[]'),
      count(*),
      max(concat_ws('.', k.rank, coalesce(k.row_id::text, k.name_id))) filter (where k.n = wanted - 1),
      max(k.xid::text) filter (where k.n = wanted - 1)
    into page, page_size, last_key, last_xid
    from numbered k;
  else
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
        (select t.sync_xid, 4, t.id, null from public.user_profile t
          where t.id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[4], after_id[4])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 5, t.id, null from public.instrument t
          where t.private_to_user = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[5], after_id[5])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 5, t.id, null from public.instrument t
          where t.private_to_user is null and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[5], after_id[5])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 6, t.id, null from public.prefs_spaced_repetition t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[6], after_id[6])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 7, t.id, null from public.prefs_scheduling_options t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[7], after_id[7])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 8, t.id, null from public.tune t
          where t.private_for = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[8], after_id[8])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 8, t.id, null from public.tune t
          where t.private_for is null and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[8], after_id[8])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 9, t.id, null from public.tune_override t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[9], after_id[9])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 10, t.id, null from public.playlist t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[10], after_id[10])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 11, t.id, null from public.playlist_tune t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[11], after_id[11])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 12, t.id, null from public.note t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[12], after_id[12])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 12, t.id, null from public.note t
          where t.public and t.user_ref is distinct from me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[12], after_id[12])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 13, t.id, null from public."reference" t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[13], after_id[13])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 13, t.id, null from public."reference" t
          where t.public and t.user_ref is distinct from me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[13], after_id[13])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 14, t.id, null from public.tag t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[14], after_id[14])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 15, t.id, null from public.practice_record t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[15], after_id[15])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 16, t.id, null from public.daily_practice_queue t
          where t.user_ref = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[16], after_id[16])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 17, t.id, null from public.tab_group_main_state t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[17], after_id[17])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 18, t.id, null from public.table_state t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[18], after_id[18])
          order by t.sync_xid, t.id limit wanted)
        union all
        (select t.sync_xid, 19, t.id, null from public.table_transient_data t
          where t.user_id = me and t.sync_xid < below
            and (t.sync_xid, t.id) > (after_xid[19], after_id[19])
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
          when 4 then (select to_jsonb(t) - 'sync_xid' from public.user_profile t where t.id = k.row_id)
          when 5 then (select to_jsonb(t) - 'sync_xid' from public.instrument t where t.id = k.row_id)
          when 6 then (select to_jsonb(t) - 'sync_xid' from public.prefs_spaced_repetition t where t.id = k.row_id)
          when 7 then (select to_jsonb(t) - 'sync_xid' from public.prefs_scheduling_options t where t.id = k.row_id)
          when 8 then (select to_jsonb(t) - 'sync_xid' from public.tune t where t.id = k.row_id)
          when 9 then (select to_jsonb(t) - 'sync_xid' from public.tune_override t where t.id = k.row_id)
          when 10 then (select to_jsonb(t) - 'sync_xid' from public.playlist t where t.id = k.row_id)
          when 11 then (select to_jsonb(t) - 'sync_xid' from public.playlist_tune t where t.id = k.row_id)
          when 12 then (select to_jsonb(t) - 'sync_xid' from public.note t where t.id = k.row_id)
          when 13 then (select to_jsonb(t) - 'sync_xid' from public."reference" t where t.id = k.row_id)
          when 14 then (select to_jsonb(t) - 'sync_xid' from public.tag t where t.id = k.row_id)
          when 15 then (select to_jsonb(t) - 'sync_xid' from public.practice_record t where t.id = k.row_id)
          when 16 then (select to_jsonb(t) - 'sync_xid' from public.daily_practice_queue t where t.id = k.row_id)
          when 17 then (select to_jsonb(t) - 'sync_xid' from public.tab_group_main_state t where t.id = k.row_id)
          when 18 then (select to_jsonb(t) - 'sync_xid' from public.table_state t where t.id = k.row_id)
          when 19 then (select to_jsonb(t) - 'sync_xid' from public.table_transient_data t where t.id = k.row_id)
        end) order by k.n) filter (where k.n < wanted), '[]'),
      count(*),
      max(concat_ws('.', k.rank, coalesce(k.row_id::text, k.name_id))) filter (where k.n = wanted - 1),
      max(k.xid::text) filter (where k.n = wanted - 1)
    into page, page_size, last_key, last_xid
    from numbered k;
  end if;

  more := page_size >= wanted;
  if not more and me is not null then
    select jsonb_build_object('devices', coalesce(
      jsonb_agg(jsonb_build_object('id', d.id, 'name', d.name, 'last_seen', d.last_seen) order by d.last_seen desc, d.id), '[]'))
    into strict devices from public.sync_device d where d.user_ref = me;
  end if;
  return jsonb_build_object(
    'rows', page,
    'cursor', case when more then concat_ws('.', 'a', last_xid, concat_ws(':', below, known_floor), last_key) else concat('a.', below, '.-.0.') end,
    'has_more', more,
    'server_time', clock_timestamp(),
    'epoch', public.sync_epoch())
    || devices || floor_passed;
end $$;
comment on function public.sync_pull(text, integer) is
  'The next page of rows that are new to the caller, over all tables, parents first within a transaction. cursor null = from the start.';

-- For the owner of the project only: after a dump was loaded into another server, whose transaction numbers are lower.
create function public.sync_restamp() returns void
language plpgsql set search_path = '' as $$
declare
  tbl text;
begin
  foreach tbl in array array['genre', 'tune_type', 'genre_tune_type', 'user_profile', 'instrument', 'prefs_spaced_repetition', 'prefs_scheduling_options', 'tune', 'tune_override', 'playlist', 'playlist_tune', 'note', 'reference', 'tag', 'practice_record', 'daily_practice_queue', 'tab_group_main_state', 'table_state', 'table_transient_data'] loop
    execute format('alter table public.%I disable trigger sync_stamp', tbl);
    execute format('update public.%I set sync_xid = pg_current_xact_id()', tbl);
    execute format('alter table public.%I enable trigger sync_stamp', tbl);
  end loop;
end $$;
comment on function public.sync_restamp() is 'Gives all rows a new position. Run once after a dump was loaded into another server.';

-- Accounts ---------------------------------------------------------------------------------------------------------------
create function public.user_profile_of_account() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into public.user_profile (id, email, name)
    values (new.id, new.email, coalesce(new.raw_user_meta_data ->> 'name', new.raw_user_meta_data ->> 'full_name'))
    on conflict (id) do update set email = excluded.email, last_modified_at = now();
  elsif new.email is distinct from old.email then
    update public.user_profile set email = new.email, last_modified_at = now(), device_id = null where id = new.id;
  end if;
  return null;
end $$;
comment on function public.user_profile_of_account() is 'Makes the profile of a new account and keeps its address current.';
create trigger user_profile_of_account after insert or update of email on auth.users
  for each row execute function public.user_profile_of_account();
insert into public.user_profile (id, email) select id, email from auth.users on conflict (id) do nothing;

-- Who may call what ------------------------------------------------------------------------------------------------------
revoke all on function public.sync_stamp(), public.sync_stamp_reference(), public.practice_record_keep(), public.sync_restamp(),
  public.user_profile_of_account(), public.sync_epoch(), public.sync_min_schema(), public.sync_push(json, text, integer, text, text), public.sync_pull(text, integer)
from public, anon, authenticated, service_role;
grant execute on function public.sync_push(json, text, integer, text, text), public.sync_min_schema() to authenticated, service_role;
grant execute on function public.sync_pull(text, integer), public.sync_epoch() to anon, authenticated, service_role;
