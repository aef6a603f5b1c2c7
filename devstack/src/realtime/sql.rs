//! Quoting for the statements Realtime builds. Everything goes through the simple query protocol: one round
//! trip, results as text, types decided by PostgreSQL.

/// A string literal. Relies on `standard_conforming_strings`, on since PostgreSQL 9.1.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "''"))
}

/// A quoted identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// The statements that make the rest of a transaction run as a user: role and claims as PostgREST sets them.
pub fn impersonate(role: &str, claims: &str) -> String {
    format!(
        "select set_config('role', {}, true), set_config('request.jwt.claims', {}, true);",
        literal(role),
        literal(claims)
    )
}
