//! Legacy ids to UUIDs, the same on every run: v5 of source, table and id, except where the schema fixes the id by natural key.

use std::collections::HashMap;

use uuid::Uuid;

use crate::domain::ids::NAMESPACE;

/// The UUID of row `id` of legacy table `table` in the file called `source`.
pub fn legacy_uuid(source: &str, table: &str, id: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("legacy:{source}:{table}:{id}").as_bytes())
}

/// What earlier runs mapped, of the tables whose rows are recognised by what they are. A row once recognised stays so, even if it has
/// changed in the legacy file since.
#[derive(Debug, Default)]
pub struct KnownIds(HashMap<(String, String), Uuid>);

impl KnownIds {
    /// Remembers one.
    pub fn insert(&mut self, table: String, legacy_id: String, uuid: Uuid) {
        self.0.insert((table, legacy_id), uuid);
    }

    /// The UUID an earlier run gave.
    pub fn get(&self, table: &str, legacy_id: &str) -> Option<Uuid> {
        self.0.get(&(table.to_owned(), legacy_id.to_owned())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_source_table_and_id_only() {
        let id = legacy_uuid("demo", "tune", "634");
        assert_eq!(id, legacy_uuid("demo", "tune", "634"));
        assert_eq!(id.get_version_num(), 5);
        assert_ne!(id, legacy_uuid("demo", "note", "634"));
        assert_ne!(id, legacy_uuid("other", "tune", "634"));
    }
}
