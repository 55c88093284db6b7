"""Accounts and leads in FastAPI: register, who am I, list leads, as docs/BENCHMARKS.md compares them."""

import base64
import hashlib
import os
import secrets
import uuid
from datetime import datetime, timedelta, timezone
from typing import Annotated

import boto3
import jwt
from argon2 import PasswordHasher
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, EmailStr, Field

ACCESS_TOKEN_SECONDS = 24 * 60 * 60
REFRESH_TOKEN_DAYS = 30

table_name = os.environ["TABLE_NAME"]
signing_key = load_pem_private_key(os.environ["SIGNING_KEY"].encode(), password=None)
verifying_key = signing_key.public_key()
hasher = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
# The client of a resource converts attribute values, and unlike the resource it may be used by several threads.
dynamodb = boto3.resource("dynamodb").meta.client
bearer = HTTPBearer(auto_error=False)
app = FastAPI()


class Registration(BaseModel):
    email: EmailStr = Field(max_length=254)
    password: str = Field(min_length=8, max_length=128)
    name: str = Field(min_length=1, max_length=100)


class User(BaseModel):
    id: str
    email: str
    name: str


class SignedIn(BaseModel):
    user: User
    accessToken: str
    refreshToken: str
    expiresIn: int


class Account(User):
    createdAt: str


class Session(BaseModel):
    id: str
    createdAt: str
    expiresAt: str


class Me(BaseModel):
    user: Account
    organizationId: str
    session: Session


class Lead(BaseModel):
    id: str
    organizationId: str
    name: str
    email: str | None = None
    company: str | None = None
    title: str | None = None
    phone: str | None = None
    linkedinUrl: str | None = None
    source: str | None = None
    status: str
    priority: str
    lastContactedAt: str | None = None
    notes: str | None = None
    openFollowUpTaskId: str | None = None
    lastFollowUpAt: str | None = None
    createdAt: str
    updatedAt: str


class LeadPage(BaseModel):
    data: list[Lead]
    nextCursor: str | None


def timestamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def personal_organization(user_id: str) -> str:
    return user_id.replace("usr_", "org_")


@app.post("/api/auth/register", status_code=status.HTTP_201_CREATED)
def register(registration: Registration) -> SignedIn:
    now = datetime.now(timezone.utc)
    user_id, session_id, event_id = (f"{kind}_{uuid.uuid4().hex}" for kind in ("usr", "ses", "evt"))
    refresh_token = secrets.token_urlsafe(32)
    items = [
        {"pk": f"EMAIL#{registration.email.lower()}", "sk": "ACCOUNT", "userId": user_id},
        {
            "pk": f"USER#{user_id}", "sk": "PROFILE", "id": user_id, "email": registration.email,
            "name": registration.name, "passwordHash": hasher.hash(registration.password), "createdAt": timestamp(now),
        },
        {
            "pk": f"USER#{user_id}", "sk": f"SESSION#{session_id}", "id": session_id,
            "refreshHash": hashlib.sha256(refresh_token.encode()).hexdigest(), "createdAt": timestamp(now),
            "expiresAt": timestamp(now + timedelta(days=REFRESH_TOKEN_DAYS)),
        },
        {
            "pk": f"USER#{user_id}#EVENT", "sk": event_id, "type": "account.registered", "userId": user_id,
            "at": timestamp(now),
        },
    ]
    puts = [{"Put": {"TableName": table_name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
            for item in items]
    try:
        dynamodb.transact_write_items(TransactItems=puts)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        if reasons and reasons[0]["Code"] == "ConditionalCheckFailed":
            raise HTTPException(status.HTTP_409_CONFLICT, "This address has an account already.") from error
        raise
    claims = {"sub": user_id, "sid": session_id, "email": registration.email, "iat": now,
              "exp": now + timedelta(seconds=ACCESS_TOKEN_SECONDS)}
    user = User(id=user_id, email=registration.email, name=registration.name)
    access_token = jwt.encode(claims, signing_key, algorithm="EdDSA")
    return SignedIn(user=user, accessToken=access_token, refreshToken=refresh_token, expiresIn=ACCESS_TOKEN_SECONDS)


def signed_in(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Me:
    """The caller, whose token is good and whose session lives."""
    refused = HTTPException(status.HTTP_401_UNAUTHORIZED, "Token invalid")
    if credentials is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Token missing")
    try:
        claims = jwt.decode(credentials.credentials, verifying_key, algorithms=["EdDSA"])
    except jwt.InvalidTokenError as error:
        raise refused from error
    partition, session_key = f"USER#{claims['sub']}", f"SESSION#{claims['sid']}"
    keys = [{"pk": partition, "sk": "PROFILE"}, {"pk": partition, "sk": session_key}]
    answer = dynamodb.batch_get_item(RequestItems={table_name: {"Keys": keys, "ConsistentRead": True}})
    found = {item["sk"]: item for item in answer["Responses"][table_name]}
    user, session = found.get("PROFILE"), found.get(session_key)
    if user is None or session is None or session["expiresAt"] <= timestamp(datetime.now(timezone.utc)):
        raise refused
    return Me(user=Account(**user), organizationId=personal_organization(user["id"]), session=Session(**session))


@app.get("/api/auth/me")
def get_me(me: Annotated[Me, Depends(signed_in)]) -> Me:
    return me


@app.get("/api/crm/leads")
def list_leads(
    me: Annotated[Me, Depends(signed_in)],
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> LeadPage:
    partition = f"ORG#{me.organizationId}#LEAD"
    request = {"TableName": table_name, "KeyConditionExpression": Key("pk").eq(partition), "Limit": limit,
               "ScanIndexForward": False}
    if cursor is not None:
        request["ExclusiveStartKey"] = {"pk": partition, "sk": base64.urlsafe_b64decode(cursor).decode()}
    page = dynamodb.query(**request)
    last = page.get("LastEvaluatedKey")
    next_cursor = base64.urlsafe_b64encode(last["sk"].encode()).decode() if last else None
    return LeadPage(data=[Lead(**item) for item in page["Items"]], nextCursor=next_cursor)
