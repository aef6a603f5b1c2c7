//! What the exposed schema holds: tables, columns, keys and functions, read from the catalogue.
//! Read again on `NOTIFY pgrst` and when a request names something unknown.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use deadpool_postgres::Pool;
use serde::Deserialize;
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, NoTls};

use super::error::ApiError;

/// The exposed schema; there is one.
pub const SCHEMA: &str = "public";

/// A table or view.
#[derive(Debug, Clone, Deserialize)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Columns of the primary key; empty without one.
    pub key: Vec<String>,
    /// Names by which an embedding may call a related table.
    pub related: Vec<String>,
    /// Whether rows can be inserted.
    pub insertable: bool,
    /// Whether rows can be updated.
    pub updatable: bool,
    /// Whether rows can be deleted.
    pub deletable: bool,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as SQL writes it, with modifiers.
    pub ty: String,
    /// The SQL of its default.
    pub default: Option<String>,
}

/// A function.
#[derive(Debug, Clone, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its input parameters in order.
    pub parameters: Vec<Parameter>,
    /// It returns any number of rows.
    pub set: bool,
    /// Its rows have columns.
    pub composite: bool,
    /// It returns `void`.
    pub void: bool,
    /// It may write.
    pub volatile: bool,
    /// `ALTER FUNCTION … SET`: name and value.
    pub settings: Vec<(String, String)>,
}

/// An input parameter of a function.
#[derive(Debug, Clone, Deserialize)]
pub struct Parameter {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its type as SQL writes it.
    pub ty: String,
    /// It has no default.
    pub required: bool,
    /// It takes all remaining arguments.
    pub variadic: bool,
}

/// One reading of the catalogue.
#[derive(Debug, Default)]
pub struct Schema {
    /// Tables and views by name.
    pub relations: HashMap<String, Relation>,
    /// Functions by name.
    pub functions: HashMap<String, Vec<Function>>,
    /// `ALTER ROLE … SET` by role: name and value.
    pub role_settings: HashMap<String, Vec<(String, String)>>,
}

impl Relation {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The newest reading, shared by all requests.
#[derive(Clone)]
pub struct SchemaCache {
    current: Arc<RwLock<Arc<Schema>>>,
    pool: Pool,
}

const RELATIONS: &str = "
select coalesce(json_agg(json_build_object(
  'name', c.relname,
  'columns', (select coalesce(json_agg(json_build_object('name', a.attname, 'ty', format_type(a.atttypid, a.atttypmod),
      'default', case
        when a.attidentity <> '' then format('nextval(%L)', pg_get_serial_sequence(c.oid::regclass::text, a.attname))
        when a.attgenerated <> '' then null
        else coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault) end) order by a.attnum), '[]')
    from pg_attribute a join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'key', (select coalesce(json_agg(a.attname order by k.ord), '[]')
    from pg_constraint p, unnest(p.conkey) with ordinality k(num, ord), pg_attribute a
    where p.conrelid = c.oid and p.contype = 'p' and a.attrelid = c.oid and a.attnum = k.num),
  'related', (select coalesce(json_agg(distinct r.name), '[]') from pg_constraint f,
      lateral (values (f.conname::text), ((select relname::text from pg_class where oid = f.confrelid)),
        ((select relname::text from pg_class where oid = f.conrelid))) r(name)
    where f.contype = 'f' and (f.conrelid = c.oid or f.confrelid = c.oid)),
  'insertable', c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 8) = 8,
  'updatable', c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 4) = 4,
  'deletable', c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 16) = 16)), '[]')::text
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition";

const FUNCTIONS: &str = "
select coalesce(json_agg(json_build_object(
  'name', p.proname,
  'parameters', (select coalesce(json_agg(json_build_object('name', coalesce(a.name, ''), 'ty', format_type(a.ty, null),
      'required', a.ord <= p.pronargs - p.pronargdefaults, 'variadic', coalesce(a.mode = 'v', false)) order by a.ord), '[]')
    from (select row_number() over (order by u.pos) as ord, u.* from (
        select pos, ty, p.proargmodes[pos] as mode, p.proargnames[pos] as name
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality x(ty, pos)) u
      where coalesce(u.mode, 'i') in ('i', 'b', 'v')) a),
  'set', p.proretset,
  'composite', t.typtype = 'c' or coalesce(p.proargmodes::text[] && '{t,b,o}', false),
  'void', p.prorettype = 'void'::regtype,
  'volatile', p.provolatile = 'v',
  'settings', (select coalesce(json_agg(json_build_array(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1))), '[]')
    from unnest(p.proconfig) s)) order by pg_get_function_identity_arguments(p.oid)), '[]')::text
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_type t on t.oid = p.prorettype
where n.nspname = $1 and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
  and p.prorettype <> 'event_trigger'::regtype";

