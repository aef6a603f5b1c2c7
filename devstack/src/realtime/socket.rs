//! One client: its WebSocket, its channels, its heartbeat. A socket is one task, so frames are handled in order.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Realtime;
use super::access::{self, Claims};
use super::frame::{self, Incoming, Version};
use super::hub::{Binding, Member, Outbox, binding_id};
use super::sql::literal;

/// A socket that says nothing for so long is dropped.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a join waits for the slot just after a start.
const START: Duration = Duration::from_secs(3);
/// How long a Postgres subscription waits for the slot before it fails.
const OUTAGE: Duration = Duration::from_secs(30);
/// How often token expiry and silence are looked at.
const TICK: Duration = Duration::from_millis(500);
/// Largest frame a client may send, bytes.
const MAX_FRAME: usize = 5 * 1024 * 1024;

#[derive(Deserialize)]
pub(super) struct Handshake {
    apikey: Option<String>,
    vsn: Option<String>,
}

/// `GET /websocket?apikey=…&vsn=…`.
pub(super) async fn upgrade(
    State(realtime): State<Realtime>,
    Query(Handshake { apikey, vsn }): Query<Handshake>,
    socket: WebSocketUpgrade,
) -> Response {
    let refuse = |status: StatusCode, reason: String| (status, Json(json!({ "error": reason }))).into_response();
    let Some(version) = Version::from_vsn(vsn.as_deref()) else {
        return refuse(StatusCode::BAD_REQUEST, "vsn must be 1.0.0 or 2.0.0".into());
    };
    let claims = match access::claims(&realtime.app, apikey.as_deref().unwrap_or_default()) {
        Ok(claims) => claims,
        Err(fault) => return refuse(StatusCode::UNAUTHORIZED, fault.to_string()),
    };
    socket
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(move |socket| Client::new(realtime, version, claims).serve(socket))
}

