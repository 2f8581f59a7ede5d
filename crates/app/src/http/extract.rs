//! What handlers take from a request: parsed, or refused with a place and a reason.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use domain::ids::OfficeId;
use domain::period::Date;
use node::Actor;
use serde::de::DeserializeOwned;

use super::Site;
use super::error::{ApiError, ApiResult};
use crate::messages::Lang;

/// Time for a body to arrive: the largest form over 2G takes a minute.
const BODY_TIMEOUT: Duration = Duration::from_secs(120);

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Site> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, site: &Site) -> ApiResult<Self> {
        let json = tokio::time::timeout(BODY_TIMEOUT, Json::<T>::from_request(request, site));
        let json = json.await.map_err(|_| ApiError::body("it did not arrive in time"))?;
        json.map(|Json(value)| Self(value)).map_err(|rejection| ApiError::json(&rejection))
    }
}

/// The parameters after `?`.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Site> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> ApiResult<Self> {
        let params = Query::<T>::from_request_parts(parts, site).await;
        params
            .map(|Query(value)| Self(value))
            .map_err(|rejection| ApiError::parameter("?", rejection.body_text()))
    }
}

/// The one part of the path that is not fixed, as an id. What isn't an id isn't found.
pub(super) struct At<T>(pub(super) T);

impl<T: FromStr> FromRequestParts<Site> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> ApiResult<Self> {
        let Path(text) = Path::<String>::from_request_parts(parts, site)
            .await
            .map_err(|_| ApiError::not_found())?;
        text.parse().map(Self).map_err(|_| ApiError::not_found())
    }
}

/// Who is signed in.
pub(super) struct SignedIn(pub(super) Arc<Actor>);

impl FromRequestParts<Site> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> ApiResult<Self> {
        let token = site.cookie.read(&parts.headers).ok_or_else(ApiError::not_signed_in)?;
        let actor = site.actor(&token).await?;
        actor.map(Self).ok_or_else(ApiError::not_signed_in)
    }
}

/// The address that the connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// Its address, without the port.
    pub(super) fn of(parts: &axum::http::Extensions) -> IpAddr {
        parts.get::<Self>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
    }
}

/// The address that the request comes from.
pub(super) struct From(pub(super) IpAddr);

impl FromRequestParts<Site> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Self::Rejection> {
        Ok(Self(Peer::of(&parts.extensions)))
    }
}

/// The language that the request asks for.
pub(super) struct Asks(pub(super) Lang);

impl FromRequestParts<Site> for Asks {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get(header::ACCEPT_LANGUAGE);
        Ok(Self(Lang::of_header(header.and_then(|value| value.to_str().ok()))))
    }
}

/// A date among the parameters.
pub(super) fn date(name: &str, text: Option<&str>) -> ApiResult<Option<Date>> {
    let parse = |text: &str| text.parse().map_err(|error| ApiError::parameter(name, error));
    text.map(parse).transpose()
}

/// An office among the parameters.
pub(super) fn office(id: Option<u32>) -> Option<OfficeId> {
    id.map(OfficeId)
}
