//! Passwords and e-mail addresses: what is accepted, and bcrypt off the async threads.

use super::error::AuthError;

/// bcrypt cost, as GoTrue's.
const COST: u32 = 10;
/// Fewest characters of a password.
const SHORTEST: usize = 6;
/// bcrypt looks at no more bytes than these.
const LONGEST: usize = 72;

/// Refuses passwords that are too short or too long.
pub fn check(password: &str) -> Result<(), AuthError> {
    if password.len() > LONGEST {
        return Err(AuthError::bad("validation_failed", "Password cannot be longer than 72 characters"));
    }
    if password.chars().count() < SHORTEST {
        return Err(AuthError::weak_password("length", "Password should be at least 6 characters."));
    }
    Ok(())
}

/// The bcrypt hash of a password, `$2a$10$…`.
pub async fn hash(password: String) -> Result<String, AuthError> {
    let parts = tokio::task::spawn_blocking(move || bcrypt::hash_with_result(password, COST)).await??;
    Ok(parts.format_for_version(bcrypt::Version::TwoA))
}

/// Whether a password fits a stored hash; never for a missing or foreign hash.
pub async fn fits(password: String, hash: Option<String>) -> Result<bool, AuthError> {
    let Some(hash) = hash.filter(|hash| !hash.is_empty()) else { return Ok(false) };
    Ok(tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false)).await?)
}

/// An e-mail address in its stored form: trimmed, lower case.
pub fn email(text: &str) -> Result<String, AuthError> {
    let address = text.trim().to_lowercase();
    let well_formed = address.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !address.contains(char::is_whitespace)
            && !host.contains('@')
            && address.len() <= 255
    });
    if well_formed {
        Ok(address)
    } else {
        Err(AuthError::bad("validation_failed", "Unable to validate email address: invalid format"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_are_checked_and_lowered() {
        assert_eq!(email(" Ann@Example.COM ").unwrap(), "ann@example.com");
        for bad in ["", "ann", "@example.com", "ann@", "ann@host", "a b@example.com", "a@b@example.com"] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn hashes_are_bcrypt_of_cost_10_and_verify() {
        let hash = hash("secret1".into()).await.unwrap();
        assert!(hash.starts_with("$2a$10$"), "{hash}");
        assert!(fits("secret1".into(), Some(hash.clone())).await.unwrap());
        assert!(!fits("secret2".into(), Some(hash)).await.unwrap());
        assert!(!fits("secret1".into(), None).await.unwrap());
    }
}
