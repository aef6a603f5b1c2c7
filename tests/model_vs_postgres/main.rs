#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! The model server (`tests/model`) against the real one: random sequences of pushes and pulls of several people, with open
//! transactions in between, give the same answers from both. `SEED=17 cargo test --test model_vs_postgres` repeats one sequence,
//! `SEQUENCES=20000` runs more.

#[path = "../model/mod.rs"]
mod model;
mod operations;
#[path = "../server/mod.rs"]
mod server;

use std::collections::BTreeMap;
use std::fmt::Write;

use model::{Hold, ModelServer};
use operations::{Chance, World};
use serde_json::{Value, json};
use server::{Server, literal};
use tokio_postgres::{Client, SimpleQueryMessage};
use tunetrees::domain::ids::UserId;
use tunetrees::domain::time::Timestamp;
use tunetrees::store::schema::Table;
use tunetrees::sync::failure::RemoteError;

/// An answer of either server: the reply, or the code of the failure.
type Answer = Result<Value, String>;

/// Calls the real server as that person (or nobody), in a transaction that is committed unless `open`. With it PostgreSQL's `now()`.
async fn ask(client: &Client, who: Option<&str>, call: &str, open: bool) -> (Answer, Timestamp, bool) {
    let (role, claims) = match who {
        Some(id) => ("authenticated", json!({"sub": id, "role": "authenticated"})),
        None => ("anon", json!({"role": "anon"})),
    };
    let end = if open { "" } else { "; commit" };
    let sql = format!(
        "begin; set local role {role}; set local request.jwt.claims = '{claims}'; select trim('\"' from to_json(now())::text);
         select {call}; select pg_current_xact_id_if_assigned() is not null{end}"
    );
    match client.simple_query(&sql).await {
        Ok(messages) => {
            let cells: Vec<String> = messages
                .iter()
                .filter_map(|m| if let SimpleQueryMessage::Row(row) = m { row.get(0).map(str::to_owned) } else { None })
                .collect();
            (Ok(serde_json::from_str(&cells[1]).unwrap()), cells[0].parse().unwrap(), cells[2] == "t")
        }
        Err(error) => {
            client.batch_execute("rollback").await.unwrap();
            (Err(error.as_db_error().unwrap().code().code().to_owned()), Timestamp::from_micros(0), false)
        }
    }
}

fn code(reply: Result<Value, RemoteError>) -> Answer {
    reply.map_err(|error| match error {
        RemoteError::Status { code: Some(code), .. } => code,
        other => other.to_string(),
    })
}

/// What is compared: not the words of refusals, not the time, not the names of positions and histories; numbers as doubles.
fn comparable(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    if let Ok(reply) = &mut answer {
        for key in ["server_time", "epoch", "cursor", "devices"] {
            reply.as_object_mut().unwrap().remove(key);
        }
        for result in reply["results"].as_array_mut().into_iter().flatten() {
            result.as_object_mut().unwrap().remove("message");
        }
        as_doubles(reply);
    }
    answer
}

/// Both answers, or only the results and rows in which they differ.
fn differing(real: Answer, model: Answer) -> String {
    let (Ok(mut real), Ok(mut model)) = (real.clone(), model.clone()) else {
        return format!("PostgreSQL {real:?}\nmodel {model:?}");
    };
    for key in ["results", "rows"] {
        if let (Some(a), Some(b)) = (real[key].as_array_mut(), model[key].as_array_mut())
            && a.len() == b.len()
        {
            let same: Vec<bool> = a.iter().zip(b.iter()).map(|(a, b)| a == b).collect();
            let mut kept = same.iter();
            a.retain(|_| !kept.next().unwrap());
            let mut kept = same.iter();
            b.retain(|_| !kept.next().unwrap());
        }
    }
    format!("PostgreSQL {real:#}\nmodel {model:#}")
}

