//! Ventures: what organisations build.