/// A connected client.
struct Client {
    realtime: Realtime,
    number: u64,
    version: Version,
    /// Of the key it connected with: used by channels that bring no token.
    claims: Arc<Claims>,
    outbox: Outbox,
    inbox: mpsc::UnboundedReceiver<Message>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JoinConfig {
    broadcast: BroadcastConfig,
    presence: PresenceConfig,
    postgres_changes: Option<Vec<Value>>,
    private: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BroadcastConfig {
    ack: bool,
    #[serde(rename = "self")]
    own: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PresenceConfig {
    enabled: bool,
}

impl Client {
    fn new(realtime: Realtime, version: Version, claims: Arc<Claims>) -> Self {
        let (outbox, inbox) = mpsc::unbounded_channel();
        let number = realtime.hub.next_id();
        Self { realtime, number, version, claims, outbox, inbox }
    }

    /// Runs until either side ends it. A cut or a stop drops the connection without a close frame.
    async fn serve(mut self, mut socket: WebSocket) {
        let mut cuts = self.realtime.app.faults.cuts();
        let mut shutdown = self.realtime.app.shutdown.clone();
        let mut tick = tokio::time::interval(TICK);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                frame = socket.recv() => {
                    heard = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(text))) => match frame::decode_text(self.version, &text) {
                            Ok(frame) => self.handle(frame).await,
                            Err(error) => tracing::debug!(%error, "a frame was not understood"),
                        },
                        Some(Ok(Message::Binary(bytes))) => match frame::decode_binary(self.version, &bytes) {
                            Ok(frame) => self.handle(frame).await,
                            Err(error) => tracing::debug!(%error, "a frame was not understood"),
                        },
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    }
                }
                Some(message) = self.inbox.recv() => {
                    if socket.send(message).await.is_err() {
                        break;
                    }
                }
                _ = tick.tick() => {
                    if heard.elapsed() > SILENCE {
                        break;
                    }
                    self.close_expired();
                }
                _ = cuts.changed() => break,
                () = async { let _ = shutdown.wait_for(|stopping| *stopping).await; } => break,
            }
        }
        self.realtime.hub.forget_socket(self.number);
    }

    fn send(&self, message: Message) {
        // The receiving end lives as long as this client.
        let _ = self.outbox.send(message);
    }

    fn reply(&self, frame: &Incoming, status: &str, response: &Value) {
        let Incoming { join_ref, reference, topic, .. } = frame;
        self.send(frame::reply(self.version, join_ref.as_deref(), reference.as_deref(), topic, status, response));
    }

    fn refuse(&self, frame: &Incoming, reason: impl Into<String>) {
        self.reply(frame, "error", &json!({ "reason": reason.into() }));
    }

    async fn handle(&mut self, frame: Incoming) {
        if frame.topic == "phoenix" {
            return self.reply(&frame, "ok", &json!({}));
        }
        if frame.event == "phx_join" {
            return self.join(frame).await;
        }
        let Some(member) = self.realtime.hub.find(self.number, &frame.topic) else {
            return match frame.event.as_str() {
                // Leaving twice is no fault.
                "phx_leave" => self.reply(&frame, "ok", &json!({})),
                _ => self.refuse(&frame, "unmatched topic"),
            };
        };
        // Meant for an earlier join of this topic. Protocol 1.0.0 clients may leave the reference out.
        if frame.join_ref.is_some() && frame.join_ref != member.join_ref {
            return;
        }
        match frame.event.as_str() {
            "phx_leave" => {
                self.realtime.hub.leave(member.id);
                self.reply(&frame, "ok", &json!({}));
                self.push_close(&member);
            }
            "access_token" => self.renew(member, &frame).await,
            "broadcast" => self.pass_on(&member, &frame),
            "presence" => self.refuse(&frame, "devstack does not implement presence"),
            _ => {}
        }
    }

    async fn join(&mut self, frame: Incoming) {
        if let Some(earlier) = self.realtime.hub.find(self.number, &frame.topic) {
            self.realtime.hub.leave(earlier.id);
            self.push_close(&earlier);
        }
        let Some(name) = frame.topic.strip_prefix("realtime:").filter(|name| !name.is_empty()) else {
            return self.refuse(&frame, "You must provide a topic name");
        };
        let config = frame.payload.get("config").cloned().unwrap_or_else(|| json!({}));
        let config: JoinConfig = match serde_json::from_value(config) {
            Ok(config) => config,
            Err(error) => return self.refuse(&frame, format!("InvalidJoinPayload: {error}")),
        };
        let claims = match self.channel_claims(&frame.payload) {
            Ok(claims) => claims,
            Err(reason) => return self.refuse(&frame, reason),
        };
        let mut may_send = true;
        if config.private {
            match self.rights(name, &claims).await {
                Ok(allowed_to_send) => may_send = allowed_to_send,
                Err(reason) => return self.refuse(&frame, reason),
            }
        }

        // The real server answers while its replication connection is still starting, and loses what is sent until
        // then. Here that happens only just after a start, where it would make every test a gamble.
        self.realtime.hub.is_reading(START).await;
        let requests = config.postgres_changes.unwrap_or_default();
        let mut replied = vec![];
        let mut bindings = vec![];
        let mut fault = None;
        for request in &requests {
            let mut echo = request.clone();
            if let Some(object) = echo.as_object_mut() {
                object.insert("id".into(), binding_id(request).into());
            }
            replied.push(echo);
            match Binding::read(request) {
                Ok(binding) => bindings.push(binding),
                Err(error) => fault = Some(error.to_string()),
            }
        }
        let member = Member {
            id: self.realtime.hub.next_id(),
            socket: self.number,
            version: self.version,
            topic: frame.topic.clone(),
            join_ref: frame.join_ref.clone(),
            private: config.private,
            may_send,
            hears_itself: config.broadcast.own,
            acknowledges: config.broadcast.ack,
            claims,
            bindings: Arc::new(bindings),
            live: false,
            outbox: self.outbox.clone(),
        };
        self.realtime.hub.join(member.clone());
        self.reply(&frame, "ok", &json!({ "postgres_changes": replied }));
        if config.presence.enabled {
            self.send(push(&member, "presence_state", &json!({})));
        }
        if let Some(fault) = fault {
            self.send(system(&member, "postgres_changes", "error", &fault));
        } else if !member.bindings.is_empty() {
            tokio::spawn(subscribe(self.realtime.clone(), member));
        }
    }

    /// The token of the join, or of the socket where the join has none of a user.
    fn channel_claims(&self, payload: &Value) -> Result<Arc<Claims>, String> {
        let token = payload.get("access_token").or_else(|| payload.get("user_token")).and_then(Value::as_str);
        match token.filter(|token| !token.is_empty() && !token.starts_with("sb_")) {
            Some(token) => access::claims(&self.realtime.app, token).map_err(|fault| fault.reason()),
            None => Ok(self.claims.clone()),
        }
    }

    /// Whether a private channel may be joined; `Ok` tells whether it may be sent to as well.
    async fn rights(&self, name: &str, claims: &Claims) -> Result<bool, String> {
        match access::rights(&self.realtime.app, name, claims).await {
            Ok(rights) if rights.read => Ok(rights.write),
            Ok(_) => Err(format!("Unauthorized: You do not have permissions to read from this Channel topic: {name}")),
            Err(error) => {
                tracing::warn!("cannot check a private channel: {error:#}");
                Err("InitializingProjectConnection: Realtime is initializing the project connection".into())
            }
        }
    }

    /// A new token for a channel: checked, the private channel's policies asked again, the Postgres
    /// subscription renewed.
    async fn renew(&mut self, member: Member, frame: &Incoming) {
        let token = frame.payload.get("access_token").and_then(Value::as_str).unwrap_or_default();
        if token.is_empty() || token.starts_with("sb_") || token == member.claims.token {
            return;
        }
        let claims = match access::claims(&self.realtime.app, token) {
            Ok(claims) => claims,
            Err(fault) => return self.shut(&member, &fault.to_string()),
        };
        let mut may_send = true;
        if member.private {
            let name = member.topic.strip_prefix("realtime:").unwrap_or_default();
            match self.rights(name, &claims).await {
                Ok(allowed) => may_send = allowed,
                Err(reason) => return self.shut(&member, &reason),
            }
        }
        self.realtime.hub.update(member.id, |member| {
            member.claims = claims;
            member.may_send = may_send;
        });
        if !member.bindings.is_empty() {
            tokio::spawn(subscribe(self.realtime.clone(), member));
        }
    }

    fn pass_on(&self, member: &Member, frame: &Incoming) {
        let Some(broadcast) = &frame.broadcast else { return };
        if !member.may_send {
            if member.acknowledges {
                let name = member.topic.strip_prefix("realtime:").unwrap_or_default();
                self.refuse(
                    frame,
                    format!("Unauthorized: You do not have permissions to write to this Channel topic: {name}"),
                );
            }
            return;
        }
        if !self.realtime.app.faults.realtime_suppressed() {
            self.realtime.hub.broadcast(&member.topic, member.private, Some(self.number), broadcast);
        }
        if member.acknowledges {
            self.reply(frame, "ok", &json!({}));
        }
    }

    fn close_expired(&self) {
        let now = self.realtime.app.faults.now().timestamp();
        for member in self.realtime.hub.of_socket(self.number) {
            if member.claims.exp <= now {
                self.shut(&member, &format!("Token has expired {} seconds ago", now - member.claims.exp));
            }
        }
    }

    /// Ends a channel from our side.
    fn shut(&self, member: &Member, why: &str) {
        if self.realtime.hub.leave(member.id).is_some() {
            self.send(system(member, "system", "error", why));
            self.push_close(member);
        }
    }

    fn push_close(&self, member: &Member) {
        let join_ref = member.join_ref.as_deref();
        self.send(frame::encode(self.version, join_ref, join_ref, &member.topic, "phx_close", &json!({})));
    }
}

