//! Every hour, one message for each organisation above free.
