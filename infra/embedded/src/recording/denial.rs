//! A refusal for want of rights, as each service answers it.

use serde_json::json;

use super::{Right, Service};
use crate::wire::WireResponse;

/// What both services put in front of an error's name that is not of their own making.
const ERROR_TYPE: &str = "com.amazon.coral.service#AccessDeniedException";

/// The answer to a request without this right.
pub(super) fn answer(service: Service, principal: &str, right: &Right) -> WireResponse {
    let Right { action, resource } = right;
    match service {
        Service::DynamoDb => {
            let message = message(principal, action, resource);
            WireResponse::error(400, json!({ "__type": ERROR_TYPE, "Message": message }).to_string())
        }
        Service::Sqs => {
            // SQS writes the action in small letters, and its older code in the header that SDKs read first.
            let message = message(principal, &action.to_lowercase(), resource);
            let body = json!({ "__type": ERROR_TYPE, "message": message }).to_string();
            WireResponse { query_error: Some("AccessDenied;Sender".to_owned()), ..WireResponse::error(403, body) }
        }
    }
}

fn message(principal: &str, action: &str, resource: &str) -> String {
    format!(
        "User: {principal} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the \
         {action} action"
    )
}
