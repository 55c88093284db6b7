//! Every operation with what everybody gets of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::things::Things;

/// What each of `CALLERS` gets, in that order.
pub(super) type Expected = [u16; 6];

/// Open to everybody.
pub(super) const fn open(status: u16) -> Expected {
    [status; 6]
}

/// For whoever is signed in.
const fn signed_in(status: u16) -> Expected {
    [401, status, status, status, status, status]
}

/// For the members of the organisation; to others it is not there.
const fn member(status: u16) -> Expected {
    [401, 404, status, status, status, 404]
}

/// For the admins of the organisation and its owner.
const fn admin(status: u16) -> Expected {
    [401, 404, 403, status, status, 404]
}

/// For the owner of the organisation.
const fn owner(status: u16) -> Expected {
    [401, 404, 403, 403, status, 404]
}

/// A thing of the owner's own.
const fn owner_alone(status: u16) -> Expected {
    [401, 404, 404, 404, status, 404]
}

/// For admins of the platform, whom [`as_platform_admin`] has; support gets what is given.
const fn operators(support: u16) -> Expected {
    [401, 403, 403, 403, 403, support]
}

/// For the person, who is the organisation's owner, and for operators, of whom support gets what is given.
const fn themselves(status: u16, support: u16) -> Expected {
    [401, 403, 403, 403, status, support]
}

/// For everybody about somebody else: the owner, who is the person, meets themselves.
const fn others(status: u16) -> Expected {
    [401, status, status, status, 409, status]
}

/// What an admin of the platform gets where support gets something else.
pub(super) fn as_platform_admin(operation: &str, support: u16) -> u16 {
    match operation {
        "POST /api/billing/credits/grant"
        | "POST /api/buz/mint"
        | "POST /api/users/create"
        | "POST /api/users/{userId}/portfolio"
        | "POST /api/users/{userId}/skills" => 201,
        // There is nothing to burn, and no second factor.
        "POST /api/buz/burn" | "DELETE /api/users/{userId}/totp" => 409,
        "PUT /api/users/{userId}"
        | "PUT /api/users/{userId}/privacy"
        | "POST /api/billing/webhook-events/replay"
        | "PUT /api/users/{userId}/portfolio/{entryId}" => 200,
        "POST /api/users/{userId}/suspend"
        | "POST /api/users/{userId}/reinstate"
        | "DELETE /api/users/{userId}/portfolio/{entryId}"
        | "DELETE /api/users/{userId}/skills/{skillId}" => 204,
        // The organisation has other members.
        "DELETE /api/users/{userId}" => 409,
        _ => support,
    }
}

/// A call, and what comes of it.
pub(super) struct Case {
    pub(super) body: Option<Value>,
    pub(super) content_type: &'static str,
    pub(super) expected: Expected,
}

const fn bare(expected: Expected) -> Case {
    Case { body: None, content_type: "application/json", expected }
}

const fn with(body: Value, expected: Expected) -> Case {
    Case { body: Some(body), content_type: "application/json", expected }
}

