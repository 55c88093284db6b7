//! Figures of the platform.
