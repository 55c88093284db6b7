//! The routes of auth and crm as a plain HTTP server, for the comparison with other frameworks.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::serve::ListenerExt;
use shared::http::{ClientAddress, surround};
use shared_lambda::{Error, Host, logging};
use tokio::net::TcpListener;

use crate::say;

/// Serves until the process is ended, and prints where. The table is the one that the environment names, as on Lambda.
pub(crate) async fn serve() -> Result<(), Error> {
    let services = Host::from_environment().await?.services;
    let routes = Router::new()
        .merge(auth::router().with_state(auth::Deps::new(services.clone())))
        .merge(crm::router().with_state(crm::Deps::new(services.clone())));
    let application = surround(routes, &services).layer(from_fn(with_client_address));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("http://{}", listener.local_addr()?))?;
    // Each request leaves its line in the log, as on Lambda.
    logging::start("bench");
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, application.into_make_service_with_connect_info::<SocketAddr>()).await?)
}

/// The peer of a socket is the client, as in the local cloud.
async fn with_client_address(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(ClientAddress(peer.ip()));
    next.run(request).await
}
