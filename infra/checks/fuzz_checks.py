"""What the contract fuzz checks beyond Schemathesis's own checks; infra/checks/schemathesis.toml loads it."""

import atexit
import json
import os

import schemathesis

# Where a value that the document allows may be refused all the same, with the reason why a schema cannot say so. The keys are an operation
# and the path of the value, as the problem names it; every other refusal of valid input is a difference.
BEYOND_SCHEMA = {
    ("*", "cursor"): "a cursor has to come from the same list",
    ("*", "Idempotency-Key"): "a key stands for the body that it first came with",
    ("createTask", "leadId"): "the lead has to be there, and only a follow-up has one",
    ("createTask", "leadIds"): "only a campaign has them, and each once",
    **{("createTask", f"leadIds[{place}]"): "the leads have to be there, each once" for place in range(25)},
    ("createTask", "about"): "only a campaign is about something, and it says something",
    **{
        ("createLead", path): "a text may say nothing, such as `n/a`, or consist of what is tidied away"
        for path in ["name", "company", "title", "source", "notes"]
    },
    ("createLead", "phone"): "a telephone number has three digits or more, however it is written",
    ("createLead", "lastContactedAt"): "our time is from 1970 on",
    ("createLead", "email"): "mail systems take fewer addresses than the format does",
    ("createLead", "linkedinUrl"): "only a person's profile is taken, which is written in many ways",
    ("register", "name"): "a name has no word of several alphabets, and nothing that nobody sees",
    ("createUser", "name"): "a name has no word of several alphabets, and nothing that nobody sees",
    ("createUser", "email"): "mail systems take fewer addresses than the format does",
    **{
        ("replaceUser", path): "texts hold nothing that nobody sees, and addresses lead to the web"
        for path in ["name", "headline", "bio", "city", *(f"links[{place}]" for place in range(10))]
    },
    ("replaceUser", "avatarFileId"): "it has to be a picture of the person's own",
    ("uploadFile", "name"): "a name ends as files of its kind do, and holds nothing that nobody sees",
    ("uploadFile", "sizeBytes"): "a whole number is written without a point",
    ("addSkill", "name"): "texts hold nothing that nobody sees",
    **{
        (operation, path): "texts hold nothing that nobody sees, and addresses lead to the web"
        for operation in ["createPortfolioEntry", "replacePortfolioEntry"]
        for path in ["title", "description", "url"]
    },
    **{
        (operation, "year"): "a whole number is written without a point"
        for operation in ["createPortfolioEntry", "replacePortfolioEntry"]
    },
    ("transferOwnership", "userId"): "it has to be another member",
    **{("searchUsers", path): "a search has to look for something" for path in ["name", "city", "skill"]},
    **{
        (operation, "token"): "a link has to be one that was mailed"
        for operation in ["verifyEmail", "resetPassword", "confirmEmail", "unsubscribe"]
    },
    **{
        (operation, path): "it has to be what LinkedIn sent back, and it is counted in bytes"
        for operation in ["signInWithLinkedIn", "linkLinkedIn"]
        for path in ["state", "code", "verifier"]
    },
    ("importLeads", ""): "the text has to be a table with columns that we know",
    **{
        (operation, path): "a password may be easily guessed, and is counted in bytes"
        for operation, path in [("register", "password"), ("resetPassword", "password"), ("changePassword", "newPassword")]
    },
    ("changePassword", "currentPassword"): "a password is counted in bytes",
    ("stepUp", "password"): "one of two is given, and a password is counted in bytes",
    ("stepUp", "refreshToken"): "a token has to be the session's",
    ("loginWithTotp", "code"): "one of two is given",
    ("getPastBuzBalance", "query"): "our time is from 1970 on",
    ("getBuzStatement", "query"): "our time is from 1970 on",
    ("getBuzStatement", "to"): "it has to be after `from`",
    **{
        (operation, path): "a whole number is written without a point"
        for operation in ["transferBuz", "stakeBuz", "mintBuz", "burnBuz", "grantCredits"]
        for path in ["amount", "days", "credits"]
    },
    ("transferBuz", "to"): "it has to be another's account",
    **{(operation, "userId"): "it has to be somebody's account" for operation in ["mintBuz", "burnBuz"]},
    ("grantCredits", "expiresAt"): "it has to lie in the future",
    ("grantCredits", "organizationId"): "it has to be an organisation of the platform",
    ("changePlan", "plan"): "it has to be a plan that is sold here",
    **{
        (operation, path): "it has to be a price that is sold here and a page of the frontend, and names of what is noted are of letters, digits and a few signs"
        for operation in ["createCheckout", "createPortalSession"]
        for path in ["priceId", "successUrl", "cancelUrl", "returnUrl", "metadata"]
    },
    **{("replayWebhookEvents", path): "the times are in order, and our time is from 1970 on" for path in ["from", "to"]},
    **{
        (operation, ""): "it has to be signed by the vendor"
        for operation in [
            "receiveStripeEvent",
            "receiveStripeEventAtItsOtherPath",
            "receiveLinkedinEvent",
            "receiveUnipileEvent",
            "receiveSignedUnipileEvent",
        ]
    },
    ("loginWithTotp", "recoveryCode"): "a code is counted in bytes",
}
BEYOND_SCHEMA |= {("replaceLead", path): why for (operation, path), why in BEYOND_SCHEMA.items() if operation == "createLead"}

