//! Legacy users to accounts of Supabase Auth: found by e-mail address, made by its API, made the way its server makes them (local
//! databases), or listed for the owner to invite. No password is carried over.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio_postgres::Transaction;
use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::legacy::convert::{Person, Setting};
use crate::legacy::error::LegacyError;
use crate::legacy::ids::legacy_uuid;
use crate::legacy::report::AccountReport;

use super::{LoadOptions, Making, refused};

/// Finds or makes the accounts and puts them into the setting. Gives the made ones, and what was done for each person.
pub(super) async fn resolve(
    tx: &Transaction<'_>,
    setting: &mut Setting,
    options: &LoadOptions,
) -> Result<(Vec<Uuid>, Vec<AccountReport>), LegacyError> {
    let mut made = Vec::new();
    let mut listed = Vec::new();
    let mut by_email: HashMap<String, Uuid> = HashMap::new();
    for person in setting.people.clone().iter() {
        let shared = setting.people.shares_with(person.legacy_id);
        let (id, what) = if let (Some(other), Some(id)) = (shared, by_email.get(&person.email)) {
            (Some(*id), format!("shared with user {other}"))
        } else if let Some((id, moved)) = find(tx, setting, person).await? {
            if let Some(email) = moved {
                setting.people.moved(person.legacy_id, email);
            }
            (Some(id), "found".to_owned())
        } else {
            let (id, what) = make(tx, setting, person, options).await?;
            made.extend(id);
            (id, what.to_owned())
        };
        if let Some(id) = id {
            by_email.entry(person.email.clone()).or_insert(id);
            setting.accounts.insert(person.legacy_id, id);
        }
        let id = id.map(|id| id.to_string());
        listed.push(AccountReport { legacy_id: person.legacy_id, email: person.email.clone(), id, what });
    }
    Ok((made, listed))
}

/// The account with her address; or the one an earlier run gave her, with its address, if that is another by now.
async fn find(
    tx: &Transaction<'_>,
    setting: &Setting,
    person: &Person,
) -> Result<Option<(Uuid, Option<String>)>, LegacyError> {
    let failed = |e| refused("accounts", &e);
    let by_email = "select id from auth.users where lower(email) = $1 order by created_at limit 1";
    let found: Option<Uuid> = tx.query_opt(by_email, &[&person.email]).await.map_err(failed)?.map(|row| row.get(0));
    let earlier = match setting.known.get("user", &person.legacy_id.to_string()) {
        None => None,
        Some(id) => {
            let by_id = "select id, email::text from auth.users where id = $1";
            tx.query_opt(by_id, &[&id])
                .await
                .map_err(failed)?
                .map(|row| (row.get::<_, Uuid>(0), row.get::<_, Option<String>>(1)))
        }
    };
    match (found, earlier) {
        // Her data would change hands, edits made since included.
        (found, Some((earlier, email))) if found != Some(earlier) && (found.is_some() || person.mapped) => {
            Err(LegacyError::MapUser(format!(
                "{id}={new}: an earlier run gave user {id} to {old}; roll that run back first, or map her to that address",
                id = person.legacy_id,
                new = person.email,
                old = email.unwrap_or_else(|| earlier.to_string()),
            )))
        }
        (None, Some((earlier, email))) => Ok(Some((earlier, email.map(|email| email.to_lowercase())))),
        (found, _) => Ok(found.map(|id| (id, None))),
    }
}

async fn make(
    tx: &Transaction<'_>,
    setting: &Setting,
    person: &Person,
    options: &LoadOptions,
) -> Result<(Option<Uuid>, &'static str), LegacyError> {
    let id = legacy_uuid(&setting.source, "user", &person.legacy_id.to_string());
    match &options.making {
        Making::Never => Ok((None, "to invite")),
        // A dry run asks nobody to make anything: it tries with an account of its own, which is rolled back with the rest.
        Making::Api(_) if options.dry_run => {
            in_database(tx, setting, person, id, None).await?;
            Ok((Some(id), "would be made, without a password"))
        }
        Making::Api(api) => Ok((Some(api.make(person).await?), "made, without a password")),
        Making::InDatabase(password) => {
            let password = password.as_deref().filter(|_| person.mapped);
            in_database(tx, setting, person, id, password).await?;
            Ok((Some(id), if password.is_some() { "made, with a password" } else { "made, without a password" }))
        }
    }
}

