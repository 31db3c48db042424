//! The one list of routes.

use std::sync::OnceLock;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::{Method, header::ALLOW},
    web::{self, Data},
};
use utoipa_actix_web::{scope, service_config::ServiceConfig};

use crate::{
    error::{Code, Problem},
    features,
    http::Registry,
    openapi,
};

const PREFIX: &str = "/api/v1";

/// Below `/api/v1`: one feature a line. What is called most comes first: the router looks through
/// them in order.
fn api(cfg: &mut impl Registry) {
    features::centres::routes(cfg);
    features::circle::routes(cfg);
    features::vouchers::routes(cfg);
    features::bookings::routes(cfg);
    features::waitlist::routes(cfg);
    features::auth::routes(cfg);
    features::families::routes(cfg);
    features::privacy::routes(cfg);
    features::ratings::routes(cfg);
    features::complaints::routes(cfg);
    features::events::routes(cfg);
    features::articles::routes(cfg);
    features::guidance::routes(cfg);
    features::planning::routes(cfg);
    features::pickups::routes(cfg);
    features::terms::routes(cfg);
    features::admission::routes(cfg);
    features::notices::routes(cfg);
    features::feeds::routes(cfg);
    features::credits::routes(cfg);
    features::push::routes(cfg);
    features::moderation::routes(cfg);
    features::satisfaction::routes(cfg);
    features::settlement::routes(cfg);
    features::oversight::routes(cfg);
    features::coverage::routes(cfg);
    features::directory::routes(cfg);
    features::registers::routes(cfg);
    features::exports::routes(cfg);
    // After coverage, whose map is an import by another way.
    features::imports::routes(cfg);
    features::progress::routes(cfg);
    features::audit::routes(cfg);
    features::exchange::routes(cfg);
    features::plan_inputs::routes(cfg);
    features::indicators::routes(cfg);
    features::support::routes(cfg);
}

/// Every route of the server. There is exactly one `/api/v1`: a second scope with the same prefix
/// would be shadowed.
pub fn serve(cfg: &mut web::ServiceConfig) {
    cfg.service(web::scope(PREFIX).configure(api));
    features::console::routes(cfg);
    features::map::routes(cfg);
    features::ops::routes(cfg);
}

/// The same for the document.
pub fn describe(cfg: &mut ServiceConfig<'_>) {
    cfg.service(scope::scope(PREFIX).configure(|cfg: &mut ServiceConfig<'_>| api(cfg)));
    features::map::routes(cfg);
    features::ops::routes(cfg);
}

/// The paths that exist, with their methods; made from the document of the handlers when the first
/// unknown call comes, for the document takes megabytes to make.
#[derive(Default)]
pub struct KnownPaths(OnceLock<Vec<(ResourceDef, Vec<Method>)>>);

impl KnownPaths {
    fn all(&self) -> &[(ResourceDef, Vec<Method>)] {
        let known = |(path, methods)| (ResourceDef::new(path), methods);
        self.0.get_or_init(|| openapi::methods().into_iter().map(known).collect())
    }
}

/// Everything else: 405 with `Allow` where the path exists, else 404.
pub async fn unknown(req: HttpRequest, known: Data<KnownPaths>) -> HttpResponse {
    let methods = known.all().iter().find(|(path, _)| path.is_match(req.path())).map(|(_, methods)| methods);
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
