//! `auth.users` and `auth.identities`: reading a user, creating one, changing one. No tokens here.

use deadpool_postgres::GenericClient;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::AuthError;

/// A user with the JSON the API shows.
#[derive(Debug, Clone)]
pub struct User {
    /// The id; `sub` of tokens and `auth.uid()`.
    pub id: Uuid,
    /// Address, empty for anonymous users.
    pub email: String,
    /// PostgreSQL role of the user's requests.
    pub role: String,
    /// Audience of the user's tokens.
    pub aud: String,
    /// bcrypt hash.
    pub password: Option<String>,
    /// Set by the service.
    pub app_metadata: Value,
    /// Set by the user.
    pub user_metadata: Value,
    /// Signed in without an address.
    pub is_anonymous: bool,
    /// May not sign in now.
    pub banned: bool,
    /// As the API shows it.
    pub json: Value,
}

/// Which user is meant.
pub enum Which<'a> {
    /// By id.
    Id(Uuid),
    /// By address (already lower case).
    Email(&'a str),
}

const TIME: &str = r#"'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"#;

fn select() -> String {
    let time = |column: &str| format!("to_char({column} at time zone 'utc', {TIME}) as {column}");
    let times = [
        "email_confirmed_at",
        "confirmed_at",
        "recovery_sent_at",
        "invited_at",
        "last_sign_in_at",
        "banned_until",
        "created_at",
        "updated_at",
    ];
    let times: Vec<String> = times.iter().map(|column| time(column)).collect();
    format!(
        "select id, coalesce(email, '') as email, coalesce(role, '') as role, coalesce(aud, '') as aud,
                encrypted_password, coalesce(phone, '') as phone, is_anonymous,
                coalesce(raw_app_meta_data, '{{}}') as app_metadata, coalesce(raw_user_meta_data, '{{}}') as user_metadata,
                coalesce(banned_until > $2::text::timestamptz, false) as banned, {},
                (select coalesce(json_agg(json_strip_nulls(json_build_object(
                    'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
                    'provider', i.provider,
                    'last_sign_in_at', to_char(i.last_sign_in_at at time zone 'utc', {TIME}),
                    'created_at', to_char(i.created_at at time zone 'utc', {TIME}),
                    'updated_at', to_char(i.updated_at at time zone 'utc', {TIME}),
                    'email', i.email)) order by i.created_at), '[]')
                 from auth.identities i where i.user_id = u.id) as identities
         from auth.users u where deleted_at is null and ",
        times.join(", ")
    )
}

/// Reads a user. `now` decides about bans.
pub async fn find(client: &impl GenericClient, which: Which<'_>, now: &str) -> Result<Option<User>, AuthError> {
    let row = match which {
        Which::Id(id) => client.query_opt(&format!("{} id = $1", select()), &[&id, &now]).await?,
        Which::Email(email) => {
            client.query_opt(&format!("{} email = $1 and not is_sso_user", select()), &[&email, &now]).await?
        }
    };
    Ok(row.map(|row| read(&row)))
}

/// A page of the users, newest first.
pub async fn list(client: &impl GenericClient, now: &str, limit: i64, offset: i64) -> Result<Vec<User>, AuthError> {
    let query = format!("{} ($1::text is null) order by u.created_at desc, u.id limit $3 offset $4", select());
    let rows = client.query(&query, &[&None::<String>, &now, &limit, &offset]).await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &tokio_postgres::Row) -> User {
    let text = |name: &str| row.get::<_, String>(name);
    let mut json = Map::new();
    let id: Uuid = row.get("id");
    json.insert("id".into(), id.to_string().into());
    for name in ["aud", "role", "email"] {
        json.insert(name.into(), text(name).into());
    }
    let time = |json: &mut Map<String, Value>, name: &str| {
        if let Some(time) = row.get::<_, Option<String>>(name) {
            json.insert(name.into(), time.into());
        }
    };
    time(&mut json, "email_confirmed_at");
    json.insert("phone".into(), text("phone").into());
    for name in ["invited_at", "confirmed_at", "recovery_sent_at", "last_sign_in_at"] {
        time(&mut json, name);
    }
    let (app_metadata, user_metadata): (Value, Value) = (row.get("app_metadata"), row.get("user_metadata"));
    json.insert("app_metadata".into(), app_metadata.clone());
    json.insert("user_metadata".into(), user_metadata.clone());
    json.insert("identities".into(), row.get("identities"));
    for name in ["created_at", "updated_at", "banned_until"] {
        time(&mut json, name);
    }
    let is_anonymous: bool = row.get("is_anonymous");
    json.insert("is_anonymous".into(), is_anonymous.into());
    User {
        id,
        email: text("email"),
        role: text("role"),
        aud: text("aud"),
        password: row.get("encrypted_password"),
        app_metadata,
        user_metadata,
        is_anonymous,
        banned: row.get("banned"),
        json: Value::Object(json),
    }
}

