//! A forgotten password in words, and the code as it is typed. Pure.

use crate::ui::text::{mark, say};

/// Why there is a code and no link.
pub const LEAD: &str = mark(
    "We send you a code. Type it here and choose another password. What is on this device stays, and what was not sent yet is sent then.",
);

/// Without a network.
pub const OFFLINE: &str = mark(
    "You are offline. Sending a code needs the network; practising does not, and nothing you do meanwhile is lost.",
);

/// After the code was asked for. The same whether or not there is an account: the server tells nobody who has one.
pub fn sent(email: &str) -> String {
    say!(
        "If there is an account for {email}, a message with a six-digit code is on its way. It can take a few minutes; look into the folder for spam, too.",
        email
    )
}

/// The digits of what was typed: people copy codes with blanks, and some messages group them.
pub fn code(typed: &str) -> String {
    typed.chars().filter_map(|char| char.to_digit(10)).filter_map(|digit| char::from_digit(digit, 10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_copy_it() {
        assert_eq!(code(" 123 456\n"), "123456");
        assert_eq!(code("123-456"), "123456");
        assert_eq!(code("0042"), "0042");
    }

    #[test]
    fn nobody_learns_whether_an_address_has_an_account() {
        assert!(sent("a@b.c").starts_with("If there is an account for a@b.c"));
    }
}
