//! Every minute, rings what is due again.
