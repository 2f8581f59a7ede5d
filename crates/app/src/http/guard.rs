//! What stands before every handler: origin, rate, and headers on every answer.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::problem::{Problem, ProblemCode};
use tokio::time::Instant;

use super::Site;
use super::cookie::Cookie;
use super::error::ApiError;
use super::extract::Peer;

/// Our pages load only what we serve; nothing inline, nothing from elsewhere. A device's core is
/// WebAssembly, which a browser compiles only where it is named; text never becomes code.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A phone reports with its place and camera; nothing else is needed.
const PERMISSIONS_POLICY: &str = "geolocation=(self), camera=(self), microphone=(), payment=(), \
    usb=(), interest-cohort=()";

/// Headers on every answer.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the security headers; what the API answers is never cached unless it says so.
pub(super) async fn headers(State(site): State<Site>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if site.cookie == Cookie::Secure {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Refuses a mutation that does not prove that it comes from this site.
pub(super) async fn same_origin(
    State(site): State<Site>,
    request: Request,
    next: Next,
) -> Response {
    if is_safe(request.method()) || is_ours(site.cookie, request.headers()) {
        return next.run(request).await;
    }
    ApiError::new(StatusCode::FORBIDDEN, Problem::new(ProblemCode::ForeignOrigin)).into_response()
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// At least one of `Sec-Fetch-Site` and `Origin` must be there, and each that is must be ours.
fn is_ours(cookie: Cookie, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let origin = text(header::ORIGIN);
    let host = text(header::HOST).unwrap_or("");
    let schemes: &[&str] = match cookie {
        Cookie::Secure => &["https://"],
        Cookie::Plain => &["http://", "https://"],
    };
    let own = |origin: &str| {
        let authority = schemes.iter().find_map(|scheme| origin.strip_prefix(scheme));
        !host.is_empty() && authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    };
    (site.is_some() || origin.is_some())
        && site.is_none_or(|site| site == "same-origin")
        && origin.is_none_or(own)
}

/// Requests a second that one address may send on average: an office behind one address.
const REQUESTS_PER_SECOND: f64 = 100.0;
/// Requests that it may send at once.
const REQUESTS_BURST: f64 = 1_000.0;
/// Addresses remembered at once; when full, those at rest are forgotten.
const ADDRESSES_MAX: usize = 50_000;

/// A token bucket for each address. The machine's own addresses are not limited.
#[derive(Debug, Default)]
pub(super) struct Rates {
    buckets: Mutex<BTreeMap<IpAddr, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rates {
    fn may_pass(&self, address: IpAddr, now: Instant) -> bool {
        if address.to_canonical().is_loopback() {
            return true;
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX {
            buckets.retain(|_, bucket| bucket.filled(now) < REQUESTS_BURST);
        }
        if buckets.len() >= ADDRESSES_MAX {
            return false;
        }
        let bucket = buckets.entry(address).or_insert(Bucket { tokens: REQUESTS_BURST, at: now });
        *bucket = Bucket { tokens: bucket.filled(now), at: now };
        let passes = bucket.tokens >= 1.0;
        if passes {
            bucket.tokens -= 1.0;
        }
        passes
    }
}

impl Bucket {
    fn filled(&self, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens + seconds * REQUESTS_PER_SECOND).min(REQUESTS_BURST)
    }
}

/// Refuses an address that sends too much.
pub(super) async fn rate(State(site): State<Site>, request: Request, next: Next) -> Response {
    if site.rates.may_pass(Peer::of(request.extensions()), Instant::now()) {
        return next.run(request).await;
    }
    let problem = Problem::new(ProblemCode::Busy);
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, problem).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair =
            |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_our_own_pages_may_mutate() {
        let check = |cookie, pairs: &[_], ours| {
            assert_eq!(is_ours(cookie, &headers(pairs)), ours, "{pairs:?}");
        };
        let (host, same) = (("host", "a.id"), ("sec-fetch-site", "same-origin"));
        check(Cookie::Secure, &[host, ("origin", "https://a.id"), same], true);
        check(Cookie::Secure, &[host, ("origin", "https://A.id")], true);
        check(Cookie::Secure, &[host, same], true);
        check(Cookie::Secure, &[host], false);
        check(Cookie::Secure, &[host, ("origin", "http://a.id")], false);
        check(Cookie::Secure, &[host, ("origin", "https://b.id"), same], false);
        check(Cookie::Secure, &[host, ("origin", "https://a.id.b.id")], false);
        check(Cookie::Secure, &[host, ("origin", "null")], false);
        check(Cookie::Secure, &[("origin", "https://")], false);
        check(Cookie::Secure, &[host, ("sec-fetch-site", "same-site")], false);
        check(Cookie::Secure, &[host, ("sec-fetch-site", "none")], false);
        check(Cookie::Plain, &[("host", "[::1]:80"), ("origin", "http://[::1]:80")], true);
        check(Cookie::Plain, &[("host", "[::1]:80"), ("origin", "http://[::1]:81")], false);
    }

    #[test]
    fn an_address_is_slowed_and_recovers() {
        let rates = Rates::default();
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let start = Instant::now();
        let passed = (0..2_000).filter(|_| rates.may_pass(address, start)).count();
        assert_eq!(passed, 1_000);
        assert!(rates.may_pass("10.0.0.2".parse().unwrap(), start));
        assert!(rates.may_pass(address, start + Duration::from_millis(20)));
        assert!(rates.may_pass("127.0.0.1".parse().unwrap(), start));
    }
}
