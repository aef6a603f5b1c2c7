-- The end of an account: everything of the person who asks, at once and for good. Runs as its owner, because nobody may delete a row of auth.users
-- or, otherwise, of anything; it looks at nothing but who asks.
create function public.delete_my_account() returns void
language plpgsql security definer set search_path = '' as $$
declare
  me constant uuid := (select auth.uid());
  tbl text;
  owner text;
  referred text;
begin
  if me is null then
    raise exception 'sign in first' using errcode = '28000';
  end if;
  -- What others have copies of stays as an empty tombstone of nobody's, so that it goes from their devices, too.
  update public.note set
    deleted = true, user_ref = null, playlist_ref = null, note_text = null, created_date = null, favorite = null, device_id = null,
    last_modified_at = now()
  where user_ref = me and public;
  update public.reference set
    deleted = true, user_ref = null, url = '', title = null, comment = null, favorite = null, device_id = null, last_modified_at = now()
  where user_ref = me and public;
  -- Children before parents.
  for tbl, owner in values
    ('table_transient_data', 'user_id'), ('table_state', 'user_id'), ('tab_group_main_state', 'user_id'),
    ('daily_practice_queue', 'user_ref'), ('practice_record', 'user_ref'), ('tag', 'user_ref'), ('reference', 'user_ref'), ('note', 'user_ref'),
    ('playlist_tune', 'user_ref'), ('playlist', 'user_ref'), ('tune_override', 'user_ref'),
    ('prefs_scheduling_options', 'user_id'), ('prefs_spaced_repetition', 'user_id')
  loop
    execute format('delete from public.%I where %I = $1', tbl, owner) using me;
  end loop;
  -- A tune or an instrument of hers that something of somebody else's names (one of those tombstones, for instance) stays as an empty one.
  for tbl, owner in values ('tune', 'private_for'), ('instrument', 'private_to_user') loop
    select string_agg(format('exists (select 1 from %s as c where c.%I = t.id)', k.conrelid::regclass, a.attname), ' or ')
    into referred
    from pg_constraint as k join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.contype = 'f' and k.confrelid = format('public.%I', tbl)::regclass;
    execute format('delete from public.%I as t where %I = $1 and not (%s)', tbl, owner, referred) using me;
  end loop;
  update public.tune set
    deleted = true, private_for = null, title = null, type = null, structure = null, mode = null, incipit = null, genre = null, device_id = null,
    last_modified_at = now()
  where private_for = me;
  update public.instrument set
    deleted = true, private_to_user = null, instrument = null, description = null, genre_default = null, device_id = null, last_modified_at = now()
  where private_to_user = me;
  -- Her profile, devices, sessions and identities go with the account.
  delete from auth.users where id = me;
end $$;
comment on function public.delete_my_account() is 'Deletes the account of whoever calls it, and everything of hers, for good.';

revoke all on function public.delete_my_account() from public, anon, authenticated, service_role;
grant execute on function public.delete_my_account() to authenticated;