fn as_doubles(value: &mut Value) {
    match value {
        Value::Number(n) => *value = json!(n.as_f64()),
        Value::Array(items) => items.iter_mut().for_each(as_doubles),
        Value::Object(map) => map.values_mut().for_each(as_doubles),
        _ => {}
    }
}

/// Both servers, and where each reader stands in both.
struct Pair {
    world: World,
    real: Client,
    second: Client,
    admin: Client,
    model: ModelServer,
    cursors: Vec<[Value; 2]>,
    /// A transaction of the third person: her, what she sent, her `now()`, the model's transaction.
    open: Option<(Value, Answer, Timestamp, Option<Hold>)>,
    log: String,
    wrong: Option<String>,
    /// What came out, to know that the sequences are worth something: table and status or code → how often.
    seen: BTreeMap<String, u32>,
}

impl Pair {
    fn user(&self, person: usize) -> UserId {
        self.world.people[person].parse().unwrap()
    }

    fn compare(&mut self, what: &str, real: &Answer, model: &Answer) {
        let (real, model) = (comparable(real), comparable(model));
        if real != model && self.wrong.is_none() {
            self.wrong = Some(format!("{what}\n{}", differing(real, model)));
        }
    }

    fn count(&mut self, ops: &Value, answer: &Answer) {
        let results = answer.as_ref().ok().and_then(|reply| reply["results"].as_array());
        for (op, result) in ops.as_array().unwrap().iter().zip(results.into_iter().flatten()) {
            let status = result["status"].as_str().unwrap();
            *self.seen.entry(result["code"].as_str().unwrap_or(status).to_owned()).or_default() += 1;
            if let (Some(table), "applied") = (op["table"].as_str(), status) {
                *self.seen.entry(format!("{table} applied")).or_default() += 1;
            }
        }
    }

    async fn add_people(&mut self) {
        for person in 0..3 {
            let id = &self.world.people[person];
            let sql = format!(
                "insert into auth.users (id, email) values ('{id}', '{id}@example.test') returning trim('\"' from to_json(now())::text)"
            );
            let now: String = self.admin.query_one(&sql, &[]).await.unwrap().get(0);
            self.model.add_user(self.user(person), now.parse().unwrap());
        }
    }

    async fn push(&mut self, person: usize, ops: Value) {
        let call = format!("public.sync_push({}, 'device-1')", literal(&ops.to_string()));
        let (real, now, _) = ask(&self.real, Some(&self.world.people[person]), &call, false).await;
        let model = code(self.model.push(self.user(person), &json!({"ops": ops, "device": "device-1"}), now));
        self.count(&ops, &real);
        writeln!(self.log, "person {person} pushes {ops}").unwrap();
        self.compare(&format!("a push of person {person}: {ops:#}"), &real, &model);
        self.bells().await;
    }

    /// Who was rung is who has something new.
    async fn bells(&mut self) {
        let topics = self.admin.query("delete from realtime.messages returning topic", &[]).await.unwrap();
        let topics: Vec<String> = topics.iter().map(|row| row.get(0)).collect();
        for person in 0..3 {
            let real = topics.contains(&format!("sync:{}", self.world.people[person]));
            let model = self.model.changed_since_last_ring(self.user(person));
            self.compare(&format!("person {person} was rung"), &Ok(json!({"rung": real})), &Ok(json!({"rung": model})));
        }
    }

    async fn open(&mut self, ops: Value) {
        let call = format!("public.sync_push({}, 'device-1')", literal(&ops.to_string()));
        let (real, now, numbered) = ask(&self.second, Some(&self.world.people[2]), &call, true).await;
        writeln!(self.log, "person 2 begins {ops}").unwrap();
        let hold = numbered.then(|| self.model.hold());
        self.open = Some((ops, real, now, hold));
    }