# The operations that a request succeeded with, for the script to see that none was missed.
reached = set()


@atexit.register
def tell_reached():
    with open(os.environ["FUZZ_REACHED"], "a", encoding="utf-8") as file:
        file.writelines(f"{operation}\n" for operation in sorted(reached))


REFUSALS = {400, 413, 415, 422}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Takes two headers out of the document for sequences, in which every request names the same organisation.

    Schemathesis takes X-Organization-Id for the id of something that no operation makes, and would begin no sequence with an operation
    that has it. A repeated Idempotency-Key answers with what was made then, which the sequence may have removed since.
    """
    if "FUZZ_SEQUENCES" not in os.environ:
        return
    left_out = {"X-Organization-Id", "Idempotency-Key"}
    for item in raw_schema["paths"].values():
        for operation in (value for value in item.values() if isinstance(value, dict)):
            parameters = operation.get("parameters", [])
            operation["parameters"] = [parameter for parameter in parameters if parameter["name"] not in left_out]
            for response in operation["responses"].values():
                for link in response.get("links", {}).values():
                    link["parameters"] = {name: value for name, value in link["parameters"].items() if name not in left_out}


@schemathesis.hook
def map_body(context, body):
    """Puts a header row above every other file to import: a made-up text is hardly ever a table with columns that we know."""
    operation = context.operation.definition.raw["operationId"]
    if operation == "importLeads" and isinstance(body, str) and len(body) % 2:
        return f"name,email,notes\n{body}"
    return body


def problem_of(response):
    media_type = response.headers.get("content-type", [""])[0]
    return json.loads(response.content) if media_type == "application/problem+json" else None


@schemathesis.check
def valid_input_is_taken(ctx, response, case):
    """Input that the document allows is not refused as malformed or invalid."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in REFUSALS:
        return
    problem = problem_of(response) or {}
    operation = case.operation.definition.raw["operationId"]
    paths = [error["path"] for error in problem.get("errors", [])] or [""]
    for path in paths:
        known = ("*", path) in BEYOND_SCHEMA or (operation, path) in BEYOND_SCHEMA
        assert known, f"Input that the document allows was refused at `{path}`"


@schemathesis.check
def answers_are_dressed(ctx, response, case):
    """Every answer has its headers, and everything that is no success is a problem that says the same as its status."""
    for name in ["x-request-id", "api-version"]:
        assert name in response.headers, f"The answer has no {name}"
    operation = case.operation.definition.raw["operationId"]
    if 200 <= response.status_code < 300 and response.request.method == case.operation.method.upper():
        reached.add(operation)
    if response.status_code < 400 or operation == "getHealth":
        return
    # An answer to HEAD has no body.
    if response.request.method == "HEAD":
        return
    problem = problem_of(response)
    assert problem is not None, "What is no success is not a problem"
    assert problem["status"] == response.status_code, "The problem has another status than the answer"
    needed = {401: ["www-authenticate"], 429: ["retry-after", "ratelimit", "ratelimit-policy"], 503: ["retry-after"]}
    for name in needed.get(response.status_code, []):
        assert name in response.headers, f"The answer has no {name}"
