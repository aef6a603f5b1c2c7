//! Legacy users to accounts of Supabase Auth, found by e-mail address or made the way its server makes them. No password is carried
//! over; only accounts named in the mapping may get one.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};
use tokio_postgres::Transaction;
use uuid::Uuid;

use crate::domain::time::Timestamp;

use super::convert::{Accounts, DEVICE};
use super::error::LegacyError;
use super::ids::{KnownIds, legacy_uuid};
use super::report::{AccountReport, TableReport};
use super::source::Source;
use super::time::{LegacyTime, read};
use super::value::{LegacyRow, LegacyValue};

/// Which legacy user gets which e-mail address, from `--map-user`.
pub type UserMap = BTreeMap<i64, String>;

/// Reads `7=anna@example.com`.
pub fn parse_mapping(text: &str) -> Result<(i64, String), String> {
    let (id, email) = text.split_once('=').ok_or_else(|| format!("{text} is not of the form 7=anna@example.com"))?;
    let id: i64 = id.trim().parse().map_err(|_| format!("{id} is not a legacy user id"))?;
    let email = email.trim();
    if id <= 0 {
        return Err(format!("{id}: user 0 is nobody, its rows are public"));
    }
    if !email.contains('@') {
        return Err(format!("{email} is not an e-mail address"));
    }
    Ok((id, email.to_lowercase()))
}

/// A legacy user who will have an account.
#[derive(Debug)]
pub struct Person<'a> {
    row: LegacyRow<'a>,
    /// Her legacy id.
    pub legacy_id: i64,
    /// The address of her account, lower case.
    pub email: String,
    /// Named in the mapping?
    pub mapped: bool,
}

/// Decides who gets an account; the others are listed in `report`.
pub fn people<'a>(source: &'a Source, map: &UserMap, report: &mut TableReport) -> Result<Vec<Person<'a>>, LegacyError> {
    let users = source.table("user");
    report.legacy = "user".to_owned();
    report.target = "user_profile".to_owned();
    report.read = users.rows.len();
    let mut people: Vec<Person<'_>> = Vec::new();
    for row in users.iter() {
        let shown = row.shown("id");
        let Some(legacy_id) = row.int("id") else {
            report.leave_out(shown, "it has no id");
            continue;
        };
        if legacy_id == 0 {
            report.leave_out(shown, "user 0 stands for everybody; its rows are public and owned by nobody");
            continue;
        }
        if let Some(email) = map.get(&legacy_id) {
            people.push(Person { row, legacy_id, email: email.clone(), mapped: true });
        } else if row.int("deleted") == Some(1) {
            report.leave_out(shown, "the person was deleted");
        } else if let Some(email) = row.word("email").filter(|e| e.contains('@')) {
            people.push(Person { row, legacy_id, email: email.trim().to_lowercase(), mapped: false });
        } else {
            report.leave_out(shown, "no e-mail address: name one with --map-user");
        }
    }
    for id in map.keys() {
        if !people.iter().any(|p| p.legacy_id == *id) {
            return Err(LegacyError::MapUser(format!("{id}=…: the file has no user {id}")));
        }
    }
    // The mapped first: where two share an address, hers is the account's name.
    people.sort_by_key(|p| (!p.mapped, p.legacy_id));
    Ok(people)
}