    async fn close(&mut self, commit: bool) {
        let Some((ops, real, now, hold)) = self.open.take() else { return };
        writeln!(self.log, "person 2 {}", if commit { "commits" } else { "rolls back" }).unwrap();
        if !commit || real.is_err() {
            self.second.batch_execute("rollback").await.unwrap();
            hold.into_iter().for_each(|hold| self.model.release(hold));
            return;
        }
        self.second.batch_execute("commit").await.unwrap();
        let hold = hold.unwrap_or_else(|| self.model.hold());
        let body = json!({"ops": ops, "device": "device-1"});
        let model = code(self.model.push_held(hold, self.user(2), &body, now));
        self.compare(&format!("a late commit of {ops:#}"), &real, &model);
        self.bells().await;
    }

    /// A page for that reader (3 = nobody). Is there more?
    async fn pull(&mut self, reader: usize, limit: i64) -> bool {
        let who = self.world.people.get(reader).cloned();
        let [real_cursor, model_cursor] = self.cursors[reader].clone();
        writeln!(self.log, "reader {reader} pulls {limit} from {real_cursor} | {model_cursor}").unwrap();
        let text = real_cursor.as_str().map_or("null".to_owned(), literal);
        let (real, now, _) =
            ask(&self.real, who.as_deref(), &format!("public.sync_pull({text}, {limit})"), false).await;
        let body = json!({"cursor": model_cursor, "page_limit": limit});
        let model = code(self.model.pull(who.map(|id| id.parse().unwrap()), &body, now));
        self.compare(&format!("a pull of reader {reader}, at most {limit}"), &real, &model);
        match (real, model) {
            (Ok(real), Ok(model)) => {
                *self.seen.entry("floor passed".to_owned()).or_default() +=
                    u32::from(real["floor_passed"] == json!(true));
                self.cursors[reader] = [real["cursor"].clone(), model["cursor"].clone()];
                real["has_more"] == json!(true)
            }
            _ => {
                self.cursors[reader] = [Value::Null, Value::Null];
                false
            }
        }
    }

    /// All tombstones go that can.
    async fn purge(&mut self) {
        writeln!(self.log, "the owner purges").unwrap();
        let row = self.admin.query_one("select public.sync_purge_tombstones('0 s')", &[]).await.unwrap();
        let real: i32 = row.get(0);
        let model = self.model.purge_tombstones(Timestamp::from_micros(i64::MAX));
        *self.seen.entry("purged".to_owned()).or_default() += real as u32;
        self.compare("a purge", &Ok(json!({"purged": real})), &Ok(json!({"purged": model})));
    }

    /// That reader asks for single rows, hers and others'.
    async fn look(&mut self, chance: &mut Chance, reader: usize) {
        let who = self.world.people.get(reader).cloned();
        let mut asked = Vec::new();
        for _ in 0..1 + chance.below(6) {
            let table = match reader == 3 && chance.percent(90) {
                true => *chance.of(&[Table::Tune, Table::Instrument]),
                false => Table::ALL[3 + chance.below(16)],
            };
            asked.push(json!([table.name(), self.world.id(*chance.of(&[0, 0, 1, 2, 9]), table, chance.below(2))]));
        }
        let asked = match chance.percent(95) {
            true => json!(asked),
            false => chance.of(&[json!([["genre", "x"]]), json!([["tune", "x"]]), json!({"a": 1}), json!([7])]).clone(),
        };
        writeln!(self.log, "reader {reader} looks at {asked}").unwrap();
        let call = format!("public.sync_look({})", literal(&asked.to_string()));
        let (real, now, _) = ask(&self.real, who.as_deref(), &call, false).await;
        let model = code(self.model.pull(who.map(|id| id.parse().unwrap()), &json!({"rows": asked}), now));
        *self.seen.entry(if real.is_ok() { "looked" } else { "not looked" }.to_owned()).or_default() += 1;
        self.compare(&format!("a look of reader {reader} at {asked}"), &real, &model);
    }

