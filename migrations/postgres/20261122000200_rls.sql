-- Who may see and write what. Every table has row level security; grants are spelt out, since new Supabase projects grant nothing
-- and old ones grant everything. No client deletes rows: a deletion is an update of `deleted`.
-- `(select auth.uid())` in parentheses: evaluated once a statement, not once a row.

-- Grants ---------------------------------------------------------------------------------------------------------------
revoke all on
  public.genre,
  public.tune_type,
  public.genre_tune_type,
  public.user_profile,
  public.instrument,
  public.prefs_spaced_repetition,
  public.prefs_scheduling_options,
  public.tune,
  public.tune_override,
  public.playlist,
  public.playlist_tune,
  public.note,
  public."reference",
  public.tag,
  public.practice_record,
  public.daily_practice_queue,
  public.tab_group_main_state,
  public.table_state,
  public.table_transient_data
from public, anon, authenticated;
grant select on public.genre, public.tune_type, public.genre_tune_type to anon, authenticated;
grant select on public.tune, public.instrument to anon;
grant select, insert, update on
  public.user_profile,
  public.instrument,
  public.prefs_spaced_repetition,
  public.prefs_scheduling_options,
  public.tune,
  public.tune_override,
  public.playlist,
  public.playlist_tune,
  public.note,
  public."reference",
  public.tag,
  public.practice_record,
  public.daily_practice_queue,
  public.tab_group_main_state,
  public.table_state,
  public.table_transient_data
to authenticated;
grant all on
  public.genre,
  public.tune_type,
  public.genre_tune_type,
  public.user_profile,
  public.instrument,
  public.prefs_spaced_repetition,
  public.prefs_scheduling_options,
  public.tune,
  public.tune_override,
  public.playlist,
  public.playlist_tune,
  public.note,
  public."reference",
  public.tag,
  public.practice_record,
  public.daily_practice_queue,
  public.tab_group_main_state,
  public.table_state,
  public.table_transient_data
to service_role;

-- Row level security -----------------------------------------------------------------------------------------------------
alter table public.genre enable row level security;
alter table public.tune_type enable row level security;
alter table public.genre_tune_type enable row level security;
alter table public.user_profile enable row level security;
alter table public.instrument enable row level security;
alter table public.prefs_spaced_repetition enable row level security;
alter table public.prefs_scheduling_options enable row level security;
alter table public.tune enable row level security;
alter table public.tune_override enable row level security;
alter table public.playlist enable row level security;
alter table public.playlist_tune enable row level security;
alter table public.note enable row level security;
alter table public."reference" enable row level security;
alter table public.tag enable row level security;
alter table public.practice_record enable row level security;
alter table public.daily_practice_queue enable row level security;
alter table public.tab_group_main_state enable row level security;
alter table public.table_state enable row level security;
alter table public.table_transient_data enable row level security;

-- Reference data: readable by everybody, written by the service role only.
create policy genre_select on public.genre for select to anon, authenticated using (true);
create policy tune_type_select on public.tune_type for select to anon, authenticated using (true);
create policy genre_tune_type_select on public.genre_tune_type for select to anon, authenticated using (true);

-- A person sees and writes her own profile. (It is made by a trigger when the account is made.)
create policy user_profile_select on public.user_profile for select to authenticated using (id = (select auth.uid()));
create policy user_profile_insert on public.user_profile for insert to authenticated with check (id = (select auth.uid()));
create policy user_profile_update on public.user_profile for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));

-- Tunes and instruments: the public ones are for everybody to read and nobody to write; private ones are the owner's, and stay private.
create policy tune_select_anon on public.tune for select to anon using (private_for is null);
create policy tune_select on public.tune for select to authenticated using (private_for is null or private_for = (select auth.uid()));
create policy tune_insert on public.tune for insert to authenticated with check (private_for = (select auth.uid()));
create policy tune_update on public.tune for update to authenticated
  using (private_for = (select auth.uid())) with check (private_for = (select auth.uid()));
create policy instrument_select_anon on public.instrument for select to anon using (private_to_user is null);
create policy instrument_select on public.instrument for select to authenticated using (private_to_user is null or private_to_user = (select auth.uid()));
create policy instrument_insert on public.instrument for insert to authenticated with check (private_to_user = (select auth.uid()));
create policy instrument_update on public.instrument for update to authenticated
  using (private_to_user = (select auth.uid())) with check (private_to_user = (select auth.uid()));

-- Everything else belongs to one person. What a row refers to must be hers too (repertoire) or visible to her (tune, instrument):
-- foreign keys alone look past row level security.

create policy prefs_spaced_repetition_select on public.prefs_spaced_repetition for select to authenticated using (user_id = (select auth.uid()));
create policy prefs_spaced_repetition_insert on public.prefs_spaced_repetition for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy prefs_spaced_repetition_update on public.prefs_spaced_repetition for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()));