/// As Supabase Auth writes an account.
async fn in_database(
    tx: &Transaction<'_>,
    setting: &Setting,
    person: &Person,
    id: Uuid,
    password: Option<&str>,
) -> Result<(), LegacyError> {
    let what = format!("the account of user {} ({})", person.legacy_id, person.email);
    let failed = |e: tokio_postgres::Error| refused(what.clone(), &e);
    let columns = AuthColumns::read(tx).await.map_err(failed)?;
    // Supabase Auth reads empty texts, not nulls, in the columns of its own tokens.
    let encrypted: String = match password {
        Some(password) => {
            let sql = "select extensions.crypt($1, extensions.gen_salt('bf', 10))";
            tx.query_one(sql, &[&password]).await.map_err(failed)?.get(0)
        }
        None => String::new(),
    };
    let now: chrono::DateTime<chrono::Utc> = tx.query_one("select now()", &[]).await.map_err(failed)?.get(0);
    let now = Timestamp::from(now).to_string();
    let confirmed = (person.mapped || person.confirmed).then(|| now.clone());
    let user = json!({
        "instance_id": Uuid::nil(), "id": id, "aud": "authenticated", "role": "authenticated", "email": person.email,
        "encrypted_password": encrypted, "email_confirmed_at": confirmed,
        "raw_app_meta_data": { "provider": "email", "providers": ["email"] },
        "raw_user_meta_data": {
            "sub": id, "email": person.email, "name": person.name, "email_verified": confirmed.is_some(),
            "phone_verified": false,
        },
        "created_at": now, "updated_at": now, "confirmation_token": "", "recovery_token": "", "email_change": "",
        "email_change_token_new": "", "email_change_token_current": "", "phone_change": "", "phone_change_token": "",
        "reauthentication_token": "", "email_change_confirm_status": 0, "is_sso_user": false, "is_anonymous": false,
    });
    insert_known(tx, "users", &columns.users, &user).await.map_err(failed)?;
    let identity = json!({
        "id": legacy_uuid(&setting.source, "identity", &person.legacy_id.to_string()), "provider_id": id, "user_id": id,
        "provider": "email", "created_at": now, "updated_at": now,
        "identity_data": {
            "sub": id, "email": person.email, "email_verified": confirmed.is_some(), "phone_verified": false,
        },
    });
    insert_known(tx, "identities", &columns.identities, &identity).await.map_err(failed)?;
    // A trigger on auth.users makes the profile; an account that was made before the trigger has none.
    let sql = "insert into public.user_profile (id, email) values ($1, $2) on conflict (id) do nothing";
    tx.execute(sql, &[&id, &person.email]).await.map(|_| ()).map_err(failed)
}

/// The columns that this version of the auth schema has; it differs between versions of Supabase.
struct AuthColumns {
    users: Vec<String>,
    identities: Vec<String>,
}

impl AuthColumns {
    async fn read(tx: &Transaction<'_>) -> Result<Self, tokio_postgres::Error> {
        let sql = "select table_name::text, column_name::text from information_schema.columns
                   where table_schema = 'auth' and table_name in ('users', 'identities') and is_generated = 'NEVER'";
        let mut columns = AuthColumns { users: Vec::new(), identities: Vec::new() };
        for row in tx.query(sql, &[]).await? {
            let table: String = row.get(0);
            let list = if table == "users" { &mut columns.users } else { &mut columns.identities };
            list.push(row.get(1));
        }
        Ok(columns)
    }
}

/// Inserts the values whose columns exist.
async fn insert_known(
    tx: &Transaction<'_>,
    table: &str,
    columns: &[String],
    row: &Value,
) -> Result<(), tokio_postgres::Error> {
    let names = row.as_object().into_iter().flatten().map(|(name, _)| name).filter(|name| columns.contains(name));
    let names = names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "insert into auth.{table} ({names}) select {names} from jsonb_populate_record(null::auth.{table}, $1::jsonb)"
    );
    tx.execute(&sql, &[row]).await.map(|_| ())
}
