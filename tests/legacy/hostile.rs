//! What people give the command by mistake or in haste: odd files, odd addresses, names given twice, Ctrl-C.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use tunetrees::legacy::{LegacyError, Source};

use crate::legacy::Backend;
use crate::made::make;
use crate::small::{reads, small};

/// Status, standard output and standard error of a run in `folder`.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migrate-legacy"));
    let done = command.current_dir(folder).args(arguments).envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[test]
fn what_is_no_file_of_ours_is_told_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.sqlite3");
    std::fs::write(&empty, "").unwrap();
    let whole = dir.path().join("whole.sqlite3");
    small(&whole).execute("insert into note values (9, 1, 10, null, null, ?, 0, 0, 0)", ["x".repeat(400_000)]).unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    let half = dir.path().join("half.sqlite3");
    std::fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    let view = dir.path().join("view.sqlite3");
    let turned = "alter table tune rename to tunes; create view tune as select * from tunes";
    small(&view).execute_batch(turned).unwrap();
    for (path, words) in [
        (dir.path(), "it is a folder"),
        (Path::new("/dev/null"), "it is no ordinary file"),
        (&empty, "it is empty"),
        (&half, "it breaks off after"),
        (&view, "it has no table tune"),
        (&dir.path().join("gone"), "there is no file"),
    ] {
        let error = Source::open(path, None).unwrap_err().to_string();
        assert!(error.contains(words), "{path:?}: {error}");
    }
    // A table that only another program can read is none of ours.
    let odd = dir.path().join("odd.sqlite3");
    let entry = "pragma writable_schema = 1;
                 insert into sqlite_master values ('table', 'odd', 'odd', 0, 'create virtual table odd using nosuch(a)')";
    small(&odd).execute_batch(entry).unwrap();
    assert!(reads(&odd).others.contains_key("odd"));
}

#[cfg(unix)]
#[test]
fn behind_a_link_what_is_in_the_log_counts_too() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("there")).unwrap();
    let path = dir.path().join("there/wal.sqlite3");
    let writer = small(&path);
    let late =
        "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; insert into tag values (8, 2, 10, 'in the log')";
    writer.execute_batch(late).unwrap();
    let link = dir.path().join("link.sqlite3");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let source = Source::open(&link, None).unwrap();
    assert_eq!((source.tables["tag"].rows, source.name.as_str()), (2, "link"));
}

#[tokio::test]
async fn numbers_beyond_all_bounds_and_people_without_an_address_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("odd.sqlite3");
    small(&path)
        .execute_batch(
            "insert into practice_record values (9223372036854775807, 1, 10, '2024-02-09 10:00:00', 9223372036854775807, 1e308, -9223372036854775808, '9999999999999');
             insert into practice_record values (3000000000, 1, 10, 2147483648, 4294967296, null, 2147483648, '2024');
             insert into note values (5000000000, 1, 10, 5000000000, 1e300, 'kept', 99999999999, 3, 7);
             insert into user values (3, 'Ann', 'ANNA@Example.COM', 0), (4, 'No', null, 0), (5, 'Blank', '  ', 0), (6, 'Bad', 'no address', 0);
             insert into playlist values (3, 3, null, 0, null), (4, 4, 1, 0, null), (7, 77, 1, 0, null)",
        )
        .unwrap();
    let mut backend = Backend::start().await;
    let report = backend.load(&reads(&path), &crate::small::local()).await;
    assert_eq!(report.table("practice_record").unwrap().loaded, 4);
    let left: Vec<&str> = report.table("playlist").unwrap().left_out.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(left, ["its owner, user 4, has no account", "its owner, user 77, has no account"]);
    let shared = report.table("user").unwrap().left_out.iter().find(|row| row.legacy_id == "3").unwrap();
    assert!(shared.reason.contains("shares the account of user 1"), "{}", shared.reason);
    assert_eq!(backend.count("select count(*) from auth.users where email = 'anna@example.com'").await, 1);
    let hers = "select count(*) from public.playlist p join auth.users u on u.id = p.user_ref where u.email = 'anna@example.com'";
    assert_eq!(backend.count(hers).await, 2, "both of the people with that address");
    assert_eq!(backend.count("select count(*) from public.note where note_text = 'kept' and not deleted").await, 1);
}

