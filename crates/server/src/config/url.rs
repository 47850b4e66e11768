//! The two kinds of url in a configuration: origins and stores.

/// An origin as a browser writes it. It is compared as it stands, so a slip here would refuse every payment.
///
/// # Errors
/// What to write instead.
pub fn parse_origin(text: &str) -> Result<String, String> {
    let is_written_so = |host: &str| {
        let is_part =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(is_part)
    };
    match host(text) {
        Some(host) if is_written_so(host) => Ok(text.to_owned()),
        _ => Err(String::from(
            "write it as a browser does: https://shop.example, in lower case, without a path or a final slash",
        )),
    }
}

/// What follows the scheme.
pub(super) fn host(origin: &str) -> Option<&str> {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))
}

/// Whether it is one of the kinds of store that there are.
pub(super) fn is_store(url: &str) -> bool {
    ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

/// Whether the url of a store holds a password: between user and host, or as an option.
pub(super) fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (authority, options) = (rest.split(['/', '?']).next().unwrap_or_default(), rest.split_once('?'));
    let between = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    between
        || options
            .is_some_and(|(_, options)| options.split('&').any(|option| option.starts_with("password=")))
}

#[cfg(test)]
mod tests {
    use super::{has_password, parse_origin};

    #[test]
    fn an_origin_is_taken_as_a_browser_writes_it() {
        for taken in
            ["https://shop.example", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"]
        {
            assert_eq!(parse_origin(taken).as_deref(), Ok(taken));
        }
        for refused in [
            "",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://Shop.example",
            "https://a@b",
            "https://a?b",
        ] {
            assert!(parse_origin(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_password_is_seen_wherever_it_may_stand() {
        for with in [
            "postgres://a:b@c/d",
            "postgres://a:@c",
            "postgres://c/d?password=b",
            "postgres://c?x=y&password=b",
        ] {
            assert!(has_password(with), "{with}");
        }
        for without in
            ["sqlite:a:b@c", "postgres://a@c:5432/d", "postgres://c:5432/d", "postgres://c/d?x=password"]
        {
            assert!(!has_password(without), "{without}");
        }
    }
}