fn push(member: &Member, event: &str, payload: &Value) -> Message {
    frame::encode(member.version, member.join_ref.as_deref(), None, &member.topic, event, payload)
}

fn system(member: &Member, extension: &str, status: &str, message: &str) -> Message {
    let channel = member.topic.strip_prefix("realtime:").unwrap_or(&member.topic);
    let payload = json!({ "extension": extension, "status": status, "message": message, "channel": channel });
    push(member, "system", &payload)
}

/// Puts the Postgres subscription in place some time after the join was answered, as the real one does (it takes
/// one to three seconds there), and says so.
async fn subscribe(realtime: Realtime, member: Member) {
    let delay = rand::random_range(100..300);
    tokio::time::sleep(Duration::from_millis(delay)).await;
    let Some(current) = realtime.hub.find(member.socket, &member.topic).filter(|now| now.id == member.id) else {
        return;
    };
    if !realtime.hub.is_reading(OUTAGE).await {
        let fault = "Unable to subscribe to changes: the database cannot be read";
        let _ = member.outbox.send(system(&member, "postgres_changes", "error", fault));
        return;
    }
    let fault = match check_bindings(&realtime, &current).await {
        Ok(None) => {
            if realtime.hub.update(member.id, |member| member.live = true) {
                let _ = member.outbox.send(system(&member, "postgres_changes", "ok", "Subscribed to PostgreSQL"));
            }
            return;
        }
        Ok(Some(fault)) => fault,
        Err(error) => {
            tracing::warn!("cannot check a subscription: {error:#}");
            "Unable to subscribe to changes: the database cannot be reached".into()
        }
    };
    let _ = member.outbox.send(system(&member, "postgres_changes", "error", &fault));
}

