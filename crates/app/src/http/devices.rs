//! Devices: their codes and keys, and what they sealed.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::device::SignedLease;
use domain::ids::{OfficeId, PersonId, WriterId};
use domain::limits::PARCEL_BYTES_MAX;
use domain::problem::{Problem, ProblemCode};
use node::hex;
use qrcode::render::svg;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::cookie::Cookie;
use super::error::{ApiError, ApiResult, Refusal};
use super::extract::{Asks, At, Body, From, SignedIn};
use super::wire;

/// The page that takes a code.
const PAGE: &str = "/perangkat/daftar";
/// Pixels of a QR code's side: the SVG grows from there.
const QR_PIXELS_MIN: u32 = 240;

/// These routes, with their own body limit.
pub(super) fn routes() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(list, enrol))
        .routes(routes!(code))
        .routes(routes!(revoke))
        .routes(routes!(kit))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(take))
                .layer(DefaultBodyLimit::max(PARCEL_BYTES_MAX)),
        )
}

/// The devices of the offices that the reader manages.
#[utoipa::path(get, path = "/api/devices", tag = "devices", operation_id = "list_devices",
    responses((status = 200, body = wire::Devices), Refusal))]
pub(super) async fn list(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
) -> ApiResult<Json<wire::Devices>> {
    let devices = site.work(move |node| node.devices(&actor)).await?;
    Ok(Json(wire::Devices { devices: devices.into_iter().map(Into::into).collect() }))
}

/// Make a code by which a person enrols one device. It is told once and lives ten minutes.
#[utoipa::path(post, path = "/api/devices/codes", tag = "devices",
    operation_id = "create_device_code", request_body = wire::NewDevice,
    responses((status = 201, body = wire::DeviceCode), Refusal))]
pub(super) async fn code(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    headers: HeaderMap,
    Body(given): Body<wire::NewDevice>,
) -> ApiResult<(StatusCode, Json<wire::DeviceCode>)> {
    let person: PersonId = given.person.parse().map_err(|_| ApiError::not_found())?;
    let office = given.office.map(OfficeId);
    let new = node::NewDevice { person, office, name: given.name };
    let made = site.work(move |node| node.device_code(&actor, &new)).await?;
    let link = link(&origin(site.cookie, &headers), &made.code);
    let qr = qr(&link).map_err(ApiError::body)?;
    let side = QR_PIXELS_MIN;
    let qr_svg = qr.render::<svg::Color<'_>>().min_dimensions(side, side).build();
    let code = wire::DeviceCode {
        code: made.code,
        link,
        qr_svg,
        person: made.person,
        office: made.office.0,
        expires_at: wire::moment(made.expires_ms),
    };
    Ok((StatusCode::CREATED, Json(code)))
}

/// Enrol the device of whoever is signed in: its key, its word, and the code that an administrator
/// gave.
#[utoipa::path(post, path = "/api/devices", tag = "devices", operation_id = "enrol_device",
    request_body = wire::EnrolDevice,
    responses((status = 201, body = wire::DeviceEnrolled), Refusal))]
pub(super) async fn enrol(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    From(address): From,
    Body(given): Body<wire::EnrolDevice>,
) -> ApiResult<(StatusCode, Json<wire::DeviceEnrolled>)> {
    let proof = || {
        let problem = Problem::new(ProblemCode::DeviceProof);
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, problem)
    };
    let key = array(&given.key).ok_or_else(proof)?;
    let word = array(&given.proof).ok_or_else(proof)?;
    let address = address.to_string();
    let enrolled = site.node.enrol_device(&actor, &address, &given.code, (key, word)).await?;
    let enrolled = wire::DeviceEnrolled {
        id: enrolled.writer.to_string(),
        office: enrolled.office.0,
        name: enrolled.name,
        authority: hex::encode(enrolled.authority.as_bytes()),
        lease: text(&enrolled.lease),
        now: wire::moment(enrolled.now_ms),
    };
    Ok((StatusCode::CREATED, Json(enrolled)))
}

/// End a device's key: what it sealed and is here stays, nothing after it is taken.
#[utoipa::path(post, path = "/api/devices/{id}/revoke", tag = "devices",
    operation_id = "revoke_device", params(("id" = String, Path, description = "The device")),
    request_body = wire::RevokeDevice, responses((status = 204), Refusal))]
pub(super) async fn revoke(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    At(device): At<WriterId>,
    Body(given): Body<wire::RevokeDevice>,
) -> ApiResult<StatusCode> {
    site.node.revoke_device(&actor, device, &given.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a device judges forms by: the latest packs and the offices, as CBOR
/// (docs/formats/device.md). Asked again with `if-none-match`, it is sent only where it changed.
#[utoipa::path(get, path = "/api/devices/kit", tag = "devices", operation_id = "get_device_kit",
    responses(
        (status = 200, content_type = "application/cbor", body = String),
        (status = 304, description = "As it was"),
        Refusal))]
pub(super) async fn kit(
    State(site): State<Site>,
    SignedIn(_): SignedIn,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let kit = site.work(|node| Ok::<_, node::DeviceError>(node.device_kit())).await?;
    let bytes = minicbor::to_vec(&kit).expect("invariant: writing to memory does not fail");
    let etag = format!("\"{}\"", hex::encode(&blake3::hash(&bytes).as_bytes()[..16]));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == etag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let told = [(header::CONTENT_TYPE, "application/cbor".to_owned()), (header::ETAG, etag)];
    Ok((told, bytes).into_response())
}

/// Take what a device of the reader sealed, as CBOR (docs/formats/device.md). Safe to send again:
/// the same operation has the same receipt.
#[utoipa::path(post, path = "/api/devices/operations", tag = "devices",
    operation_id = "send_device_operations",
    request_body(content = String, content_type = "application/cbor"),
    responses((status = 200, body = wire::DeviceAnswer), Refusal))]
pub(super) async fn take(
    State(site): State<Site>,
    SignedIn(actor): SignedIn,
    Asks(lang): Asks,
    bytes: Bytes,
) -> ApiResult<Json<wire::DeviceAnswer>> {
    let answer = site.node.take_parcel(&actor, &bytes).await?;
    let items = answer.items.into_iter().map(|item| wire::DeviceItem::of(lang, item));
    Ok(Json(wire::DeviceAnswer {
        items: items.collect(),
        begin_again: answer.begin_again,
        revoked: answer.revoked,
        lease: answer.lease.as_ref().map(text),
        now: wire::moment(answer.now_ms),
    }))
}

/// Where the page that takes a code is, with the code.
pub(crate) fn link(origin: &str, code: &str) -> String {
    format!("{}{PAGE}?kode={}", origin.trim_end_matches('/'), code.replace('-', ""))
}

/// A text as a QR code.
pub(crate) fn qr(text: &str) -> Result<QrCode, QrError> {
    QrCode::with_error_correction_level(text, EcLevel::M)
}

/// A lease as text.
fn text(lease: &SignedLease) -> String {
    let bytes = minicbor::to_vec(lease).expect("invariant: writing to memory does not fail");
    hex::encode(&bytes)
}

fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text)?.try_into().ok()
}

/// This site, as the browser that asks names it.
fn origin(cookie: Cookie, headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // Whatever stands here was compared with the host before.
    if let Some(origin) = text(header::ORIGIN) {
        return origin.to_owned();
    }
    let scheme = match cookie {
        Cookie::Secure => "https",
        Cookie::Plain => "http",
    };
    format!("{scheme}://{}", text(header::HOST).unwrap_or_default())
}
