//! The refusals that operations have in common, for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

const PROBLEM: &str = "#/components/schemas/Problem";

fn refusals(list: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let problem = || ContentBuilder::new().schema(Some(Ref::new(PROBLEM))).build();
    list.iter()
        .map(|(status, description)| {
            let response =
                ResponseBuilder::new().description(*description).content("application/problem+json", problem());
            ((*status).to_owned(), RefOr::T(response.build()))
        })
        .collect()
}

/// Refusals of an operation that needs a sign-in.
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[
            ("400", "Malformed input; `errors` names the field"),
            ("401", "Not signed in, or the token is no longer valid"),
            ("403", "The role may not do this"),
            ("404", "Nothing of yours under this id"),
            ("409", "The state doesn't allow it, or a race was lost"),
            ("413", "The body is too large"),
            ("415", "The body is not application/json"),
            ("422", "Another rule refuses; see `code`"),
            ("429", "Too many requests; see Retry-After"),
            ("503", "Busy; see Retry-After"),
        ])
    }
}

/// Refusals of an operation that anyone may call.
pub struct PublicRefusals;

impl IntoResponses for PublicRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(&[
            ("400", "Malformed input; `errors` names the field"),
            ("404", "Nothing under this id"),
            ("429", "Too many requests; see Retry-After"),
            ("503", "Busy; see Retry-After"),
        ])
    }
}
