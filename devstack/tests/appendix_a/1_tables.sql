create table note (id uuid primary key default gen_random_uuid(), user_ref uuid not null default auth.uid(), body text not null,
  n int8, d numeric, ok boolean, at timestamptz, ts timestamp, dt date, j jsonb, tags text[], deleted boolean not null default false,
  sync_version int not null default 1, last_modified_at timestamptz not null default now(), device_id text, unique (user_ref, body));
alter table note enable row level security;
create policy s on note for select to authenticated using (user_ref = auth.uid());
create policy i on note for insert to authenticated with check (user_ref = auth.uid());
create policy u on note for update to authenticated using (user_ref = auth.uid()) with check (user_ref = auth.uid());
create policy d on note for delete to authenticated using (user_ref = auth.uid());
grant select, insert, update, delete on note to authenticated;
create table secret (id int primary key);
create function add_them(a int, b int) returns int language sql immutable as 'select a + b';
create function bump() returns void language sql as 'update note set n = coalesce(n, 0) where false';
create function boom() returns void language plpgsql as $$ begin raise exception 'nope' using detail = 'd', hint = 'h'; end $$;
create function teapot() returns void language plpgsql as $$ begin raise sqlstate 'PT418' using message = 'teapot'; end $$;