    /// The owner of the project adds to what is public, or changes it.
    async fn publish(&mut self, chance: &mut Chance) {
        let table = *chance.of(&[Table::Tune, Table::Tune, Table::Instrument]);
        let id = self.world.id(9, table, chance.below(2));
        let (column, text) =
            (if table == Table::Tune { "title" } else { "instrument" }, format!("Public {}", chance.next()));
        writeln!(self.log, "the owner writes {table} {id} {text}").unwrap();
        let sql = format!(
            "insert into public.{table} (id, {column}) values ('{id}', '{text}')
             on conflict (id) do update set {column} = excluded.{column} returning trim('\"' from to_json(now())::text)"
        );
        let now: String = self.admin.query_one(&sql, &[]).await.unwrap().get(0);
        self.model.write_as_owner(table, &id, json!({column: text}), now.parse().unwrap());
    }

    async fn step(&mut self, chance: &mut Chance) {
        let limit = *chance.of(&[1, 2, 3, 7, 20, 500, 0, 100_000]);
        match chance.below(23) {
            0..=10 => {
                let person = *chance.of(&[0, 0, 1]);
                let ops = self.world.ops(chance, &self.model, person, false);
                self.push(person, ops.clone()).await;
                if chance.percent(15) {
                    self.push(person, ops).await;
                }
            }
            11..=15 => {
                self.pull(*chance.of(&[0, 0, 0, 1, 2, 3]), limit).await;
            }
            // What she does while her transaction is open concerns nobody else's rows: there is no waiting for locks here.
            16..=17 if self.open.is_none() => {
                let ops = self.world.ops(chance, &self.model, 2, true);
                self.open(ops).await;
            }
            16..=17 => self.close(chance.percent(70)).await,
            18 if self.open.is_none() => self.publish(chance).await,
            // A purge would wait for the open transaction.
            19 if self.open.is_none() => self.purge().await,
            18..=19 => {}
            20..=21 => {
                let reader = chance.below(4);
                self.look(chance, reader).await;
            }
            _ => {
                let reader = chance.below(4);
                let cursor = *chance.of(&[
                    "",
                    "a.1",
                    "a.5.-.20.",
                    "a.5.-.8.no-uuid",
                    "a.9999999999.-.0.",
                    "a.1.-.3.x:y",
                    "a.3.5:7.19.ffffffff-ffff-ffff-ffff-ffffffffffff",
                    "a.3.5:.19.ffffffff-ffff-ffff-ffff-ffffffffffff",
                    "a.3.5.19.ffffffff-ffff-ffff-ffff-ffffffffffff",
                ]);
                self.cursors[reader] = match chance.percent(50) {
                    true => [Value::Null, Value::Null],
                    false => [json!(cursor), json!(cursor)],
                };
                self.pull(reader, limit).await;
            }
        }
    }

