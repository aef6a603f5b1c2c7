//! Rules that several columns share, in the words of the report and the guide.

pub(super) const NEW_ID: &str = "UUID of source, table and legacy id";
pub(super) const NATURAL: &str = "UUID of the natural key, as the app makes it";
pub(super) const EMPTY_IS_NULL: &str = "empty → null";
pub(super) const PERSON: &str = "her account";
pub(super) const PERSON_OR_PUBLIC: &str = "her account; 0 or nothing → null (everybody's)";
pub(super) const ITS_TUNE: &str = "the tune's new id; a row without one is left out";
pub(super) const ITS_REPERTOIRE: &str = "the repertoire's new id; a row without one is left out";
pub(super) const OWN_REPERTOIRE: &str = "the repertoire's new id; a row about somebody else's is left out";
pub(super) const INSTANT: &str = "UTC, microseconds; no zone = UTC; no time → null, listed";
pub(super) const TOMBSTONE: &str = "a tombstone comes along as one";
pub(super) const FLAG: &str = "0/1 → no/yes; anything else → null, listed";
pub(super) const FLAG_NO: &str = "0/1 → no/yes; nothing → no";
pub(super) const ITS_GENRE: &str = "empty → null; a genre that does not exist → null, listed";
pub(super) const GOAL: &str = "empty → recall";
pub(super) const STEPS: &str = "a JSON list of minutes; plain numbers are seconds";
pub(super) const OWNER_OF_REPERTOIRE: &str = "the repertoire's owner";
