//! The assistant, the tasks it carries out, and the agentic engine on request.