/// Finds or makes the accounts and fills their profiles.
pub async fn resolve(
    tx: &Transaction<'_>,
    source: &Source,
    people: &[Person<'_>],
    password: Option<&str>,
    known: &KnownIds,
    report: &mut TableReport,
) -> Result<(Accounts, Vec<AccountReport>), LegacyError> {
    let columns = AuthColumns::read(tx).await?;
    let mut accounts = Accounts::new();
    let mut by_email: HashMap<&str, (Uuid, i64)> = HashMap::new();
    let mut listed = Vec::new();
    for person in people {
        let shown = person.legacy_id.to_string();
        let (id, what) = if let Some((id, other)) = by_email.get(person.email.as_str()) {
            let reason = format!("shares the account of user {other} ({}); her rows are loaded there", person.email);
            report.leave_out(shown, reason);
            (*id, format!("shared with user {other}"))
        } else if let Some(id) = find(tx, person, known).await? {
            fill_profile(tx, source, person, id, false).await?;
            report.already_there += 1;
            (id, "found".to_owned())
        } else {
            let id = legacy_uuid(&source.name, "user", &shown);
            let password = password.filter(|_| person.mapped);
            make(tx, &columns, source, person, id, password).await?;
            fill_profile(tx, source, person, id, true).await?;
            report.loaded += 1;
            (id, if password.is_some() { "made, with a password" } else { "made, without a password" }.to_owned())
        };
        by_email.entry(&person.email).or_insert((id, person.legacy_id));
        accounts.insert(person.legacy_id, id);
        listed.push(AccountReport {
            legacy_id: person.legacy_id,
            email: person.email.clone(),
            id: id.to_string(),
            what,
        });
    }
    Ok((accounts, listed))
}

/// The account with her address; or the one an earlier run made for her, if she has changed the address since.
async fn find(tx: &Transaction<'_>, person: &Person<'_>, known: &KnownIds) -> Result<Option<Uuid>, LegacyError> {
    let refused = |e| LegacyError::refused("accounts", &e);
    let by_email = "select id from auth.users where lower(email) = $1 order by created_at limit 1";
    if let Some(row) = tx.query_opt(by_email, &[&person.email]).await.map_err(refused)? {
        return Ok(Some(row.get(0)));
    }
    let Some(id) = known.get("user", &person.legacy_id.to_string()) else { return Ok(None) };
    let row = tx.query_opt("select id from auth.users where id = $1", &[&id]).await.map_err(refused)?;
    Ok(row.map(|row| row.get(0)))
}

/// The columns that this version of the auth schema has; it differs between versions of Supabase.
struct AuthColumns {
    users: Vec<String>,
    identities: Vec<String>,
}

impl AuthColumns {
    async fn read(tx: &Transaction<'_>) -> Result<Self, LegacyError> {
        let sql = "select table_name::text, column_name::text from information_schema.columns
                   where table_schema = 'auth' and table_name in ('users', 'identities') and is_generated = 'NEVER'";
        let rows = tx.query(sql, &[]).await.map_err(|e| LegacyError::refused("accounts", &e))?;
        let mut columns = AuthColumns { users: Vec::new(), identities: Vec::new() };
        for row in rows {
            let table: String = row.get(0);
            let list = if table == "users" { &mut columns.users } else { &mut columns.identities };
            list.push(row.get(1));
        }
        Ok(columns)
    }
}

async fn make(
    tx: &Transaction<'_>,
    columns: &AuthColumns,
    source: &Source,
    person: &Person<'_>,
    id: Uuid,
    password: Option<&str>,
) -> Result<(), LegacyError> {
    let what = format!("the account of user {} ({})", person.legacy_id, person.email);
    let refused = |e: tokio_postgres::Error| LegacyError::refused(what.clone(), &e);
    // Supabase Auth reads empty texts, not nulls, in the columns of its own tokens.
    let encrypted: String = match password {
        Some(password) => {
            let sql = "select extensions.crypt($1, extensions.gen_salt('bf', 10))";
            tx.query_one(sql, &[&password]).await.map_err(refused)?.get(0)
        }
        None => String::new(),
    };
    let now: chrono::DateTime<chrono::Utc> = tx.query_one("select now()", &[]).await.map_err(refused)?.get(0);
    let now = Timestamp::from(now).to_string();
    let verified = time(&person.row, "email_verified");
    let confirmed = if person.mapped { Some(now.clone()) } else { verified.map(|t| t.to_string()) };
    let user = json!({
        "instance_id": Uuid::nil(), "id": id, "aud": "authenticated", "role": "authenticated", "email": person.email,
        "encrypted_password": encrypted, "email_confirmed_at": confirmed,
        "raw_app_meta_data": { "provider": "email", "providers": ["email"] },
        "raw_user_meta_data": {
            "sub": id, "email": person.email, "name": person.row.word("name"), "email_verified": confirmed.is_some(),
            "phone_verified": false,
        },
        "created_at": now, "updated_at": now, "confirmation_token": "", "recovery_token": "", "email_change": "",
        "email_change_token_new": "", "email_change_token_current": "", "phone_change": "", "phone_change_token": "",
        "reauthentication_token": "", "email_change_confirm_status": 0, "is_sso_user": false, "is_anonymous": false,
    });
    insert_known(tx, "users", &columns.users, &user).await.map_err(refused)?;
    let identity = json!({
        "id": legacy_uuid(&source.name, "identity", &person.legacy_id.to_string()), "provider_id": id, "user_id": id,
        "provider": "email", "created_at": now, "updated_at": now,
        "identity_data": {
            "sub": id, "email": person.email, "email_verified": confirmed.is_some(), "phone_verified": false,
        },
    });
    insert_known(tx, "identities", &columns.identities, &identity).await.map_err(refused)
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

/// A new account's profile is hers; a found one only gets what it has not.
async fn fill_profile(
    tx: &Transaction<'_>,
    source: &Source,
    person: &Person<'_>,
    id: Uuid,
    new: bool,
) -> Result<(), LegacyError> {
    let refused = |e: tokio_postgres::Error| LegacyError::refused(format!("the profile of {}", person.email), &e);
    let row = &person.row;
    let window = match row.get("acceptable_delinquency_window") {
        LegacyValue::Null => 21,
        _ => row.int("acceptable_delinquency_window").and_then(|n| i32::try_from(n).ok()).unwrap_or(21),
    };
    let mut profile = Map::new();
    for (column, value) in [
        ("id", json!(id)),
        ("email", json!(person.email)),
        ("name", json!(row.word("name"))),
        ("sr_alg_type", json!(row.word("sr_alg_type"))),
        ("phone", json!(row.word("phone"))),
        ("phone_verified", json!(time(row, "phone_verified").map(|t| t.to_string()))),
        ("acceptable_delinquency_window", json!(window)),
        ("last_modified_at", json!(source.newest().to_string())),
        ("device_id", json!(DEVICE)),
        ("deleted", json!(false)),
    ] {
        profile.insert(column.to_owned(), value);
    }
    let columns = profile.keys().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
    let profile = Value::Object(profile);
    let from = "from jsonb_populate_record(null::public.user_profile, $1::jsonb) as legacy";
    // A trigger on auth.users makes the profile; where there is none (or it was made before the trigger), this does.
    let insert =
        format!("insert into public.user_profile ({columns}) select {columns} {from} on conflict (id) do nothing");
    tx.execute(&insert, &[&profile]).await.map_err(refused)?;
    let keep = if new { "" } else { "and p.name is null and legacy.name is not null" };
    let update = format!(
        "update public.user_profile p set name = legacy.name, sr_alg_type = legacy.sr_alg_type, phone = legacy.phone,
           phone_verified = legacy.phone_verified, acceptable_delinquency_window = legacy.acceptable_delinquency_window,
           last_modified_at = legacy.last_modified_at, device_id = legacy.device_id
         {from} where p.id = legacy.id and p.device_id is distinct from legacy.device_id {keep}"
    );
    tx.execute(&update, &[&profile]).await.map_err(refused)?;
    Ok(())
}

fn time(row: &LegacyRow<'_>, column: &str) -> Option<Timestamp> {
    match read(row.get(column)) {
        LegacyTime::At(at) => Some(at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn mappings_are_checked() {
        assert_eq!(parse_mapping("7= Anna@Example.com").unwrap(), (7, "anna@example.com".to_owned()));
        assert!(parse_mapping("anna@example.com").is_err());
        assert!(parse_mapping("0=anna@example.com").is_err());
        assert!(parse_mapping("x=anna@example.com").is_err());
        assert!(parse_mapping("7=anna").is_err());
    }
}
