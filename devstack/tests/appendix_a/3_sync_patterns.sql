create table item (id uuid primary key, user_ref uuid not null default auth.uid(), title text not null, note text, upd timestamptz not null,
  ver int not null default 1);
alter table item enable row level security;
create policy s on item for select to authenticated using (user_ref = auth.uid());
create policy i on item for insert to authenticated with check (user_ref = auth.uid());
create policy u on item for update to authenticated using (user_ref = auth.uid()) with check (user_ref = auth.uid());
grant select, insert, update on item to authenticated;
create function keep_newer() returns trigger language plpgsql as $$
begin
  if new.upd <= old.upd then return null; end if;
  new.ver := old.ver + 1;
  return new;
end $$;
create trigger keep_newer before update on item for each row execute function keep_newer();
insert into item (id, user_ref, title, upd) values
  ('00000000-0000-4000-8000-0000000000bb', 'bbbbbbbb-0000-4000-8000-000000000000', 'of B', '2026-01-01');
create table wonly (id int primary key);
grant insert on wonly to authenticated;
create table nopk (a int, b text);
create table puniq (id int primary key, k text, del boolean not null default false);
create unique index on puniq (k) where not del;
grant select, insert, update, delete on nopk, puniq to authenticated;
create function over(a int) returns int language sql as 'select 1';
create function over(a text) returns int language sql as 'select 2';
create function push(rows json) returns setof item language sql as $$
  insert into item (id, title, upd)
  select id, title, upd from json_to_recordset(rows) as x (id uuid, title text, upd timestamptz) returning *
$$;
create function hdr() returns json language sql stable as $$
  select json_build_object('role', current_user, 'method', current_setting('request.method'), 'path', current_setting('request.path'),
    'sub', current_setting('request.jwt.claims')::json ->> 'sub', 'h', current_setting('request.headers')::json ->> 'x-dev',
    'tz', current_setting('timezone'), 'iso', current_setting('transaction_isolation'), 'ro', current_setting('transaction_read_only'))
$$;
create function st() returns json language plpgsql as $$
begin
  perform set_config('response.status', '202', true), set_config('response.headers', '[{"X-Own": "yes"}]', true);
  return '{"ok":true}';
end $$;
create function raisej() returns void language plpgsql as $$
begin
  raise sqlstate 'PGRST' using message = '{"code":"E1","message":"stale","details":null,"hint":"pull"}', detail = '{"status":409,"headers":{}}';
end $$;
