//! Random operations: many that fit, and every way not to fit that a device, a stranger or a bug could come up with.

use serde_json::{Map, Value, json};
use tunetrees::store::schema::{Column, ColumnType, Table};
use uuid::Uuid;

use crate::model::{ModelServer, rules};

/// Reproducible chance (splitmix64).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In so many of a hundred cases.
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// The people of one sequence, and where their rows' ids come from.
pub struct World {
    pub seed: u64,
    pub people: Vec<String>,
}

const SYNCED: usize = 3;

impl World {
    pub fn new(seed: u64) -> Self {
        let person =
            |n: u128| Uuid::from_u128(0x0A00_0000_0000_4000_8000 << 48 | u128::from(seed) << 8 | n).to_string();
        World { seed, people: (0..3).map(person).collect() }
    }

    /// One of the two ids that `person` uses in that table. Person 9 = the owner of the project, whose rows are public.
    pub fn id(&self, person: usize, table: Table, n: usize) -> String {
        let low = u128::from(self.seed) << 24 | (person as u128) << 16 | (table as u128) << 8 | n as u128;
        Uuid::from_u128(0x0D00_0000_0000_4000_8000 << 48 | low).to_string()
    }

    /// One to four operations of that person.
    pub fn ops(&self, chance: &mut Chance, server: &ModelServer, person: usize, tame: bool) -> Value {
        if chance.percent(30) {
            return self.alike(chance, server, person, tame);
        }
        let count = 1 + chance.below(4);
        (0..count).map(|n| self.op(chance, server, person, n, tame)).collect()
    }

    /// Neighbours of one table with the same columns, which the server writes at once where it can; with a stranger among them.
    fn alike(&self, chance: &mut Chance, server: &ModelServer, person: usize, tame: bool) -> Value {
        let table = Table::ALL[SYNCED + 1 + chance.below(15)];
        let new = chance.percent(60);
        let share = *chance.of(&[10, 50, 100]);
        let columns: Vec<&Column> = table
            .columns()
            .iter()
            .filter(|c| !["id", "sync_version"].contains(&c.name))
            .filter(|c| {
                chance.percent(if new && (!c.nullable || Some(c.name) == table.owner_column()) { 100 } else { share })
            })
            .collect();
        let mut ops = Vec::new();
        for n in 0..2 + chance.below(4) {
            if !tame && chance.percent(10) {
                ops.push(self.op(chance, server, person, n, tame));
                continue;
            }
            let id = self.id(person, table, if chance.percent(85) { n } else { chance.below(4) });
            let version = server.row(table, &id).map_or(0, |row| row["sync_version"].as_i64().unwrap());
            let base = if new { 0 } else { version + i64::from(chance.percent(10)) };
            let row: Map<String, Value> = columns
                .iter()
                .map(|column| (column.name.to_owned(), self.value(chance, server, table, column, person)))
                .collect();
            ops.push(json!({"op": n + 1, "table": table.name(), "id": id, "base": base, "row": row}));
        }
        ops.into()
    }

    /// What a person has first of all.
    pub fn beginning(&self, person: usize) -> Value {
        let me = &self.people[person];
        json!([
            {"op": 1, "table": "tune", "id": self.id(person, Table::Tune, 0), "base": 0, "row": {"title": "First", "private_for": me}},
            {"op": 2, "table": "playlist", "id": self.id(person, Table::Playlist, 0), "base": 0, "row": {"user_ref": me}},
        ])
    }

    fn op(&self, chance: &mut Chance, server: &ModelServer, person: usize, n: usize, tame: bool) -> Value {
        let table = Table::ALL[SYNCED + chance.below(16)];
        let id = match chance.below(20) {
            0 if !tame => self.id((person + 1) % 2, table, 0),
            1 if !tame => self.id(9, table, 0),
            _ if table == Table::UserProfile => self.people[person].clone(),
            _ => self.id(person, table, chance.below(2)),
        };
        let version = server.row(table, &id).map_or(0, |row| row["sync_version"].as_i64().unwrap());
        let base = match chance.below(12) {
            0 => 0,
            1 => (version - 1).max(0),
            2 => version + 1,
            _ => version,
        };
        let mut row = Map::new();
        let all = base == 0;
        if !all && chance.percent(25) {
            row.insert("deleted".to_owned(), chance.percent(80).into());
        } else {
            let share = if all { *chance.of(&[100, 90, 50]) } else { *chance.of(&[5, 20, 60]) };
            for column in table.columns().iter().filter(|c| !["id", "sync_version"].contains(&c.name)) {
                let needed = all
                    && !column.nullable
                    && !["deleted", "last_modified_at", "public", "active"].contains(&column.name);
                let owner = all && Some(column.name) == table.owner_column();
                if chance.percent(if needed || owner { 99 } else { share }) {
                    row.insert(column.name.to_owned(), self.value(chance, server, table, column, person));
                }
            }
        }
        let mut op = json!({"op": n + 1, "table": table.name(), "id": id, "base": base, "row": row});
        if !tame && chance.percent(6) {
            self.spoil(chance, &mut op);
        }
        op
    }

    /// Something that no app of ours would send.
    fn spoil(&self, chance: &mut Chance, op: &mut Value) {
        match chance.below(14) {
            0 => op["table"] = json!("nonsense"),
            1 => op["table"] = json!("genre"),
            2 => op["id"] = json!("17"),
            3 => op["id"] = json!(op["id"].as_str().unwrap().to_uppercase()),
            4 => op["base"] = json!("1"),
            5 => op["base"] = json!(-1),
            6 => op["row"] = json!([1, 2]),
            7 => op["row"]["sync_version"] = json!(7),
            8 => op["row"]["colour"] = json!("red"),
            9 => op["row"]["id"] = op["id"].clone(),
            10 => op["row"]["id"] = json!(self.id(1, Table::Tune, 7)),
            11 => *op = json!(5),
            12 => op["row"]["device_id"] = json!("a NUL \0 here"),
            _ => op["base"] = json!(1.5),
        }
    }

