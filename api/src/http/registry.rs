//! Where a feature registers its handlers: in the server, or in the document of the API.
//!
//! The same list for both, so that neither has what the other lacks; the server doesn't make the
//! document anew for each of its workers.

use actix_web::{dev::HttpServiceFactory, web};
use utoipa_actix_web::{OpenApiFactory, service_config};

/// A place that takes handlers.
pub trait Registry {
    /// Registers a handler.
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, handler: F) -> &mut Self;
}

impl Registry for web::ServiceConfig {
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, handler: F) -> &mut Self {
        self.service(handler)
    }
}

impl Registry for service_config::ServiceConfig<'_> {
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, handler: F) -> &mut Self {
        self.service(handler)
    }
}
