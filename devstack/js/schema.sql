-- The small schema the official client is driven against. Written as a project's migration would be: explicit grants,
-- policies for each command, published for Realtime.
create table note (
  id uuid primary key default gen_random_uuid(),
  user_ref uuid not null default auth.uid(),
  body text not null,
  amount numeric,
  tags text[] not null default '{}',
  sync_version int not null default 1,
  last_modified_at timestamptz not null default now(),
  unique (user_ref, body)
);
alter table note enable row level security;
create policy note_read on note for select to authenticated using (user_ref = (select auth.uid()));
create policy note_add on note for insert to authenticated with check (user_ref = (select auth.uid()));
create policy note_change on note for update to authenticated
  using (user_ref = (select auth.uid())) with check (user_ref = (select auth.uid()));
create policy note_remove on note for delete to authenticated using (user_ref = (select auth.uid()));
grant select, insert, update, delete on note to authenticated;

create table genre (id int primary key, name text not null);
alter table genre enable row level security;
create policy genre_read on genre for select to anon, authenticated using (true);
grant select on genre to anon, authenticated;
insert into genre values (1, 'Irish'), (2, 'Old time'), (3, 'Québec');

alter publication supabase_realtime add table note;

create function add_them(a int, b int) returns int language sql immutable as 'select a + b';
create function my_notes() returns setof note language sql stable as 'select * from note order by body';
create function push(rows jsonb) returns jsonb language plpgsql as $$
begin
  insert into note (body) select r ->> 'body' from jsonb_array_elements(rows) r;
  return jsonb_build_object('stored', jsonb_array_length(rows));
end $$;
revoke execute on function add_them, my_notes, push from public;
grant execute on function add_them to anon, authenticated;
grant execute on function my_notes, push to authenticated;

-- The doorbell: once per statement, to the owner's private channel.
create function ring() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform realtime.send('{}'::jsonb, 'changed', 'sync:' || owner, true) from (select distinct user_ref as owner from rows) o;
  return null;
end $$;
create trigger note_ring_insert after insert on note referencing new table as rows for each statement execute function ring();
create trigger note_ring_update after update on note referencing new table as rows for each statement execute function ring();
create policy hear on realtime.messages for select to authenticated
  using (realtime.topic() = 'sync:' || (select auth.uid())::text and extension = 'broadcast');