    fn value(&self, chance: &mut Chance, server: &ModelServer, table: Table, column: &Column, person: usize) -> Value {
        if column.nullable && chance.percent(15) || chance.percent(1) {
            return Value::Null;
        }
        if Some(column.name) == table.owner_column() {
            return json!(if chance.percent(97) { &self.people[person] } else { &self.people[(person + 1) % 3] });
        }
        let reference = rules::references(table).iter().find(|(name, _)| *name == column.name);
        if let Some((_, parent)) = reference {
            return self.reference(chance, server, *parent, person);
        }
        if let Some(words) = words(table, column.name) {
            return json!(if chance.percent(97) { *chance.of(words) } else { "something else" });
        }
        match column.name {
            "deleted" => return json!(chance.percent(20)),
            "quality" if chance.percent(95) => return json!(chance.below(6)),
            "bucket" => return json!(chance.of(&[1, 1, 2, 3, 4, 4, 2, 3, 1, 2, 3, 4, 0, 5])),
            _ => {}
        }
        let (good, odd) = values(column.ty);
        (if chance.percent(98) { chance.of(&good) } else { chance.of(&odd) }).clone()
    }

    fn reference(&self, chance: &mut Chance, server: &ModelServer, parent: Table, person: usize) -> Value {
        if parent == Table::Genre {
            return json!(if chance.percent(95) { *chance.of(&["ITRAD", "OTIME"]) } else { "NONE" });
        }
        let whose =
            *chance.of(&[person, person, person, person, person, person, person, person, 9, 9, (person + 1) % 2]);
        let there: Vec<String> = (0..2).map(|n| self.id(whose, parent, n)).collect();
        let existing: Vec<&String> = there.iter().filter(|id| server.row(parent, id).is_some()).collect();
        if existing.is_empty() || chance.percent(3) { json!(chance.of(&there)) } else { json!(chance.of(&existing)) }
    }
}

fn words(table: Table, column: &str) -> Option<&'static [&'static str]> {
    Some(match (table, column) {
        (Table::PrefsSpacedRepetition, "alg_type") => &["FSRS", "SM2"],
        (Table::Reference, "ref_type") => &["website", "audio", "video", "other"],
        (Table::TabGroupMainState, "which_tab") => &["scheduled", "repertoire", "catalog"],
        (Table::TableState, "screen_size") => &["small", "full"],
        (Table::TableState, "purpose") => &["practice", "repertoire"],
        (Table::Tag, "tag_text") | (Table::Instrument, "instrument") => &["fiddle", "flute"],
        _ => return None,
    })
}

/// Values that a column of that type takes, and some that it turns down or reads in its own way.
fn values(ty: ColumnType) -> (Vec<Value>, Vec<Value>) {
    let list = |value: Value| value.as_array().unwrap().clone();
    match ty {
        ColumnType::Text => (
            list(json!(["", "a", "The Butterfly", "O'Neill's “ünïcode”", "<p>x</p>", "line\nline", "\\"])),
            list(json!([5, 1.5, 1.0, true, [1, "x", null], {"bb": 1, "a": {"c": [true]}}, "NUL \u{0}"])),
        ),
        ColumnType::Uuid => (
            list(json!(["0c000000-0000-4000-8000-00000000000c", "0C000000-0000-4000-8000-00000000000C"])),
            list(json!([
                "{0c000000-0000-4000-8000-00000000000c}",
                "0c000000000040008000-00000000000c",
                "x",
                "",
                5,
                "0c000000-0000-4000-8000-00000000000"
            ])),
        ),
        ColumnType::Bool => (
            list(json!([true, false])),
            list(json!(["t", " Yes", "off", "of", "o", "n", 1, 0, 2, "1", "", "x", [true]])),
        ),
        ColumnType::Int => (
            list(json!([0, 1, 2, 3, 7, -1, 2_147_483_647, -2_147_483_648_i64])),
            list(json!(["7", " 8 ", "+5", "", "x", 2_147_483_648_i64, 3.5, 3.0, true, {"a": 1}])),
        ),
        ColumnType::Real => (
            list(json!([0, 0.1, 2.0, 3.126_200_000_000_000_3, 1e-7, 2.5e10, 123_456_789.123_456_7, -0.25])),
            list(json!(["0.5", "NaN", "Infinity", "-Infinity", "1e400", "1e-400", "x", "", true, 1e22, 1e308])),
        ),
        ColumnType::Timestamp => (
            list(json!([
                "2026-11-01T10:00:00.000001Z",
                "2026-11-01T10:00:00.5Z",
                "2026-11-01T10:00:00Z",
                "2025-02-03T04:05:06.123456+00:00",
                "2026-11-01T10:00:00+02:00",
                "2099-01-01T00:00:00Z",
            ])),
            list(json!([
                "2026-11-01 10:00:00",
                "2026-11-01T10:00",
                "2026-11-01",
                "2026-11-01T10:00:00.1234567Z",
                "infinity",
                "-infinity",
                "2026-13-01T00:00:00Z",
                "2026-02-30T00:00:00Z",
                "2026-11-01T25:00:00Z",
                "garbage",
                "",
                5,
                true,
                "0001-01-01T00:00:00Z",
            ])),
        ),
        ColumnType::Date => (
            list(json!(["2026-11-22", "2026-11-23", "2024-02-29"])),
            list(json!(["2026-11-22T10:00:00Z", "2026-02-30", "2026-13-01", "x", "", 7])),
        ),
    }
}
