//! The one list of routes.

use actix_web::{HttpRequest, HttpResponse, dev::ResourceDef, http::Method, http::header::ALLOW, web::Data};
use utoipa_actix_web::{scope, service_config::ServiceConfig};

use crate::{
    error::{Code, Problem},
    features, openapi,
};

/// Registers every feature. There is exactly one `/api/v1`: a second scope with the same prefix
/// would be shadowed.
pub fn all(cfg: &mut ServiceConfig) {
    // One feature a line. What is called most comes first: the router looks through them in order.
    #[rustfmt::skip]
    let api = scope::scope("/api/v1")
        .configure(features::centres::routes)
        .configure(features::vouchers::routes)
        .configure(features::bookings::routes)
        .configure(features::auth::routes)
        .configure(features::families::routes)
        .configure(features::ratings::routes)
        .configure(features::satisfaction::routes)
        .configure(features::settlement::routes)
        .configure(features::oversight::routes)
        .configure(features::audit::routes);
    cfg.service(api);
    cfg.configure(features::ops::routes);
}

/// The paths that exist, with their methods.
pub struct KnownPaths(Vec<(ResourceDef, Vec<Method>)>);

impl KnownPaths {
    /// From the document of the handlers.
    #[must_use]
    pub fn load() -> Self {
        Self(openapi::methods().into_iter().map(|(path, methods)| (ResourceDef::new(path), methods)).collect())
    }
}

/// Everything else: 405 with `Allow` where the path exists, else 404.
pub async fn unknown(req: HttpRequest, known: Data<KnownPaths>) -> HttpResponse {
    let methods = known.0.iter().find(|(path, _)| path.is_match(req.path())).map(|(_, methods)| methods);
    let Some(methods) = methods else {
        return HttpResponse::from_error(Problem::new(Code::NotFound));
    };
    let allow = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut response = HttpResponse::from_error(Problem::new(Code::MethodNotAllowed));
    if let Ok(value) = allow.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}
