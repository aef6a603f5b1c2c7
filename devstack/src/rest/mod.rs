//! The PostgREST slice: tables and functions of `public` over HTTP, as PostgREST 14 answers. Grammar it does not
//! know (embeddings, aggregates, OpenAPI) is refused with PGRST127, never approximated.
//!
//! `request` takes a request apart, `plan` and `rpc` make one statement of it, `transaction` runs that under the
//! caller's role, `response` makes the reply. Values never pass through Rust types: they go in as text and come back
//! as one JSON text.

pub mod error;
pub mod plan;
pub mod preferences;
pub mod query;
pub mod request;
pub mod response;
pub mod rpc;
pub mod schema_cache;
pub mod sql;
pub mod suggest;
pub mod transaction;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use crate::{AppState, StartError};
use error::ApiError;
use plan::Plan;
use request::{ApiRequest, Target};
use response::Kind;
use schema_cache::{Relation, Schema, SchemaCache};

#[derive(Clone)]
struct Rest {
    state: AppState,
    cache: SchemaCache,
}

/// The routes below `/rest/v1`. Reads the schema once before it returns.
pub async fn router(state: AppState) -> Result<Router, StartError> {
    let cache = SchemaCache::load(state.pool.clone()).await.map_err(|error| {
        let reason = error.details.as_ref().map_or(error.message.clone(), ToString::to_string);
        StartError::Connect { url: "as authenticator".to_string(), reason }
    })?;
    tokio::spawn(cache.clone().listen(state.admin_url.to_string(), state.shutdown.clone()));
    Ok(Router::new().fallback(answer).with_state(Rest { state, cache }))
}

async fn answer(State(rest): State<Rest>, request: Request) -> Response {
    let head = request.method() == Method::HEAD;
    let mut response = match rest.process(request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::debug!(code = error.code, message = error.message, "refused");
            error.into_response()
        }
    };
    if head {
        *response.body_mut() = axum::body::Body::empty();
    }
    response
}

impl Rest {
    async fn process(&self, request: Request) -> Result<Response, ApiError> {
        let mut request = ApiRequest::read(request, &self.state.jwt, self.state.faults.now().timestamp()).await?;
        if let Some(zone) = request.prefer.timezone.clone()
            && !transaction::knows_timezone(&self.state.pool, &zone).await?
        {
            request.prefer.reject_timezone();
        }
        request.prefer.check()?;
        let schema = self.cache.get();
        match self.planned(&request, &schema) {
            // Perhaps it was created since: look once more before refusing.
            Err(error) if matches!(error.code.as_str(), "PGRST202" | "PGRST204" | "PGRST205") => {
                let schema = self.cache.reload().await?;
                let step = self.planned(&request, &schema)?;
                self.perform(&request, &schema, step).await
            }
            step => self.perform(&request, &schema, step?).await,
        }
    }

    fn planned<'a>(&self, request: &ApiRequest, schema: &'a Arc<Schema>) -> Result<Step<'a>, ApiError> {
        let max_rows = self.state.config.max_rows;
        let options = request.method == Method::OPTIONS;
        match &request.target {
            Target::Root if options => Ok(Step::Options(None)),
            Target::Root => Err(ApiError::not_implemented("The OpenAPI description of the schema")),
            Target::Function(name) if options => {
                let known = schema.functions.get(name).map(|_| Step::Options(None));
                known.ok_or_else(|| {
                    ApiError::new(
                        404,
                        "PGRST202",
                        format!("Could not find the function public.{name} in the schema cache"),
                    )
                })
            }
            Target::Function(name) => Ok(Step::Run(None, rpc::call(request, schema, name, max_rows)?)),
            Target::Relation(name) => {
                let relation = plan::relation(schema, name)?;
                if options {
                    return Ok(Step::Options(Some(relation)));
                }
                let plan = match response::kind(request) {
                    Kind::Insert => plan::insert(request, relation)?,
                    Kind::Put => plan::put(request, relation)?,
                    Kind::Update => plan::update(request, relation)?,
                    Kind::Delete => plan::delete(request, relation)?,
                    Kind::Read | Kind::Call => plan::read(request, relation, max_rows)?,
                };
                Ok(Step::Run(Some(relation), plan))
            }
        }
    }

    async fn perform(&self, request: &ApiRequest, schema: &Arc<Schema>, step: Step<'_>) -> Result<Response, ApiError> {
        match step {
            Step::Options(relation) => {
                let functions = match &request.target {
                    Target::Function(name) => schema.functions.get(name).map_or(&[][..], Vec::as_slice),
                    _ => &[],
                };
                Ok(response::options(request, relation, functions))
            }
            Step::Run(relation, plan) => {
                let kind = response::kind(request);
                let max_rows = self.state.config.max_rows;
                let check = |outcome: &transaction::Outcome| response::check(kind, request, &plan, outcome);
                let outcome = transaction::run(&self.state.pool, request, schema, &plan, max_rows, check).await?;
                response::respond(kind, request, relation, &plan, outcome)
            }
        }
    }
}

/// What is to be done for a request.
enum Step<'a> {
    Options(Option<&'a Relation>),
    Run(Option<&'a Relation>, Plan),
}