create policy prefs_scheduling_options_select on public.prefs_scheduling_options for select to authenticated using (user_id = (select auth.uid()));
create policy prefs_scheduling_options_insert on public.prefs_scheduling_options for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy prefs_scheduling_options_update on public.prefs_scheduling_options for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid()));

create policy tune_override_select on public.tune_override for select to authenticated using (user_ref = (select auth.uid()));
create policy tune_override_insert on public.tune_override for insert to authenticated
  with check (user_ref = (select auth.uid())
    and exists (select from public.tune t where t.id = tune_ref));
create policy tune_override_update on public.tune_override for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and exists (select from public.tune t where t.id = tune_ref));

create policy playlist_select on public.playlist for select to authenticated using (user_ref = (select auth.uid()));
create policy playlist_insert on public.playlist for insert to authenticated
  with check (user_ref = (select auth.uid())
    and (instrument_ref is null or exists (select from public.instrument i where i.id = instrument_ref)));
create policy playlist_update on public.playlist for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and (instrument_ref is null or exists (select from public.instrument i where i.id = instrument_ref)));

create policy playlist_tune_select on public.playlist_tune for select to authenticated using (user_ref = (select auth.uid()));
create policy playlist_tune_insert on public.playlist_tune for insert to authenticated
  with check (user_ref = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_ref));
create policy playlist_tune_update on public.playlist_tune for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_ref));

create policy note_select on public.note for select to authenticated using (user_ref = (select auth.uid()) or public);
create policy note_insert on public.note for insert to authenticated
  with check (user_ref = (select auth.uid())
    and (playlist_ref is null or exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid())))
    and exists (select from public.tune t where t.id = tune_ref));
create policy note_update on public.note for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and (playlist_ref is null or exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid())))
    and exists (select from public.tune t where t.id = tune_ref));

create policy reference_select on public."reference" for select to authenticated using (user_ref = (select auth.uid()) or public);
create policy reference_insert on public."reference" for insert to authenticated
  with check (user_ref = (select auth.uid())
    and exists (select from public.tune t where t.id = tune_ref));
create policy reference_update on public."reference" for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and exists (select from public.tune t where t.id = tune_ref));

create policy tag_select on public.tag for select to authenticated using (user_ref = (select auth.uid()));
create policy tag_insert on public.tag for insert to authenticated
  with check (user_ref = (select auth.uid())
    and exists (select from public.tune t where t.id = tune_ref));
create policy tag_update on public.tag for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and exists (select from public.tune t where t.id = tune_ref));

create policy practice_record_select on public.practice_record for select to authenticated using (user_ref = (select auth.uid()));
create policy practice_record_insert on public.practice_record for insert to authenticated
  with check (user_ref = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_ref));
create policy practice_record_update on public.practice_record for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_ref));

create policy daily_practice_queue_select on public.daily_practice_queue for select to authenticated using (user_ref = (select auth.uid()));
create policy daily_practice_queue_insert on public.daily_practice_queue for insert to authenticated
  with check (user_ref = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_ref));
create policy daily_practice_queue_update on public.daily_practice_queue for update to authenticated
  using (user_ref = (select auth.uid()))
  with check (user_ref = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_ref and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_ref));

create policy tab_group_main_state_select on public.tab_group_main_state for select to authenticated using (user_id = (select auth.uid()));
create policy tab_group_main_state_insert on public.tab_group_main_state for insert to authenticated
  with check (user_id = (select auth.uid())
    and (playlist_id is null or exists (select from public.playlist p where p.id = playlist_id and p.user_ref = (select auth.uid()))));
create policy tab_group_main_state_update on public.tab_group_main_state for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid())
    and (playlist_id is null or exists (select from public.playlist p where p.id = playlist_id and p.user_ref = (select auth.uid()))));

create policy table_state_select on public.table_state for select to authenticated using (user_id = (select auth.uid()));
create policy table_state_insert on public.table_state for insert to authenticated
  with check (user_id = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_id and p.user_ref = (select auth.uid())));
create policy table_state_update on public.table_state for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_id and p.user_ref = (select auth.uid())));

create policy table_transient_data_select on public.table_transient_data for select to authenticated using (user_id = (select auth.uid()));
create policy table_transient_data_insert on public.table_transient_data for insert to authenticated
  with check (user_id = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_id and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_id));
create policy table_transient_data_update on public.table_transient_data for update to authenticated
  using (user_id = (select auth.uid()))
  with check (user_id = (select auth.uid())
    and exists (select from public.playlist p where p.id = playlist_id and p.user_ref = (select auth.uid()))
    and exists (select from public.tune t where t.id = tune_id));
