//! Leads: one by one, and by the file.
