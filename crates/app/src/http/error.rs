//! The one map from what went wrong to status and problem JSON.
//!
//! A handler gives back an [`ApiError`]; [`describe`] writes its body in the reader's language.
//! Internals are logged here, once, and never sent.

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::problem::{Problem, ProblemCode};
use node::{Failure, FailureKind};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response as ResponseSpec, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::wire;
use crate::messages::{self, Lang};

/// Why a request was not done.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    problems: Vec<Problem>,
}

pub(super) type ApiResult<T> = Result<T, ApiError>;

/// The problems of a response, on their way to [`describe`].
#[derive(Clone)]
struct Carried(Vec<Problem>);

impl ApiError {
    /// One problem.
    pub(super) fn new(status: StatusCode, problem: Problem) -> Self {
        Self { status, problems: vec![problem] }
    }

    /// There is no such thing.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, Problem::new(ProblemCode::NotFound))
    }

    /// Nobody is signed in.
    pub(super) fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Problem::new(ProblemCode::NotSignedIn))
    }

    /// A parameter of the address can't be read.
    pub(super) fn parameter(name: &str, reason: impl ToString) -> Self {
        let problem = Problem::new(ProblemCode::QueryInvalid).at(name).with("reason", reason);
        Self::new(StatusCode::BAD_REQUEST, problem)
    }

    /// The body can't be read.
    pub(super) fn body(reason: impl ToString) -> Self {
        let problem = Problem::new(ProblemCode::BodyInvalid).with("reason", reason);
        Self::new(StatusCode::BAD_REQUEST, problem)
    }

    /// The body isn't the JSON that is asked for, or is too large.
    pub(super) fn json(rejection: &JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            _ => Self::body(rejection.body_text()),
        }
    }

    /// Storage failed.
    pub(super) fn storage(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = chain(error), "a request failed in storage");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Problem::new(ProblemCode::Storage))
    }

    /// The body is too large.
    pub(super) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Problem::new(ProblemCode::BodyTooLarge))
    }
}

impl<F: Failure> From<F> for ApiError {
    fn from(failure: F) -> Self {
        let problems = failure.problems();
        let status = match failure.kind() {
            FailureKind::NotSignedIn => StatusCode::UNAUTHORIZED,
            FailureKind::Denied => StatusCode::FORBIDDEN,
            FailureKind::NotFound => StatusCode::NOT_FOUND,
            FailureKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            FailureKind::Refused => StatusCode::CONFLICT,
            FailureKind::Busy => busy_status(&problems),
            FailureKind::Storage => {
                tracing::error!(error = chain(&failure), "a request failed in storage");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self { status, problems }
    }
}

fn busy_status(problems: &[Problem]) -> StatusCode {
    let tries = ProblemCode::TooManyTries.as_str();
    if problems.iter().any(|problem| problem.code == tries) {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Carried(self.problems));
        response
    }
}

/// Writes every refusal as problem JSON in the language that the request asks for.
pub(super) async fn describe(request: Request, next: Next) -> Response {
    let header = request.headers().get(header::ACCEPT_LANGUAGE);
    let lang = Lang::of_header(header.and_then(|value| value.to_str().ok()));
    let mut response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let carried = response.extensions_mut().remove::<Carried>();
    let problems = carried.map_or_else(|| vec![by_status(status)], |carried| carried.0);
    let details = details(lang, status, &problems);
    let body = serde_json::to_vec(&details).expect("invariant: problems are plain data");
    let mut answer = (status, body).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    if let Some(allow) = response.headers().get(header::ALLOW) {
        headers.insert(header::ALLOW, allow.clone());
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}

/// The problem of a refusal that is not ours: a route or method that isn't there, a limit.
fn by_status(status: StatusCode) -> Problem {
    Problem::new(match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ProblemCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::BodyTooLarge,
        status if status.is_client_error() => ProblemCode::BodyInvalid,
        _ => ProblemCode::Busy,
    })
}

fn details(lang: Lang, status: StatusCode, problems: &[Problem]) -> wire::ProblemDetails {
    let first = problems.first().cloned().unwrap_or_else(|| by_status(status));
    wire::ProblemDetails {
        r#type: "about:blank".to_owned(),
        title: messages::sentence(lang, &first),
        status: status.as_u16(),
        code: first.code,
        problems: problems.iter().map(|problem| wire_problem(lang, problem)).collect(),
    }
}

/// A problem with its sentence.
pub(super) fn wire_problem(lang: Lang, problem: &Problem) -> wire::Problem {
    wire::Problem {
        code: problem.code.clone(),
        at: problem.at.clone(),
        values: problem.values.clone(),
        message: messages::sentence(lang, problem),
    }
}

/// Every endpoint's refusals, for the description: `application/problem+json`.
#[derive(Debug)]
pub(super) struct Refusal;

impl IntoResponses for Refusal {
    fn responses() -> BTreeMap<String, RefOr<ResponseSpec>> {
        let schema = Ref::from_schema_name(wire::ProblemDetails::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new()
            .description("Not done, and why")
            .content("application/problem+json", content)
            .build();
        BTreeMap::from([("default".to_owned(), RefOr::T(response))])
    }
}
