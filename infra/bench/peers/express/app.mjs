// Accounts and leads in Express: register, who am I, list leads, as docs/BENCHMARKS.md compares them.

import cluster from "node:cluster";
import { createHash, createPrivateKey, createPublicKey, randomBytes, randomUUID } from "node:crypto";
import { DynamoDBClient, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import argon2 from "argon2";
import express from "express";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";

const ACCESS_TOKEN_SECONDS = 24 * 60 * 60;
const REFRESH_TOKEN_MS = 30 * 24 * 60 * 60 * 1000;
const HASHING = { type: argon2.argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

const tableName = process.env.TABLE_NAME;
const workers = Number(process.env.WORKERS ?? 1);
const signingKey = createPrivateKey(process.env.SIGNING_KEY);
const verifyingKey = createPublicKey(signingKey);
const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());

const Registration = z.object({
  email: z.email().max(254),
  password: z.string().min(8).max(128),
  name: z.string().min(1).max(100),
});

const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().optional(),
});

class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const app = express();
app.use(express.json());

app.post("/api/auth/register", async (request, response) => {
  const { email, password, name } = Registration.parse(request.body);
  const now = new Date();
  const [userId, sessionId, eventId] = ["usr", "ses", "evt"].map((kind) => `${kind}_${randomUUID().replaceAll("-", "")}`);
  const refreshToken = randomBytes(32).toString("base64url");
  const passwordHash = await argon2.hash(password, HASHING);
  const createdAt = now.toISOString();
  const items = [
    { pk: `EMAIL#${email.toLowerCase()}`, sk: "ACCOUNT", userId },
    { pk: `USER#${userId}`, sk: "PROFILE", id: userId, email, name, passwordHash, createdAt },
    {
      pk: `USER#${userId}`,
      sk: `SESSION#${sessionId}`,
      id: sessionId,
      refreshHash: createHash("sha256").update(refreshToken).digest("hex"),
      createdAt,
      expiresAt: new Date(now.getTime() + REFRESH_TOKEN_MS).toISOString(),
    },
    { pk: `USER#${userId}#EVENT`, sk: eventId, type: "account.registered", userId, at: createdAt },
  ];
  const TransactItems = items.map((Item) => ({
    Put: { TableName: tableName, Item, ConditionExpression: "attribute_not_exists(pk)" },
  }));
  try {
    await dynamodb.send(new TransactWriteCommand({ TransactItems }));
  } catch (error) {
    if (error instanceof TransactionCanceledException && error.CancellationReasons?.[0]?.Code === "ConditionalCheckFailed") {
      throw new HttpError(409, "This address has an account already.");
    }
    throw error;
  }
  const accessToken = await new SignJWT({ sid: sessionId, email })
    .setProtectedHeader({ alg: "EdDSA" })
    .setSubject(userId)
    .setIssuedAt(now)
    .setExpirationTime(new Date(now.getTime() + ACCESS_TOKEN_SECONDS * 1000))
    .sign(signingKey);
  response.status(201).json({ user: { id: userId, email, name }, accessToken, refreshToken, expiresIn: ACCESS_TOKEN_SECONDS });
});

// Lets a caller through whose token is good and whose session lives.
async function signedIn(request, response, next) {
  const [scheme, token] = (request.get("authorization") ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || !token) throw new HttpError(401, "Token missing");
  const verified = await jwtVerify(token, verifyingKey, { algorithms: ["EdDSA"] }).catch(() => {
    throw new HttpError(401, "Token invalid");
  });
  const pk = `USER#${verified.payload.sub}`;
  const sessionKey = `SESSION#${verified.payload.sid}`;
  const Keys = [{ pk, sk: "PROFILE" }, { pk, sk: sessionKey }];
  const answer = await dynamodb.send(new BatchGetCommand({ RequestItems: { [tableName]: { Keys, ConsistentRead: true } } }));
  const found = answer.Responses[tableName];
  const user = found.find((item) => item.sk === "PROFILE");
  const session = found.find((item) => item.sk === sessionKey);
  if (!user || !session || session.expiresAt <= new Date().toISOString()) throw new HttpError(401, "Token invalid");
  response.locals.user = user;
  response.locals.session = session;
  next();
}

const personalOrganization = (user) => user.id.replace("usr_", "org_");

app.get("/api/auth/me", signedIn, (request, response) => {
  const { user, session } = response.locals;
  response.json({
    user: { id: user.id, email: user.email, name: user.name, createdAt: user.createdAt },
    organizationId: personalOrganization(user),
    session: { id: session.id, createdAt: session.createdAt, expiresAt: session.expiresAt },
  });
});

app.get("/api/crm/leads", signedIn, async (request, response) => {
  const { limit, cursor } = PageQuery.parse(request.query);
  const pk = `ORG#${personalOrganization(response.locals.user)}#LEAD`;
  const page = await dynamodb.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": pk },
      ExclusiveStartKey: cursor && { pk, sk: Buffer.from(cursor, "base64url").toString() },
      Limit: limit,
      ScanIndexForward: false,
    }),
  );
  response.json({
    data: page.Items.map(lead),
    nextCursor: page.LastEvaluatedKey ? Buffer.from(page.LastEvaluatedKey.sk).toString("base64url") : null,
  });
});

function lead(item) {
  return {
    id: item.id,
    organizationId: item.organizationId,
    name: item.name,
    email: item.email ?? null,
    company: item.company ?? null,
    title: item.title ?? null,
    phone: item.phone ?? null,
    linkedinUrl: item.linkedinUrl ?? null,
    source: item.source ?? null,
    status: item.status,
    priority: item.priority,
    lastContactedAt: item.lastContactedAt ?? null,
    notes: item.notes ?? null,
    openFollowUpTaskId: item.openFollowUpTaskId ?? null,
    lastFollowUpAt: item.lastFollowUpAt ?? null,
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
  };
}

app.use((error, request, response, next) => {
  if (error instanceof z.ZodError) {
    response.status(422).json({ errors: error.issues });
  } else {
    if (!error.status) console.error(error);
    response.status(error.status ?? 500).json({ message: error.status ? error.message : "Internal Server Error" });
  }
});

if (workers > 1 && cluster.isPrimary) {
  for (let worker = 0; worker < workers; worker += 1) cluster.fork();
} else {
  app.listen(Number(process.env.PORT), "127.0.0.1");
}
