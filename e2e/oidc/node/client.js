// A client of an identity provider and of an API, made of openid-client alone.
// Arguments: the issuer and the address of the gate. One line for each thing
// that it tried: its name and what came of it.
import { webcrypto } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import * as oidc from "openid-client";

// Node 18, which is Debian 12's, does not show these two.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const [issuer, gate] = process.argv.slice(2);
const resource = (name) => `https://api.example.com/${name}`;
const callback = "http://127.0.0.1:9/callback";

let sent = []; // the calls of the gate since the last line, with their answers
async function watched(address, options) {
  const answer = await fetch(address, options);
  if (String(address).startsWith(gate)) sent.push({ headers: new Headers(options.headers), status: answer.status });
  return answer;
}

const discover = (id, authentication) => oidc.discovery(new URL(issuer), id, undefined, authentication, { execute: [oidc.allowInsecureRequests], [oidc.customFetch]: watched });
const robot = await discover("robot", oidc.ClientSecretBasic("robots-secret"));
const app = await discover("app", oidc.None());
const web = await discover("web", oidc.ClientSecretBasic("webs-secret"));
const resourceServer = await discover("gatehouse", oidc.ClientSecretBasic("gatehouses-secret"));

const granted = (config, api, options) => oidc.clientCredentialsGrant(config, { resource: resource(api), scope: "orders:read orders:write" }, options);

// login goes to the provider as a browser would, as far as the address of the
// client, and exchanges the code.
async function login(config, who, api, more = {}, options) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier(), expectedState = oidc.randomState(), expectedNonce = oidc.randomNonce();
  let at = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback, scope: "openid orders:read orders:write", resource: resource(api), login_hint: who, state: expectedState, nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256", ...more,
  });
  const cookies = new Map();
  for (let hops = 0; !at.href.startsWith(callback); hops++) {
    const answer = await fetch(at, { redirect: "manual", headers: { cookie: [...cookies].map((c) => c.join("=")).join("; ") } });
    for (const line of (answer.headers.get("set-cookie") ?? "").split(/, *(?=[^;,=\s]+=)/)) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      value ? cookies.set(name, value) : cookies.delete(name);
    }
    if (!answer.headers.has("location") || hops > 10) throw new Error(`the login ends with status ${answer.status}: ${await answer.text()}`);
    at = new URL(answer.headers.get("location"), at);
  }
  return oidc.authorizationCodeGrant(config, at, { pkceCodeVerifier, expectedState, expectedNonce }, { resource: resource(api) }, options);
}

function challenges(list) {
  return list.map(({ scheme, parameters: p }) => [scheme, p.error, p.acr_values && `acr_values=${p.acr_values}`, p.max_age && `max_age=${p.max_age}`].filter(Boolean).join(" ")).join(" ");
}

// ask makes one call; what it returns are its words for the line.
async function ask(config, token, path, method = "GET", options = undefined) {
  try {
    const answer = await oidc.fetchProtectedResource(config, token, new URL(gate + path), method, undefined, undefined, options);
    return { words: `${answer.status} ${answer.headers.get("x-saw") ?? ""}`, answer };
  } catch (error) {
    if (error.status === undefined) throw error;
    return { words: `${error.status} ${challenges(error.cause)}`, challenges: error.cause };
  }
}

async function plain(path, headers) {
  const answer = await fetch(gate + path, { headers });
  return { words: `${answer.status} ${(await answer.json()).code}` };
}

function say(name, { words }) {
  const before = sent.slice(0, -1).map((call) => call.status);
  console.log(`${name}: ${words.trim()}${before.length ? ` after ${before}` : ""}`);
  sent = [];
}

// Tokens that anybody may use.
say("program", await ask(robot, (await granted(robot, "orders")).access_token, "/orders"));
const person = await login(web, "alice", "orders");
say("person", await ask(web, person.access_token, "/orders"));
console.log(`id-token: of ${person.claims().sub}`);

// Tokens that are bound to a key (RFC 9449), with the nonce that the gate asks
// for: the first call is answered with it, and openid-client tries again.
const bound = oidc.getDPoPHandle(robot, await oidc.randomDPoPKeyPair("ES256"));
const robots = await granted(robot, "bound", { DPoP: bound });
say("bound-program", await ask(robot, robots.access_token, "/bound/orders", "GET", { DPoP: bound }));
say("bound-program-again", await ask(robot, robots.access_token, "/bound/orders", "GET", { DPoP: bound }));
const phone = oidc.getDPoPHandle(app, await oidc.randomDPoPKeyPair("PS256"));
const alices = await login(app, "alice", "bound", {}, { DPoP: phone });
console.log(`token-type: ${alices.token_type}`);
say("bound-person", await ask(app, alices.access_token, "/bound/orders", "GET", { DPoP: phone }));
await ask(app, alices.access_token, "/bound/orders", "GET", { DPoP: phone });
const proof = sent.at(-1).headers.get("dpop");
sent = [];
say("proof-replayed", await plain("/bound/orders", { authorization: `DPoP ${alices.access_token}`, dpop: proof }));
say("proof-missing", await plain("/bound/orders", { authorization: `DPoP ${alices.access_token}` }));
say("bound-as-bearer", await ask(app, alices.access_token, "/bound/orders"));
const thief = oidc.getDPoPHandle(app, await oidc.randomDPoPKeyPair("ES256"));
say("stolen", await ask(app, alices.access_token, "/bound/orders", "GET", { DPoP: thief }));
say("not-bound", await ask(robot, (await granted(robot, "bound")).access_token, "/bound/orders"));
say("bound-elsewhere", await ask(app, alices.access_token, "/orders", "GET", { DPoP: phone }));

// A login that is not strong enough, and one by what the challenge asks for
// (RFC 9470 section 4).
const weak = await ask(web, person.access_token, "/payments", "POST");
say("step-up", weak);
const { acr_values, max_age } = weak.challenges.find((c) => c.parameters.error === "insufficient_user_authentication").parameters;
const strong = await login(web, "alice", "orders", { acr_values, max_age });
say("stepped-up", await ask(web, strong.access_token, "/payments", "POST"));

// Tokens that say nothing by themselves, and one that is taken back (RFC 7009).
const opaque = (await granted(robot, "opaque")).access_token;
say("opaque", await ask(robot, opaque, "/opaque/orders"));
say("opaque-unknown", await ask(robot, "Zq7Zq7Zq7Zq7", "/opaque/orders"));
await oidc.tokenRevocation(robot, opaque);
const since = Date.now();
console.log(`provider-says-active: ${(await oidc.tokenIntrospection(resourceServer, opaque)).active}`);
let last = await ask(robot, opaque, "/opaque/orders");
while (last.answer && Date.now() - since < 10000) {
  await pause(50);
  last = await ask(robot, opaque, "/opaque/orders");
}
sent = [];
say("opaque-revoked", last);
// The cache of the gate is good for 2 seconds; a busy machine takes its time.
console.log(`revoked-in-time: ${Date.now() - since < 5000}`);
