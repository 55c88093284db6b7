//! The OpenAPI 3.1 document, put together from each function's routes.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Server};

use crate::access::TOKEN_SECURITY;

/// A function's own part of the document, each path naming the function that serves it.
pub fn function_document(function: &str, mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let mut server = Server::new("/");
        server.description = Some(format!("functions/{function}"));
        item.servers = Some(vec![server]);
    }
    document
}

/// The whole document, from the parts of all functions.
pub fn document(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Groundwork")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The backend a startup platform stands on. Errors are RFC 9457 problems with a stable `code`; lists answer \
             `{data, nextCursor}`; the acting organisation is the `X-Organization-Id` header, the caller's personal one when absent.",
        ))
        .build();
    let empty = OpenApiBuilder::new().info(info).paths(Paths::new()).components(Some(Components::new())).build();
    let mut whole = parts.into_iter().fold(empty, |mut whole, part| {
        whole.merge(part);
        whole
    });
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `accessToken` of `POST /api/auth/login`."))
        .build();
    whole
        .components
        .get_or_insert_with(Components::new)
        .security_schemes
        .insert(TOKEN_SECURITY.to_owned(), SecurityScheme::Http(bearer).into());
    whole
}
