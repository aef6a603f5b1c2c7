//! Links from stored text: only http and https become links.

/// The address if it may become a link, trimmed; `None` for every other scheme and for nonsense.
pub fn safe_link(url: &str) -> Option<&str> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let clean = !rest.is_empty() && !rest.starts_with('/') && !url.chars().any(|c| c.is_control() || c.is_whitespace());
    (web && clean).then_some(url)
}

/// The host of a link, for people.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.strip_prefix("www.").unwrap_or(host)
}

/// The picture if its data are in the address itself and it is of a kind that cannot carry scripts.
pub fn safe_image(src: &str) -> Option<&str> {
    let kinds = ["png", "jpeg", "jpg", "gif", "webp", "avif"];
    let rest = src.trim().strip_prefix("data:image/")?;
    let (kind, data) = rest.split_once(";base64,")?;
    let clean = data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    (kinds.contains(&kind) && clean && !data.is_empty()).then(|| src.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_linked() {
        assert_eq!(safe_link(" https://thesession.org/tunes/1 "), Some("https://thesession.org/tunes/1"));
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "java\nscript://x",
            "//host",
            "https://",
            "http://a b",
            "file:///etc",
        ] {
            assert_eq!(safe_link(bad), None, "{bad}");
        }
        assert_eq!(host("https://user@www.irishtune.info/tune/36/"), "irishtune.info");
    }

    #[test]
    fn only_harmless_embedded_pictures_are_shown() {
        assert!(safe_image("data:image/png;base64,iVBORw0=").is_some());
        for bad in [
            "data:image/svg+xml;base64,PHN2Zz4=",
            "https://spy.example/p.png",
            "data:image/png;base64,\"onload",
            "data:text/html;base64,AA==",
        ] {
            assert_eq!(safe_image(bad), None, "{bad}");
        }
    }
}
