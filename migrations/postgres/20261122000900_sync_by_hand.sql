-- What is done to the database by hand, past the devices: rows removed and made anew, dumps loaded, rows hidden. Every device must notice.

-- Another history -----------------------------------------------------------------------------------------------------------
-- A dump loaded in place leaves the server, the database and the timeline as they were: nothing would say that versions have gone back.
-- sync_restamp, which has to follow, draws a mark, and sync_epoch goes by it, too. (Without one it says what it has always said.)
create table public.sync_mark (
  one boolean primary key default true check (one),
  mark uuid not null
);
comment on table public.sync_mark is 'Drawn anew by sync_restamp: the history is another one since.';
alter table public.sync_mark enable row level security;
revoke all on public.sync_mark from public, anon, authenticated;
grant all on public.sync_mark to service_role;

create or replace function public.sync_epoch() returns text
language sql stable security definer set search_path = '' as $$
  select md5(concat_ws(':',
    (select system_identifier from pg_control_system()),
    (select oid from pg_database where datname = current_database()),
    -- The timeline changes when a server is brought back to an earlier point.
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
    (select m.mark from public.sync_mark as m)))
$$;

create or replace function public.sync_restamp() returns void
language plpgsql set search_path = '' as $$
declare
  tbl text;
begin
  insert into public.sync_mark (mark) values (gen_random_uuid()) on conflict (one) do update set mark = excluded.mark;
  foreach tbl in array array['genre', 'tune_type', 'genre_tune_type', 'user_profile', 'instrument', 'prefs_spaced_repetition', 'prefs_scheduling_options', 'tune', 'tune_override', 'playlist', 'playlist_tune', 'note', 'reference', 'tag', 'practice_record', 'daily_practice_queue', 'tab_group_main_state', 'table_state', 'table_transient_data'] loop
    execute format('alter table public.%I disable trigger sync_stamp', tbl);
    execute format('update public.%I set sync_xid = pg_current_xact_id()', tbl);
    execute format('alter table public.%I enable trigger sync_stamp', tbl);
  end loop;
end $$;
comment on function public.sync_restamp() is
  'Gives all rows a new position, and the history a new name. Run once after a dump was loaded, into another server or in its own place.';

-- Removed and made anew -----------------------------------------------------------------------------------------------------
-- Devices may still have the row that was removed: one of that id made anew has to have a later version, or they take it for an older one.
create function public.sync_removed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.sync_floor as f set version = r.newest
  from (select max(sync_version) as newest from removed) as r where r.newest > f.version;
  return null;
end $$;
comment on function public.sync_removed() is 'Whatever is made from now on has a later version than the rows removed.';

do $$
declare
  tbl text;
begin
  foreach tbl in array array['user_profile', 'instrument', 'prefs_spaced_repetition', 'prefs_scheduling_options', 'tune', 'tune_override', 'playlist', 'playlist_tune', 'note', 'reference', 'tag', 'practice_record', 'daily_practice_queue', 'tab_group_main_state', 'table_state', 'table_transient_data'] loop
    execute format(
      'create trigger sync_removed after delete on public.%I referencing old table as removed
       for each statement execute function public.sync_removed()', tbl);
  end loop;
end $$;

-- Out of sight --------------------------------------------------------------------------------------------------------------
-- Notes and references that others have copies of, as tunes and instruments before (20261122000600_sync_compare.sql). The floor is nobody's to
-- write, and here it is a person who hides something of hers.
alter function public.sync_out_of_sight() security definer;

create trigger note_hidden after update of public on public.note for each row
  when (old.public and new.public is not true)
  execute function public.sync_out_of_sight();
create trigger note_removed after delete on public.note for each row
  when (old.public and not old.deleted)
  execute function public.sync_out_of_sight();
create trigger reference_hidden after update of public on public."reference" for each row
  when (old.public and new.public is not true)
  execute function public.sync_out_of_sight();
create trigger reference_removed after delete on public."reference" for each row
  when (old.public and not old.deleted)
  execute function public.sync_out_of_sight();

revoke all on function public.sync_removed() from public, anon, authenticated, service_role;