/// The row of every operation.
pub(super) fn cases(things: &Things) -> BTreeMap<&'static str, Case> {
    let (lead, colleague) = (things.lead.to_string(), things.colleague.to_string());
    let invitation = json!({"token": things.invitation_token});
    let account = json!({"email": "new@example.com", "password": "correct horse battery", "name": "New"});
    let grant = json!({"organizationId": things.organization, "credits": 5, "reason": "Why not."});
    let page = "https://app.example.com";
    let checkout = json!({"priceId": "price_pro_monthly", "successUrl": page, "cancelUrl": page});
    let venture = json!({"name": "Engine", "stage": "idea", "category": "Hardware", "description": "Computes."});
    BTreeMap::from([
        ("GET /api/health", bare(open(200))),
        ("POST /api/auth/register", with(account, open(201))),
        ("POST /api/auth/login", with(json!({"email": "no@example.com", "password": "wrong password"}), open(401))),
        ("GET /api/auth/me", bare(signed_in(200))),
        ("POST /api/auth/refresh", with(json!({"refreshToken": "no"}), open(401))),
        ("POST /api/auth/logout", bare(signed_in(204))),
        ("POST /api/auth/logout-everywhere", bare(signed_in(204))),
        ("POST /api/auth/login/totp", with(json!({"challenge": "no", "code": "123456"}), open(401))),
        ("POST /api/auth/linkedin/start", bare(open(200))),
        ("POST /api/auth/linkedin/callback", with(json!({"code": "no", "state": "no", "verifier": "no"}), open(422))),
        // Nobody here has a verified address, nor anything linked.
        ("POST /api/auth/linkedin/link/start", bare(signed_in(409))),
        ("POST /api/auth/linkedin/link", with(json!({"code": "no", "state": "no", "verifier": "no"}), signed_in(422))),
        ("DELETE /api/auth/linkedin/link", bare(signed_in(409))),
        ("GET /api/auth/identities", bare(signed_in(200))),
        ("GET /api/auth/sessions", bare(signed_in(200))),
        ("PATCH /api/auth/sessions/{sessionId}", with(json!({"name": "Laptop"}), owner_alone(200))),
        ("DELETE /api/auth/sessions/{sessionId}", bare(owner_alone(204))),
        // Nobody here has a password; who signed in a moment ago may set one.
        ("POST /api/auth/password/change", with(json!({"newPassword": "kumquat marmalade seven"}), signed_in(204))),
        ("POST /api/auth/step-up", with(json!({"password": "wrong password", "refreshToken": "no"}), signed_in(403))),
        ("GET /api/auth/totp", bare(signed_in(200))),
        ("POST /api/auth/totp/enroll", bare(signed_in(200))),
        ("POST /api/auth/totp/confirm", with(json!({"code": "123456"}), signed_in(409))),
        ("POST /api/auth/totp/recovery-codes", bare(signed_in(409))),
        ("DELETE /api/auth/totp", bare(signed_in(409))),
        ("GET /.well-known/jwks.json", bare(open(200))),
        ("POST /api/auth/verify-email", with(json!({"token": "no"}), open(422))),
        ("POST /api/auth/verify-email/request", bare(signed_in(202))),
        ("POST /api/auth/password/forgot", with(json!({"email": "no@example.com"}), open(202))),
        ("POST /api/auth/password/reset", with(json!({"token": "no", "password": "correct horse"}), open(422))),
        (
            "POST /api/auth/email/change",
            with(json!({"newEmail": "new@example.com", "password": "wrong password"}), signed_in(403)),
        ),
        ("POST /api/auth/email/confirm", with(json!({"token": "no"}), open(422))),
        ("POST /api/organizations", with(json!({"name": "New"}), signed_in(201))),
        ("GET /api/organizations", bare(signed_in(200))),
        ("GET /api/organizations/{organizationId}", bare(member(200))),
        ("PUT /api/organizations/{organizationId}", with(json!({"name": "New"}), admin(200))),
        ("DELETE /api/organizations/{organizationId}", bare(owner(204))),
        ("POST /api/organizations/{organizationId}/restore", bare(owner(200))),
        ("PUT /api/organizations/{organizationId}/security", with(json!({"requireSecondFactor": false}), owner(200))),
        ("GET /api/organizations/{organizationId}/members", bare(member(200))),
        ("PUT /api/organizations/{organizationId}/members/{userId}", with(json!({"role": "admin"}), admin(200))),
        ("DELETE /api/organizations/{organizationId}/members/{userId}", bare(admin(204))),
        ("POST /api/organizations/{organizationId}/leave", bare([401, 404, 204, 204, 409, 404])),
        ("POST /api/organizations/{organizationId}/transfer-ownership", with(json!({"userId": colleague}), owner(200))),
        (
            "POST /api/organizations/{organizationId}/invitations",
            with(json!({"email": "new@example.com", "role": "admin"}), admin(201)),
        ),
        ("GET /api/organizations/{organizationId}/invitations", bare(admin(200))),
        ("DELETE /api/organizations/{organizationId}/invitations/{invitationId}", bare(admin(204))),
        ("POST /api/organizations/{organizationId}/invitations/{invitationId}/resend", bare(admin(200))),
        ("GET /api/organizations/{organizationId}/ai-configuration", bare(member(200))),
        ("PUT /api/organizations/{organizationId}/ai-configuration", with(json!({"tone": "warm"}), admin(200))),
        ("GET /api/organizations/{organizationId}/usage", bare(member(200))),
        (
            "POST /api/organizations/{organizationId}/webhooks",
            with(json!({"url": "https://example.com/hook"}), admin(201)),
        ),
        ("GET /api/organizations/{organizationId}/webhooks", bare(admin(200))),
        ("GET /api/organizations/{organizationId}/webhooks/{webhookId}", bare(admin(200))),
        (
            "PUT /api/organizations/{organizationId}/webhooks/{webhookId}",
            with(json!({"url": "https://example.com/other"}), admin(200)),
        ),
        ("DELETE /api/organizations/{organizationId}/webhooks/{webhookId}", bare(admin(204))),
        ("POST /api/organizations/{organizationId}/webhooks/{webhookId}/rotate-secret", bare(admin(200))),
        ("GET /api/organizations/{organizationId}/webhooks/{webhookId}/deliveries", bare(admin(200))),
        (
            "POST /api/organizations/{organizationId}/webhooks/{webhookId}/deliveries/{deliveryId}/replay",
            bare(admin(200)),
        ),
        // The token is the right; to accept it takes the account of the address as well.
        ("POST /api/invitations/view", with(invitation.clone(), open(200))),
        ("POST /api/invitations/decline", with(invitation.clone(), open(204))),
        ("POST /api/invitations/accept", with(invitation, [401, 200, 403, 403, 403, 403])),
        ("GET /api/activity", bare(member(200))),
        ("GET /api/billing/prices", bare(open(200))),
        ("GET /api/billing/subscription", bare(member(200))),
        ("GET /api/billing/invoices", bare(admin(200))),
        ("GET /api/billing/checkouts/{checkoutId}", bare(member(200))),
        ("POST /api/stripe/create-checkout", with(checkout, owner(201))),
        ("POST /api/stripe/portal", with(json!({"returnUrl": "https://app.example.com"}), owner(409))),
        ("POST /api/billing/subscription/change-plan", with(json!({"plan": "pro"}), owner(409))),
        ("POST /api/billing/subscription/cancel", bare(owner(409))),
        ("POST /api/billing/subscription/resume", bare(owner(409))),
        (
            "POST /api/billing/webhook-events/replay",
            with(
                json!({"provider": "stripe", "from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}),
                operators(403),
            ),
        ),
        // The signature is the right.
        ("POST /api/stripe/webhook", with(json!({}), open(400))),
        ("POST /stripe-webhook", with(json!({}), open(400))),
        ("GET /api/linkedin/webhook", bare(open(400))),
        ("POST /api/linkedin/webhook", with(json!({}), open(400))),
        ("POST /api/unipile/webhook", with(json!({}), open(400))),
        ("POST /api/unipile/v2/webhook", with(json!({}), open(400))),
        ("POST /api/ventures/create", with(venture, member(201))),
        ("GET /api/ventures", bare(member(200))),
        ("GET /api/ventures/{ventureId}", bare(member(200))),
        (
            "POST /api/files/upload",
            with(json!({"name": "a.png", "contentType": "image/png", "sizeBytes": 10}), member(201)),
        ),
        ("GET /api/files/storage", bare(member(200))),
        ("GET /api/files/list/{userId}", bare(member(200))),
        ("GET /api/files/{fileId}", bare(member(200))),
        ("POST /api/files/{fileId}/complete", bare(member(200))),
        // The owner uploaded it.
        ("DELETE /api/files/{fileId}", bare(admin(204))),
        ("POST /api/crm/leads", with(json!({"name": "Grace"}), member(201))),
        ("GET /api/crm/leads", bare(member(200))),
        ("GET /api/crm/leads/{leadId}", bare(member(200))),
        ("PUT /api/crm/leads/{leadId}", with(json!({"name": "Ada King"}), member(200))),
        ("DELETE /api/crm/leads/{leadId}", bare(member(204))),
        ("GET /api/crm/leads/{leadId}/activities", bare(member(200))),
        ("POST /api/crm/unsubscribe", bare(open(202))),
        (
            "POST /api/crm/leads/import",
            Case {
                body: Some(Value::String("name\nGrace\n".to_owned())),
                content_type: "text/csv",
                expected: member(200),
            },
        ),
        ("POST /api/chat/message", with(json!({"message": "Hello"}), member(200))),
        ("GET /api/chat/conversations", bare(member(200))),
        ("GET /api/chat/conversations/{conversationId}/messages", bare(owner_alone(200))),
        ("POST /api/agentic/analyze", with(json!({}), member(200))),
        ("POST /api/tasks", with(json!({"kind": "lead_followup", "leadId": lead}), member(201))),
        ("GET /api/tasks", bare(member(200))),
        ("GET /api/tasks/{taskId}", bare(member(200))),
        ("POST /api/tasks/{taskId}/cancel", bare(member(200))),
        ("POST /api/tasks/{taskId}/retry", bare(member(409))),
        ("GET /api/billing/plans", bare(open(200))),
        ("GET /api/billing/usage", bare(member(200))),
        ("GET /api/billing/credits/history", bare(member(200))),
        ("POST /api/billing/credits/grant", with(grant, operators(403))),
        ("GET /api/buz/balance/{userId}", bare(themselves(200, 200))),
        ("GET /api/buz/balance/{userId}/past", bare(themselves(200, 200))),
        ("GET /api/buz/history/{userId}", bare(themselves(200, 200))),
        ("GET /api/buz/statement/{userId}", bare(themselves(200, 200))),
        ("GET /api/buz/quote", bare(signed_in(400))),
        ("POST /api/buz/transfer", with(json!({"to": colleague, "amount": 1_000_000}), signed_in(409))),
        ("GET /api/buz/stakes/{userId}", bare(themselves(200, 200))),
        ("POST /api/buz/stake", with(json!({"amount": 1_000_000, "days": 30}), signed_in(409))),
        ("POST /api/buz/unstake", with(json!({"stakeId": "stk_01KAGR3V0R0000000000000000"}), signed_in(404))),
        ("GET /api/buz/rewards", bare(signed_in(200))),
        ("POST /api/buz/rewards", with(json!({"stakeId": "stk_01KAGR3V0R0000000000000000"}), signed_in(404))),
        ("GET /api/buz/supply", bare(signed_in(200))),
        ("POST /api/buz/mint", with(json!({"amount": 1, "reason": "Seed"}), operators(403))),
        ("POST /api/buz/burn", with(json!({"amount": 1, "reason": "Seed"}), operators(403))),
        ("GET /api/analytics/platform", bare([401, 403, 403, 403, 403, 200])),
        ("GET /api/users", bare(signed_in(422))),
        ("POST /api/users/create", with(json!({"email": "new@example.com", "name": "New"}), operators(403))),
        ("GET /api/users/{userId}", bare(signed_in(200))),
        ("PUT /api/users/{userId}", with(json!({"name": "Owner"}), themselves(200, 403))),
        ("GET /api/users/{userId}/privacy", bare(themselves(200, 200))),
        ("PUT /api/users/{userId}/privacy", with(json!({}), themselves(200, 403))),
        ("POST /api/users/{userId}/suspend", bare(operators(403))),
        ("POST /api/users/{userId}/reinstate", bare(operators(403))),
        ("DELETE /api/users/{userId}/totp", bare(operators(403))),
        ("GET /api/users/connections", bare(signed_in(200))),
        ("POST /api/users/{userId}/connection", bare(others(200))),
        ("DELETE /api/users/{userId}/connection", bare(others(204))),
        ("POST /api/users/{userId}/connection/accept", bare(others(409))),
        ("POST /api/users/{userId}/connection/decline", bare(others(409))),
        ("POST /api/users/{userId}/block", bare(others(204))),
        ("DELETE /api/users/{userId}/block", bare(others(204))),
        ("GET /api/users/{userId}/connections/mutual", bare(signed_in(200))),
        ("GET /api/users/{userId}/portfolio", bare(signed_in(200))),
        ("POST /api/users/{userId}/portfolio", with(json!({"title": "Engine"}), themselves(201, 403))),
        ("PUT /api/users/{userId}/portfolio/{entryId}", with(json!({"title": "Engine"}), themselves(200, 403))),
        ("DELETE /api/users/{userId}/portfolio/{entryId}", bare(themselves(204, 403))),
        ("GET /api/users/{userId}/skills", bare(signed_in(200))),
        ("POST /api/users/{userId}/skills", with(json!({"name": "Rust"}), themselves(201, 403))),
        ("DELETE /api/users/{userId}/skills/{skillId}", bare(themselves(204, 403))),
        ("POST /api/users/{userId}/skills/{skillId}/endorsement", bare([401, 403, 403, 403, 409, 403])),
        ("DELETE /api/users/{userId}/skills/{skillId}/endorsement", bare(signed_in(204))),
        ("DELETE /api/users/{userId}", bare([401, 403, 403, 403, 409, 403])),
        ("POST /api/users/{userId}/export", bare([401, 403, 403, 403, 201, 403])),
        // Whoever has the token of a link has no need to be anybody; here is none.
        ("GET /api/users/exports", bare([400; 6])),
        ("GET /api/users/{userId}/activity", bare(themselves(200, 200))),
        ("GET /api/users/{userId}/activity/analytics", bare(themselves(200, 200))),
    ])
}