/// What is wrong with the requested tables and filters: unpublished tables, columns the role cannot read,
/// values the column's type does not take.
async fn check_bindings(realtime: &Realtime, member: &Member) -> anyhow::Result<Option<String>> {
    let client = realtime.app.admin.get().await?;
    for binding in member.bindings.iter() {
        let table = binding.table.as_deref();
        let parameters = format!(
            "[event: {}, schema: {}, table: {}, filters: {}]",
            binding.event,
            binding.schema,
            table.unwrap_or("*"),
            if binding.filter_text.is_empty() { "[]" } else { &binding.filter_text }
        );
        let published = client
            .query_one(
                "select count(*) from pg_publication_tables
                 where pubname = 'supabase_realtime' and schemaname = $1 and ($2::text is null or tablename = $2)",
                &[&binding.schema, &table],
            )
            .await?
            .get::<_, i64>(0);
        if published == 0 {
            return Ok(Some(format!(
                "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given \
                 connect parameters: {parameters}"
            )));
        }
        let Some(table) = table else { continue };
        let unfit = |exception: &str| {
            Ok(Some(format!(
                "Unable to subscribe to changes with given parameters. An exception happened so please check your \
                 connect parameters: {parameters}. Exception: {exception}"
            )))
        };
        for filter in &binding.filters {
            let cast = client
                .query_opt(
                    "select quote_ident(n.nspname) || '.' || quote_ident(t.typname)
                     from pg_attribute a
                     join pg_type t on t.oid = a.atttypid
                     join pg_namespace n on n.oid = t.typnamespace
                     where a.attrelid = to_regclass(quote_ident($1) || '.' || quote_ident($2))
                       and a.attname = $3 and a.attnum > 0 and not a.attisdropped
                       and has_column_privilege($4::text::name, a.attrelid, a.attnum, 'select')",
                    &[&binding.schema, &table, &filter.column, &member.claims.role],
                )
                .await?;
            let Some(cast) = cast else {
                return unfit(&format!("ERROR P0001 (raise_exception) invalid column for filter {}", filter.column));
            };
            let cast: String = cast.get(0);
            let tried = format!("select {}", filter.sql(&format!("{}::{cast}", "null"), &cast));
            if let Err(error) = client.simple_query(&tried).await {
                let Some(fault) = error.as_db_error() else { return Err(error.into()) };
                return unfit(&format!("ERROR {} {}", fault.code().code(), fault.message()));
            }
        }
        if let Some(columns) = &binding.select {
            let list: Vec<String> = columns.iter().map(|column| literal(column)).collect();
            let missing = client
                .simple_query(&format!(
                    "select c from unnest(array[{}]) c where not exists (select from pg_attribute a
                     where a.attrelid = to_regclass(quote_ident({}) || '.' || quote_ident({})) and a.attname = c
                       and a.attnum > 0 and has_column_privilege({}, a.attrelid, a.attnum, 'select'))",
                    list.join(","),
                    literal(&binding.schema),
                    literal(table),
                    literal(&member.claims.role),
                ))
                .await?;
            if let Some(tokio_postgres::SimpleQueryMessage::Row(row)) =
                missing.iter().find(|message| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_)))
            {
                let column = row.get(0).unwrap_or_default();
                return unfit(&format!("ERROR P0001 (raise_exception) invalid column for select {column}"));
            }
        }
    }
    Ok(None)
}
