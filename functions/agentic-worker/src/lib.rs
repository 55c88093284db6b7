//! Runs the agentic engine for one organisation a message.