#[tokio::test]
async fn addresses_and_names_given_wrongly_change_nothing_and_give_nothing_away() {
    let dir = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let empty = backend.dump().await;
    small(&dir.path().join("a.sqlite3"));
    std::fs::copy(dir.path().join("a.sqlite3"), dir.path().join("source.json")).unwrap();
    let before = std::fs::read(dir.path().join("source.json")).unwrap();
    let at = backend.url.split('@').nth(1).unwrap();
    for (address, words) in [
        ("postgres://postgres:s3cr3t@127.0.0.1:9/x".to_owned(), "cannot connect"),
        ("postgres://postgres:s3cr3t@w@127.0.0.1:9/x".to_owned(), "cannot connect"),
        ("postgres://postgres:s3cr3t@127.0.0.1:port/x".to_owned(), "it looks like postgres://"),
        ("postgres:s3cr3t@127.0.0.1/x".to_owned(), "it looks like postgres://"),
        ("host=127.0.0.1 password=s3cr3t port=x".to_owned(), "it looks like postgres://"),
        ("postgres://a:s3cr3t@127.0.0.1/x?sslmode=s3cr3t".to_owned(), "it looks like postgres://"),
        (format!("postgres://nobody:s3cr3t@{at}"), "role \"nobody\" does not exist"),
        (String::new(), "it is missing"),
    ] {
        let (status, out, error) = run(dir.path(), &["--source", "a.sqlite3", "--database-url", &address], &[]);
        assert!(status == 1 && error.contains(words), "{address}: {error}");
        assert!(!out.contains("s3cr3t") && !error.contains("s3cr3t"), "{address}: {out}{error}");
    }
    let url = ("TUNETREES_DATABASE_URL", backend.url.as_str());
    for (arguments, words) in [
        (
            vec!["--source", "a.sqlite3", "--map-user", "1=a@example.com", "1=b@example.com"],
            "1: given to a@example.com and to",
        ),
        (vec!["--source", "a.sqlite3", "--report", "no/such/report.md"], "there is no such folder"),
        (vec!["--source", "a.sqlite3", "--to", "rows.json", "--report", "rows.json"], "name the same file"),
        (vec!["--source", "source.json", "--to", "source.json"], "it is the legacy file, which is only read"),
        (vec!["--source", "source.json", "--report", "source.json"], "it is the legacy file, which is only read"),
        (vec!["--source", "a.sqlite3", "--validate", "7"], "run 7: there is no such run"),
    ] {
        let (status, _, error) = run(dir.path(), &arguments, &[url]);
        assert!(status == 1 && error.contains(words), "{arguments:?}: {error}");
    }
    let (status, _, error) = run(dir.path(), &["--source", "a.sqlite3", "--to", "a.sqlite3"], &[]);
    assert!(status == 2 && error.contains("must end in .json"), "{error}");
    assert_eq!(std::fs::read(dir.path().join("source.json")).unwrap(), before);
    assert_eq!(backend.dump().await, empty);
    // The variable stands for --database-url, and does not forbid --to.
    let (status, out, error) = run(dir.path(), &["--source", "a.sqlite3", "--to", "rows.json"], &[url]);
    assert!(status == 0 && out.contains("every row is accounted for"), "{out}{error}");
    let (status, out, error) = run(dir.path(), &["--source", "a.sqlite3", "--dry-run", "--make-accounts"], &[url]);
    assert!(status == 0 && out.contains("dry run: nothing was written"), "{out}{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_it_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.sqlite3");
    make(&path, 60_000);
    // With something in its log a copy is read, which must not stay behind.
    let writer = rusqlite::Connection::open(&path).unwrap();
    let late = "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; insert into note values (1, 1, 1, 1, null, 'late', 0, 0, 0)";
    writer.execute_batch(late).unwrap();
    let backend = Backend::start().await;
    let empty = backend.dump().await;
    for target in [["--database-url", backend.url.as_str()], ["--to", "rows.json"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate-legacy"));
        command.current_dir(dir.path()).env("TMPDIR", copies.path()).args([
            "--source",
            "large.sqlite3",
            "--progress",
            "lines",
        ]);
        command.args(target).stdout(Stdio::null()).stderr(Stdio::piped());
        if target[0] != "--to" {
            command.arg("--make-accounts");
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.contains("practice_record")));
        assert_eq!(std::fs::read_dir(copies.path()).unwrap().count(), 1);
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let words: Vec<String> = lines.collect();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{words:?}");
        let stopped = LegacyError::Stopped("practice_record".to_owned()).to_string();
        assert!(words.last().unwrap().ends_with(&stopped), "{words:?}");
        assert_eq!(std::fs::read_dir(copies.path()).unwrap().count(), 0, "the copy is gone");
    }
    assert_eq!(backend.dump().await, empty);
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("json")), "{left:?}");
}
