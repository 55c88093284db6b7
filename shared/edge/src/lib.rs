//! The host on Cloudflare Workers: it gives a function its [`shared::services::Services`] and turns Workers' requests into those of its
//! router.
//!
//! A Worker is a function crate's binary, whose `main.rs` hands each request to `serve_http`:
//!
//! ```text
//! #[worker::event(fetch)]
//! async fn fetch(request: worker::Request, environment: worker::Env, _: worker::Context) -> worker::Result<worker::Response> {
//!     shared_edge::serve_http("auth", request, environment, |host| Ok(auth::router().with_state(Deps::new(host)))).await
//! }
//! ```
//!
//! What runs on Workers is one thread without a socket, a timer wheel or a clock of the standard library. Each of these is taken from
//! the JavaScript side here, and everything above it is the same code as on Lambda. The crate is empty when it is built for another
//! target.

#[cfg(target_arch = "wasm32")]
mod clock;
#[cfg(target_arch = "wasm32")]
mod config;
#[cfg(target_arch = "wasm32")]
mod connector;
#[cfg(target_arch = "wasm32")]
mod entropy;
#[cfg(target_arch = "wasm32")]
mod fetch;
#[cfg(target_arch = "wasm32")]
mod headers;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod log;
#[cfg(target_arch = "wasm32")]
mod messages;
#[cfg(target_arch = "wasm32")]
mod serve;

#[cfg(target_arch = "wasm32")]
pub use host::Host;
#[cfg(target_arch = "wasm32")]
pub use serve::serve_http;
