//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// Seconds that a browser keeps the cookie: the node ends a session at twelve hours at most.
const MAX_AGE_S: u32 = 12 * 60 * 60;

/// How the session cookie is called and marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// `__Host-session`, Secure: over TLS.
    Secure,
    /// `session`: over plain HTTP, which browsers allow no Secure cookie.
    Plain,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-session",
            Self::Plain => "session",
        }
    }

    /// The token that a request carries.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<String> {
        let all = headers.get_all(header::COOKIE).iter();
        let pairs = all.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
        let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
        named.find(|(name, _)| *name == self.name()).map(|(_, token)| token.to_owned())
    }

    /// The header that gives a browser its token.
    pub(super) fn give(self, token: &str) -> HeaderValue {
        self.header(token, MAX_AGE_S)
    }

    /// The header that takes it away.
    pub(super) fn take(self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(self, token: &str, max_age_s: u32) -> HeaderValue {
        let secure = match self {
            Self::Secure => "; Secure",
            Self::Plain => "",
        };
        let name = self.name();
        let text = format!(
            "{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}"
        );
        HeaderValue::from_str(&text).expect("invariant: tokens are hexadecimal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back() {
        let given = Cookie::Secure.give("ab12");
        assert_eq!(
            given,
            "__Host-session=ab12; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("x=1; __Host-session=ab12"));
        assert_eq!(Cookie::Secure.read(&headers).as_deref(), Some("ab12"));
        assert_eq!(Cookie::Plain.read(&headers), None);
    }
}
