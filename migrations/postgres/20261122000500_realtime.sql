-- The doorbell: whoever's rows changed gets one message a transaction on the private channel sync:<user id>. It carries no data; it means
-- "pull". Everything here is skipped where there is no Realtime (a plain PostgreSQL).

-- Runs as its owner: devices may not send on the channel themselves. A failed message never fails the write (realtime.send only warns).
create function public.sync_doorbell() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  owner uuid;
  rung text := coalesce(current_setting('tunetrees.rung', true), '');
begin
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null then
    return null;
  end if;
  -- Rows that were written without a change keep their old sync_xid and ring nothing.
  for owner in execute format(
    'select distinct %1$I from changed where %1$I is not null and sync_xid = pg_current_xact_id()', tg_argv[0])
  loop
    if strpos(rung, owner::text) = 0 then
      rung := concat_ws(' ', nullif(rung, ''), owner);
      perform set_config('tunetrees.rung', rung, true);
      perform realtime.send(
        jsonb_strip_nulls(jsonb_build_object('device', nullif(current_setting('tunetrees.device', true), ''))),
        'changed', concat('sync:', owner), true);
    end if;
  end loop;
  return null;
end $$;
comment on function public.sync_doorbell() is 'Tells the owner''s devices, once a transaction, that there is something to pull.';
revoke all on function public.sync_doorbell() from public, anon, authenticated, service_role;

create trigger sync_doorbell_insert after insert on public.user_profile referencing new table as changed
  for each statement execute function public.sync_doorbell('id');
create trigger sync_doorbell_update after update on public.user_profile referencing new table as changed
  for each statement execute function public.sync_doorbell('id');
create trigger sync_doorbell_insert after insert on public.instrument referencing new table as changed
  for each statement execute function public.sync_doorbell('private_to_user');
create trigger sync_doorbell_update after update on public.instrument referencing new table as changed
  for each statement execute function public.sync_doorbell('private_to_user');
create trigger sync_doorbell_insert after insert on public.prefs_spaced_repetition referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_update after update on public.prefs_spaced_repetition referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_insert after insert on public.prefs_scheduling_options referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_update after update on public.prefs_scheduling_options referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_insert after insert on public.tune referencing new table as changed
  for each statement execute function public.sync_doorbell('private_for');
create trigger sync_doorbell_update after update on public.tune referencing new table as changed
  for each statement execute function public.sync_doorbell('private_for');
create trigger sync_doorbell_insert after insert on public.tune_override referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public.tune_override referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public.playlist referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public.playlist referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public.playlist_tune referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public.playlist_tune referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public.note referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public.note referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public."reference" referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public."reference" referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public.tag referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public.tag referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public.practice_record referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public.practice_record referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public.daily_practice_queue referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_update after update on public.daily_practice_queue referencing new table as changed
  for each statement execute function public.sync_doorbell('user_ref');
create trigger sync_doorbell_insert after insert on public.tab_group_main_state referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_update after update on public.tab_group_main_state referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_insert after insert on public.table_state referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_update after update on public.table_state referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_insert after insert on public.table_transient_data referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');
create trigger sync_doorbell_update after update on public.table_transient_data referencing new table as changed
  for each statement execute function public.sync_doorbell('user_id');

-- Who may listen: each person on her own channel. No policy for insert: nobody may send.
do $$
begin
  if to_regclass('realtime.messages') is not null and to_regprocedure('realtime.topic()') is not null then
    create policy sync_doorbell_select on realtime.messages for select to authenticated
      using (realtime.topic() = 'sync:' || (select auth.uid())::text and extension = 'broadcast');
  end if;
exception when insufficient_privilege then
  raise warning 'no right to make a policy on realtime.messages: devices will pull by timer only';
end $$;

-- For clients that listen to table changes instead.
do $$
declare
  tbl text;
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    return;
  end if;
  foreach tbl in array array['user_profile', 'instrument', 'prefs_spaced_repetition', 'prefs_scheduling_options', 'tune', 'tune_override', 'playlist', 'playlist_tune', 'note', 'reference', 'tag', 'practice_record', 'daily_practice_queue', 'tab_group_main_state', 'table_state', 'table_transient_data'] loop
    if not exists (
      select from pg_publication_tables where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = tbl) then
      execute format('alter publication supabase_realtime add table public.%I', tbl);
    end if;
  end loop;
end $$;
