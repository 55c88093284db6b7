//! Carries out tasks.
