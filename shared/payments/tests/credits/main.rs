//! Payments on the embedded table: what settling them does to credits.

#[cfg(test)]
mod packs;
