//! The OpenAPI 3.1 document, put together from each function's routes.
//!
//! An operation declares its input, its success and the problems of its own; what follows from those (which other problems it answers,
//! what headers come with an answer, where an id of an answer leads) is added here, so that a new operation has it by existing.

mod answers;
mod links;

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, RefOr, Server};

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
            "The backend a startup platform stands on. Errors are RFC 9457 problems with a stable `code`, also where a fault of ours \
             is answered with 500; lists answer `{data, nextCursor}`; the acting organisation is the `X-Organization-Id` header, the \
             caller's personal one when absent.",
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
    let components = whole.components.get_or_insert_with(Components::new);
    components.security_schemes.insert(TOKEN_SECURITY.to_owned(), SecurityScheme::Http(bearer).into());
    answers::define(components);
    let answers = links::Answers::of(components);
    let targets = whole.paths.paths.values().flat_map(operations).flat_map(links::Target::of).collect::<Vec<_>>();
    for item in whole.paths.paths.values_mut() {
        let reads = item.get.iter_mut().map(|operation| (operation, false));
        let changes = [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten();
        for (operation, changes) in reads.chain(changes.map(|operation| (operation, true))) {
            answers.link(operation, &targets);
            answers::complete(operation, changes);
        }
    }
    whole
}

fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> {
    [&item.get, &item.put, &item.post, &item.delete, &item.patch].into_iter().flatten()
}

/// Whether the operation has a parameter of this name.
fn has_parameter(operation: &Operation, name: &str) -> bool {
    parameters(operation).any(|parameter| parameter.name == name)
}

fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}
