-- Tombstones do not have to be kept for ever. What is purged is gone for good: a device whose cursor lies before the last purged tombstone
-- has not heard of it, is told so (floor_passed), compares everything and asks of the rows that did not come which are there (sync_look).

-- Milestones ------------------------------------------------------------------------------------------------------------
-- Which transaction was running when: how old a row is by the server's clock. The devices' stamps do not say when a tombstone came here.
create table public.sync_milestone (
  at timestamptz not null default now(),
  xid xid8 not null default pg_current_xact_id(),
  primary key (xid)
);
comment on table public.sync_milestone is 'Which transaction ran when; written with every purge.';

alter table public.sync_milestone enable row level security;
revoke all on public.sync_milestone from public, anon, authenticated;
grant all on public.sync_milestone to service_role;

-- Purge -------------------------------------------------------------------------------------------------------------------
-- To be run by the project's owner, daily for instance (pg_cron). The first run only notes where time stands: nothing is known to be old yet.
create function public.sync_purge_tombstones(older_than interval default '180 days') returns integer
language plpgsql set search_path = '' as $$
declare
  -- Children before parents: what nothing refers to any more can go.
  tables constant text[] := array['table_transient_data', 'table_state', 'tab_group_main_state', 'daily_practice_queue', 'practice_record', 'tag', 'reference', 'note', 'playlist_tune', 'playlist', 'tune_override', 'tune', 'prefs_scheduling_options', 'prefs_spaced_repetition', 'instrument'];
  before xid8;
  tbl text;
  nowhere text;
  highest xid8;
  newest integer;
  purged integer;
  total integer := 0;
begin
  if older_than is null or older_than < interval '0' then
    raise exception 'older_than must be an interval from now back, such as ''180 days''' using errcode = '22023';
  end if;
  -- One at a time, and no pull may see the rows gone without the floor: both are this one transaction.
  lock table public.sync_floor in exclusive mode;
  insert into public.sync_milestone default values on conflict do nothing;
  select max(m.xid::text::numeric)::text::xid8 into before from public.sync_milestone as m where m.at <= now() - older_than;
  if before is null then
    return 0;
  end if;
  -- The milestones before that one have served their time.
  delete from public.sync_milestone as m where m.xid < before;
  foreach tbl in array tables loop
    -- Nobody makes one of these rows anew before the floor is known to all.
    execute format('lock table public.%I in share row exclusive mode', tbl);
    -- The condition that no row refers to it, from the foreign keys themselves.
    select string_agg(format(' and not exists (select 1 from %s as c where c.%I = t.id)', k.conrelid::regclass, a.attname), '')
    into nowhere
    from pg_constraint as k join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.contype = 'f' and k.confrelid = format('public.%I', tbl)::regclass;
    execute format(
      'with gone as (delete from public.%I as t where t.deleted and t.sync_xid < $1%s returning t.sync_xid, t.sync_version)
       select count(*), max(sync_xid::text::numeric)::text::xid8, max(sync_version) from gone', tbl, coalesce(nowhere, ''))
    into purged, highest, newest using before;
    total := total + purged;
    if purged > 0 then
      -- Whoever has read beyond the last of them knows them all.
      update public.sync_floor as f set
        xid = greatest(f.xid::text::numeric, highest::text::numeric + 1)::text::xid8, version = greatest(f.version, newest);
    end if;
  end loop;
  return total;
end $$;
comment on function public.sync_purge_tombstones(interval) is
  'Removes tombstones that have lain on the server for longer than that and that nothing refers to. How many. For the project''s owner only.';

-- Out of sight --------------------------------------------------------------------------------------------------------------
-- A tune or an instrument of everybody's that becomes one person's, changes its owner or is removed by hand goes out of sight without a tombstone:
-- no pull can tell whoever saw it. So it counts like a purge: every device compares once. Rare, and the project owner's doing alone.
-- (What comes into sight is a change of the row, and travels as such.)
create function public.sync_out_of_sight() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.sync_floor as f set
    xid = greatest(f.xid::text::numeric, pg_current_xact_id()::text::numeric + 1)::text::xid8;
  return null;
end $$;
comment on function public.sync_out_of_sight() is 'Raises the floor of cursors: rows were hidden from people who may have them.';

create trigger tune_hidden after update of private_for on public.tune for each row
  when (new.private_for is not null and old.private_for is distinct from new.private_for)
  execute function public.sync_out_of_sight();
create trigger tune_removed after delete on public.tune for each row
  when (old.private_for is null and not old.deleted)
  execute function public.sync_out_of_sight();
create trigger instrument_hidden after update of private_to_user on public.instrument for each row
  when (new.private_to_user is not null and old.private_to_user is distinct from new.private_to_user)
  execute function public.sync_out_of_sight();
create trigger instrument_removed after delete on public.instrument for each row
  when (old.private_to_user is null and not old.deleted)
  execute function public.sync_out_of_sight();

-- Look --------------------------------------------------------------------------------------------------------------------
create function public.sync_look(rows json) returns jsonb
language plpgsql stable set search_path = '' set timezone = 'UTC' as $$
declare
  tables constant text[] := array['user_profile', 'instrument', 'prefs_spaced_repetition', 'prefs_scheduling_options', 'tune', 'tune_override', 'playlist', 'playlist_tune', 'note', 'reference', 'tag', 'practice_record', 'daily_practice_queue', 'tab_group_main_state', 'table_state', 'table_transient_data'];
  tbl text;
  ids uuid[];
  found jsonb;
  here jsonb := '[]';
  gone jsonb := '[]';
  missing jsonb;
begin
  if rows is null or json_typeof(rows) <> 'array' or json_array_length(rows) > 1000 then
    raise exception 'rows must be an array of at most 1000 pairs of table and id' using errcode = '22023';
  end if;
  if exists (select 1 from json_array_elements(rows) as r (pair)
      where json_typeof(pair) <> 'array' or not coalesce(pair ->> 0 = any (tables), false)
        or coalesce(pair ->> 1, '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') then
    raise exception 'a row is named by a synced table and a UUID' using errcode = '22023';
  end if;
  foreach tbl in array tables loop
    select array_agg((pair ->> 1)::uuid) into ids from json_array_elements(rows) as r (pair) where pair ->> 0 = tbl;
    continue when ids is null;
    execute format(
      'with asked as (select distinct unnest($1) as id)
       select coalesce(jsonb_agg(jsonb_build_array($2, to_jsonb(t) - ''sync_xid'') order by a.id) filter (where t.id is not null), ''[]''),
         coalesce(jsonb_agg(jsonb_build_array($2, a.id) order by a.id) filter (where t.id is null), ''[]'')
       from asked as a left join public.%I as t on t.id = a.id', tbl)
    into found, missing using ids, tbl;
    here := here || found;
    gone := gone || missing;
  end loop;
  return jsonb_build_object('rows', here, 'gone', gone, 'reader', (select auth.uid()), 'has_more', false,
    'server_time', clock_timestamp(), 'epoch', public.sync_epoch());
end $$;
comment on function public.sync_look(json) is
  'Of these rows ([table, id], …): those that the caller can see, whole, and those that are not there for her.';

revoke all on function public.sync_purge_tombstones(interval), public.sync_look(json),
  public.sync_out_of_sight() from public, anon, authenticated, service_role;
grant execute on function public.sync_purge_tombstones(interval) to service_role;
grant execute on function public.sync_look(json) to anon, authenticated, service_role;
