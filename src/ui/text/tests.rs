//! What is said in another language, and what falls back to English.

use super::*;

fn speak_test() {
    let texts = [
        ("Key", "Schlüssel"),
        ("Key [of a tune]", "Tonart"),
        ("{count} tunes [few]", "{count} ladne melodie"),
        ("{count} tunes [other]", "{count} melodii"),
        ("{sent} of {all} sent", "von {all} sind {sent} weg"),
    ];
    let texts = texts.iter().map(|(english, said)| ((*english).to_owned(), (*said).to_owned())).collect();
    let category = |count: i64| if (2..5).contains(&count) { "few".to_owned() } else { "many".to_owned() };
    speak(Some(Box::leak(Box::new(Catalogue { texts, category }))));
}

#[test]
fn english_is_its_own_key() {
    speak(None);
    assert_eq!((t("Key"), t_in("of a tune", "Key"), told("Key")), ("Key", "Key", "Key"));
    assert_eq!(
        [counted(1, "tune"), counted(2000, "tune"), counted(2, "entry")],
        ["1 tune", "2,000 tunes", "2 entries"]
    );
    assert_eq!(say!("{sent} of {all} sent", all = 3, sent = "{all}"), "{all} of 3 sent");
    assert_eq!(say!(plural(1, "One is", "{count} are"), count = 1), "One is");
}

#[test]
fn another_language_orders_and_counts_as_it_likes() {
    speak_test();
    assert_eq!(
        (t("Key"), t_in("of a tune", "Key"), t_in("of a door", "Key"), told("Key")),
        ("Schlüssel", "Tonart", "Schlüssel", "Schlüssel")
    );
    let (sent, all) = (1, 3);
    assert_eq!(say!("{sent} of {all} sent", sent, all), "von 3 sind 1 weg");
    // There is no word for many: the usual one.
    assert_eq!([counted(3, "tune"), counted(7, "tune")], ["3 ladne melodie", "7 melodii"]);
    assert_eq!(plural(3, "{count} tune", "{count} tunes"), "{count} ladne melodie");
    assert_eq!((t("What is missing"), plural(1, "one", "more")), ("What is missing", "one"));
    speak(None);
}

#[test]
fn a_text_may_be_parted_around_an_element_and_odd_braces_do_no_harm() {
    assert_eq!(parted("Signed in as {email}.", "{email}"), ("Signed in as ", "."));
    assert_eq!(parted("Signed in", "{email}"), ("Signed in", ""));
    assert_eq!(fill("{a {b} {c", &[("b", &1)]), "{a {b} {c");
}