const ROLE_SETTINGS: &str = "
select coalesce(json_agg(json_build_array(r.rolname, split_part(s, '=', 1), substr(s, strpos(s, '=') + 1))), '[]')::text
from pg_db_role_setting d join pg_roles r on r.oid = d.setrole, unnest(d.setconfig) s
where d.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and exists (select 1 from pg_settings g where g.name = split_part(s, '=', 1) and g.context = 'user')";

impl SchemaCache {
    /// Reads the catalogue for the first time.
    pub async fn load(pool: Pool) -> Result<SchemaCache, ApiError> {
        let cache = SchemaCache { current: Arc::default(), pool };
        cache.reload().await?;
        Ok(cache)
    }

    /// The newest reading.
    pub fn get(&self) -> Arc<Schema> {
        match self.current.read() {
            Ok(current) => current.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Reads the catalogue again.
    pub async fn reload(&self) -> Result<Arc<Schema>, ApiError> {
        let schema = Arc::new(self.read().await?);
        match self.current.write() {
            Ok(mut current) => *current = schema.clone(),
            Err(poisoned) => *poisoned.into_inner() = schema.clone(),
        }
        Ok(schema)
    }

    async fn read(&self) -> Result<Schema, ApiError> {
        let client = self.pool.get().await.map_err(ApiError::unreachable)?;
        let failed = |error: &tokio_postgres::Error| {
            ApiError::new(503, "PGRST002", "Could not query the database for the schema cache. Retrying.")
                .details(error.as_db_error().map_or(error.to_string(), |e| e.to_string()))
        };
        let relations = client.query_one(RELATIONS, &[&SCHEMA]).await.map_err(|e| failed(&e))?;
        let functions = client.query_one(FUNCTIONS, &[&SCHEMA]).await.map_err(|e| failed(&e))?;
        let settings = client.query_one(ROLE_SETTINGS, &[]).await.map_err(|e| failed(&e))?;
        let mut schema = Schema::default();
        for relation in parse::<Vec<Relation>>(relations.get(0))? {
            schema.relations.insert(relation.name.clone(), relation);
        }
        for function in parse::<Vec<Function>>(functions.get(0))? {
            schema.functions.entry(function.name.clone()).or_default().push(function);
        }
        for (role, name, value) in parse::<Vec<(String, String, String)>>(settings.get(0))? {
            schema.role_settings.entry(role).or_default().push((name, value));
        }
        Ok(schema)
    }

    /// Reloads whenever somebody says `NOTIFY pgrst`, until the stack stops. Reconnects for ever.
    pub async fn listen(self, url: String, mut shutdown: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = shutdown.wait_for(|stopping| *stopping) => return,
                ended = self.listen_once(&url) => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "lost the connection that listens for schema changes");
                    }
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn listen_once(&self, url: &str) -> Result<(), tokio_postgres::Error> {
        let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
        let (sender, mut notified) = tokio::sync::mpsc::channel(16);
        let driver = tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notification(_) = message? {
                    // A full channel already holds a wish to reload.
                    let _ = sender.try_send(());
                }
            }
            Ok::<(), tokio_postgres::Error>(())
        });
        client.batch_execute("LISTEN pgrst").await?;
        let _ = self.reload().await;
        while notified.recv().await.is_some() {
            if let Err(error) = self.reload().await {
                tracing::warn!(error = error.message, "cannot reload the schema cache");
            }
        }
        driver.abort();
        Ok(())
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ApiError> {
    serde_json::from_str(text)
        .map_err(|error| ApiError::new(503, "PGRST002", "Could not read the schema cache.").details(error.to_string()))
}