/// A user to be made.
pub struct NewUser {
    /// The id; fixtures choose it.
    pub id: Uuid,
    /// `None`: anonymous.
    pub email: Option<String>,
    /// bcrypt hash; `None`: cannot sign in with a password.
    pub password: Option<String>,
    /// What the sign-up brought.
    pub user_metadata: Map<String, Value>,
    /// Extra `app_metadata` (admin only).
    pub app_metadata: Map<String, Value>,
    /// Usually `authenticated`.
    pub role: String,
    /// Whether the address counts as confirmed.
    pub confirmed: bool,
}

impl NewUser {
    /// A user as sign-up makes one.
    pub fn signing_up(email: Option<String>, password: Option<String>, data: Map<String, Value>) -> Self {
        Self {
            id: Uuid::new_v4(),
            email,
            password,
            user_metadata: data,
            app_metadata: Map::new(),
            role: "authenticated".into(),
            confirmed: true,
        }
    }
}

/// Writes a new user and, for one with an address, the e-mail identity.
pub async fn create(client: &impl GenericClient, new: NewUser, now: &str) -> Result<User, AuthError> {
    let anonymous = new.email.is_none();
    let (mut app, mut own) = (new.app_metadata, new.user_metadata);
    if let Some(email) = &new.email {
        app.insert("provider".into(), "email".into());
        app.insert("providers".into(), json!(["email"]));
        own.extend(email_claims(email, new.id, new.confirmed));
    }
    let confirmed = (!anonymous && new.confirmed).then_some(now);
    client
        .execute(
            "insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
                 raw_app_meta_data, raw_user_meta_data, created_at, updated_at, is_anonymous)
             values ('00000000-0000-0000-0000-000000000000', $1, 'authenticated', $2, $3, $4, $5::text::timestamptz,
                 $6, $7, $8::text::timestamptz, $8::text::timestamptz, $9)",
            &[
                &new.id,
                &new.role,
                &new.email,
                &new.password.unwrap_or_default(),
                &confirmed,
                &Value::Object(app),
                &Value::Object(own),
                &now,
                &anonymous,
            ],
        )
        .await
        .map_err(taken)?;
    if let Some(email) = &new.email {
        add_identity(client, new.id, email, now).await?;
    }
    find(client, Which::Id(new.id), now).await?.ok_or_else(not_found)
}

/// The e-mail identity of a user, made or brought up to date.
pub async fn add_identity(client: &impl GenericClient, id: Uuid, email: &str, now: &str) -> Result<(), AuthError> {
    let data = Value::Object(email_claims(email, id, false));
    client
        .execute(
            "insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
             values ($1::uuid::text, $1, $2, 'email', $3::text::timestamptz, $3::text::timestamptz, $3::text::timestamptz)
             on conflict (provider_id, provider) do update set identity_data = excluded.identity_data, updated_at = excluded.updated_at",
            &[&id, &data, &now],
        )
        .await?;
    Ok(())
}

/// What an e-mail identity says about its user.
pub fn email_claims(email: &str, id: Uuid, verified: bool) -> Map<String, Value> {
    let claims = json!({ "email": email, "email_verified": verified, "phone_verified": false, "sub": id.to_string() });
    claims.as_object().cloned().unwrap_or_default()
}

/// The address (or id) belongs to somebody: two sign-ups at once, or a fixture made twice.
fn taken(error: tokio_postgres::Error) -> AuthError {
    match error.code() {
        Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION) => {
            AuthError::unprocessable("user_already_exists", "User already registered")
        }
        _ => error.into(),
    }
}

/// 404, as admin calls answer it.
pub fn not_found() -> AuthError {
    AuthError::new(axum::http::StatusCode::NOT_FOUND, "user_not_found", "User not found")
}