    async fn run(&mut self) {
        let mut chance = Chance::new(self.world.seed);
        self.add_people().await;
        self.bells().await;
        for person in 0..3 {
            if chance.percent(80) {
                self.push(person, self.world.beginning(person)).await;
            }
        }
        for _ in 0..8 + chance.below(16) {
            self.step(&mut chance).await;
            if self.wrong.is_some() {
                break;
            }
        }
        self.close(true).await;
        for reader in 0..4 {
            while self.wrong.is_none() && self.pull(reader, 500).await {}
        }
        // Everything once more, by small pages for one of them.
        let reader = (self.world.seed % 4) as usize;
        for (reader, limit) in [(reader, 7), ((reader + 1) % 4, 500)] {
            self.cursors[reader] = [Value::Null, Value::Null];
            while self.wrong.is_none() && self.pull(reader, limit).await {}
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn the_model_answers_as_postgresql_does() {
    let server = Server::new().await;
    let admin = server.admin().await;
    admin.batch_execute("delete from auth.users; insert into public.genre (id, name) values ('ITRAD', 'Irish'), ('OTIME', 'Old Time')").await.unwrap();
    let clear: String =
        Table::ALL.iter().rev().filter(|t| t.is_synced()).map(|t| format!("delete from public.\"{t}\";")).collect();
    let seeds = setting("SEED").map_or(1..=setting("SEQUENCES").unwrap_or(1000), |seed| seed..=seed);
    let (mut real, mut second, mut admin) = (server.rest().await, server.rest().await, admin);
    let mut seen = BTreeMap::new();
    for seed in seeds {
        let mut model = ModelServer::new("model");
        for (id, name) in [("ITRAD", "Irish"), ("OTIME", "Old Time")] {
            model.write_as_owner(Table::Genre, id, json!({"name": name}), Timestamp::from_micros(0));
        }
        let anew = "delete from auth.users; delete from realtime.messages; update public.sync_floor set xid = '0', version = 0";
        admin.batch_execute(&format!("{clear} {anew}")).await.unwrap();
        if seed % 50 == 0 {
            admin.batch_execute("vacuum").await.unwrap();
        }
        let cursors = vec![[Value::Null, Value::Null]; 4];
        let mut pair = Pair {
            world: World::new(seed),
            real,
            second,
            admin,
            model,
            cursors,
            open: None,
            log: String::new(),
            wrong: None,
            seen,
        };
        pair.run().await;
        if let Some(wrong) = pair.wrong {
            panic!("SEED={seed}: the model and PostgreSQL differ.\n{}\n{wrong}", pair.log);
        }
        (real, second, admin, seen) = (pair.real, pair.second, pair.admin, pair.seen);
    }
    println!("{seen:#?}");
    if setting("SEED").is_none() && setting("SEQUENCES").is_none() {
        let tables = Table::ALL.iter().filter(|t| t.is_synced()).map(|t| format!("{t} applied"));
        let codes = "22003 22007 22008 22023 22P02 22P05 23502 23503 23505 23514 42501 42703 42P01 applied conflict looked purged";
        let wanted: Vec<String> = tables.chain(codes.split(' ').map(str::to_owned)).collect();
        assert!(wanted.iter().all(|what| seen.contains_key(what)), "not everything has happened");
    }
}

/// The two parts of the model that the comparison cannot show: an early position, pages in its order.
#[test]
fn the_model_pages_and_holds_back() {
    let at = |seconds: i64| Timestamp::from_micros(1_790_000_000_000_000 + seconds * 1_000_000);
    let mut server = ModelServer::new("e1");
    let world = World::new(0);
    let ann: UserId = world.people[0].parse().unwrap();
    server.add_user(ann, at(0));
    let tune = |n: usize| json!({"op": n, "table": "tune", "id": world.id(0, Table::Tune, n), "base": 0, "row": {"title": "x", "private_for": ann}});
    let hold = server.hold();
    let body = json!({"ops": [tune(2), tune(3), tune(3)]});
    let reply = server.push(ann, &body, at(1)).unwrap();
    assert!(reply["results"].as_array().unwrap().iter().all(|r| r["status"] == "applied"), "{reply:#}");
    let pull = |server: &mut ModelServer, cursor: &Value, limit: i64| {
        server.pull(Some(ann), &json!({"cursor": cursor, "page_limit": limit}), at(2)).unwrap()
    };
    let page = pull(&mut server, &Value::Null, 500);
    assert_eq!(page["rows"].as_array().unwrap().len(), 1, "the profile: {page:#}");
    server.push_held(hold, ann, &json!({"ops": [tune(1)]}), at(3)).unwrap();
    let page = pull(&mut server, &page["cursor"], 2);
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["has_more"]), (2, &json!(true)));
    assert_eq!(page["rows"][0][1]["id"], json!(world.id(0, Table::Tune, 1)));
    let page = pull(&mut server, &page["cursor"], 2);
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["has_more"]), (1, &json!(false)));
    assert_eq!(pull(&mut server, &page["cursor"], 2)["rows"], json!([]));
}
