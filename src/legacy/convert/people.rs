//! Legacy users: who gets an account, under which address, and what her profile says.

use std::collections::{BTreeMap, HashMap};

use crate::domain::order::Sort;
use crate::legacy::error::LegacyError;
use crate::legacy::value::{LegacyRow, yes_or_no};
use crate::store::schema::Table;

use super::cells::Cells;
use super::{Converter, Draft, Made};

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

/// A legacy user who should have an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Her legacy id.
    pub legacy_id: i64,
    /// The address of her account, lower case.
    pub email: String,
    /// Her name.
    pub name: Option<String>,
    /// Named in the mapping?
    pub mapped: bool,
    /// Had the old server confirmed her address?
    pub confirmed: bool,
}

/// Everybody who should have an account.
#[derive(Clone, Debug, Default)]
pub struct People {
    people: Vec<Person>,
    /// Legacy user → the legacy user whose account she shares.
    shared: HashMap<i64, i64>,
    turned_away: HashMap<i64, String>,
}

impl People {
    /// Takes a row of `user` into account.
    pub fn add(&mut self, row: LegacyRow<'_>, map: &UserMap) {
        let Some(legacy_id) = row.int("id") else { return };
        // The first row of an id decides, as it does when the rows are converted: nobody gets an account whose row is then left out.
        let decided = self.turned_away.contains_key(&legacy_id) || self.people.iter().any(|p| p.legacy_id == legacy_id);
        if legacy_id == 0 || decided {
            return;
        }
        let (email, mapped) = if let Some(email) = map.get(&legacy_id) {
            (email.clone(), true)
        } else if yes_or_no(row.get("deleted")) == Some(true) {
            self.turned_away.insert(legacy_id, "the person was deleted".to_owned());
            return;
        } else if let Some(email) = row.word("email").map(str::trim).filter(|e| is_address(e)) {
            (email.to_lowercase(), false)
        } else {
            self.turned_away.insert(legacy_id, "no e-mail address: name one with --map-user".to_owned());
            return;
        };
        let name = row.word("name").map(|name| name.replace('\0', "")).filter(|name| !name.is_empty());
        let confirmed = row.word("email_verified").is_some();
        self.people.push(Person { legacy_id, email, name, mapped, confirmed });
    }

    /// After the last row: are all that were mapped there? The mapped come first: where two share an address, theirs is the
    /// account's name.
    pub fn finish(mut self, map: &UserMap) -> Result<People, LegacyError> {
        for id in map.keys() {
            if !self.people.iter().any(|p| p.legacy_id == *id) {
                return Err(LegacyError::MapUser(format!("{id}=…: the file has no user {id}")));
            }
        }
        self.people.put_in_order_of(|p| (!p.mapped, p.legacy_id));
        let mut first: HashMap<&str, i64> = HashMap::new();
        for person in &self.people {
            let owner = *first.entry(&person.email).or_insert(person.legacy_id);
            if owner != person.legacy_id {
                self.shared.insert(person.legacy_id, owner);
            }
        }
        Ok(self)
    }

    /// Everybody, the mapped first.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.people.iter()
    }

    /// Her account has another address by now than the file says.
    pub fn moved(&mut self, legacy_id: i64, email: String) {
        for person in self.people.iter_mut().filter(|person| person.legacy_id == legacy_id) {
            person.email.clone_from(&email);
        }
    }

    /// The legacy user whose account this one shares.
    pub fn shares_with(&self, legacy_id: i64) -> Option<i64> {
        self.shared.get(&legacy_id).copied()
    }
}

fn is_address(text: &str) -> bool {
    text.contains('@') && text.len() < 250 && !text.contains(['\0', ' '])
}

impl Converter {
    /// The profile of an account.
    pub(super) fn person(&mut self, cells: &mut Cells<'_>) -> Made {
        let number = cells.reference("id").ok_or("it has no id")?;
        if number == 0 {
            return Err("user 0 stands for everybody; its rows are public and owned by nobody".to_owned());
        }
        if self.own().is_some() && !self.setting.accounts.contains_key(&number) {
            return Err("it is somebody else".to_owned());
        }
        let people = &self.setting.people;
        if let Some(reason) = people.turned_away.get(&number) {
            return Err(reason.clone());
        }
        let Some(person) = people.iter().find(|p| p.legacy_id == number) else {
            return Err("she came into the file while it was read".to_owned());
        };
        let email = person.email.clone();
        let Some(id) = self.setting.accounts.get(&number).copied() else {
            return Err(format!("{email} has no account: invite her, then run again"));
        };
        if let Some(other) = people.shares_with(number) {
            return Err(format!("shares the account of user {other} ({email}); her rows are loaded there"));
        }
        let mut draft = Draft::new(Table::UserProfile);
        draft.set("id", id);
        draft.set("email", email);
        draft.set("name", cells.word("name"));
        draft.set("sr_alg_type", cells.word("sr_alg_type"));
        draft.set("phone", cells.word("phone"));
        draft.set("phone_verified", cells.time("phone_verified"));
        draft.set("acceptable_delinquency_window", cells.int("acceptable_delinquency_window").unwrap_or(21));
        self.sign(&mut draft, None, false);
        Ok(draft)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::legacy::value::LegacyValue;

    #[test]
    fn mappings_are_checked() {
        assert_eq!(parse_mapping("7= Anna@Example.com").unwrap(), (7, "anna@example.com".to_owned()));
        assert!(parse_mapping("anna@example.com").is_err());
        assert!(parse_mapping("0=anna@example.com").is_err());
        assert!(parse_mapping("x=anna@example.com").is_err());
        assert!(parse_mapping("7=anna").is_err());
    }

    #[test]
    fn the_first_row_of_an_id_decides() {
        let columns = ["id", "email", "deleted"].map(str::to_owned);
        let mut people = People::default();
        for email in ["no address", "anna@example.com"] {
            let cells = [LegacyValue::Int(1), LegacyValue::Text(email.to_owned()), LegacyValue::Int(0)];
            people.add(LegacyRow::new(&columns, &cells), &UserMap::new());
        }
        assert_eq!(people.finish(&UserMap::new()).unwrap().iter().count(), 0, "the second row will be left out");
    }

    #[test]
    fn two_with_one_address_share_an_account_and_the_mapped_names_it() {
        let columns = ["id", "email", "deleted"].map(str::to_owned);
        let map = UserMap::from([(9, "anna@example.com".to_owned())]);
        let mut people = People::default();
        for (id, email, deleted) in [(1, "Anna@example.com", 0), (9, "old@example.com", 1), (5, "gone@example.com", 1)]
        {
            let cells = [LegacyValue::Int(id), LegacyValue::Text(email.to_owned()), LegacyValue::Int(deleted)];
            people.add(LegacyRow::new(&columns, &cells), &map);
        }
        let people = people.finish(&map).unwrap();
        let ids: Vec<i64> = people.iter().map(|p| p.legacy_id).collect();
        assert_eq!(ids, [9, 1], "the mapped first, deleted people only when mapped");
        assert_eq!(people.shares_with(1), Some(9));
        assert!(People::default().finish(&map).is_err());
    }
}
