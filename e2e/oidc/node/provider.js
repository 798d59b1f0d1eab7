// An identity provider (panva's oidc-provider, of a version that runs on Debian
// 12's Node 18) whose logins need no browser: whoever login_hint names is logged
// in and consents. Arguments: its issuer, a folder that keeps its keys from run
// to run, and the names of the keys, of which the first one signs.
import { createServer } from "node:http";
import { X509Certificate, generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Provider from "oidc-provider";

const [issuer, folder, ...kids] = process.argv.slice(2);

function key(kid) {
  const file = join(folder, kid + ".json");
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(file, JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" }), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

// The APIs that tokens can be for (RFC 8707): how long and what they are.
const api = (name, form, seconds) => [`https://api.example.com/${name}`, {
  audience: `https://api.example.com/${name}`, scope: "orders:read orders:write", accessTokenTTL: seconds, accessTokenFormat: form, jwt: { sign: { alg: "ES256" } },
}];
const apis = new Map([api("orders", "jwt", 300), api("bound", "jwt", 300), api("bank", "jwt", 300), api("opaque", "opaque", 300)]);
const brief = { ...apis.get("https://api.example.com/orders"), accessTokenTTL: 1 };

const callback = { redirect_uris: ["http://127.0.0.1:9/callback"], response_types: ["code"], grant_types: ["authorization_code", "refresh_token"], id_token_signed_response_alg: "ES256" };
const program = { redirect_uris: [], response_types: [], grant_types: ["client_credentials"], id_token_signed_response_alg: "ES256" };

const provider = new Provider(issuer, {
  clients: [
    { client_id: "robot", client_secret: "robots-secret", ...program },
    { client_id: "web", client_secret: "webs-secret", backchannel_logout_uri: issuer + "/heard", backchannel_logout_session_required: true, ...callback },
    { client_id: "brief", client_secret: "briefs-secret", ...callback }, // its tokens live for a second
    { client_id: "app", token_endpoint_auth_method: "none", dpop_bound_access_tokens: true, ...callback },
    { client_id: "partner", client_secret: "partners-secret", tls_client_certificate_bound_access_tokens: true, ...program },
    { client_id: "gatehouse", client_secret: "gatehouses-secret", ...program },
  ],
  jwks: { keys: kids.map(key) },
  scopes: ["openid", "offline_access"],
  clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
  enabledJWA: { idTokenSigningAlgValues: ["ES256"], dPoPSigningAlgValues: ["ES256", "PS256"] },
  acrValues: ["silver", "gold"],
  cookies: { keys: [randomBytes(32).toString("hex")] },
  pkce: { required: () => true },
  issueRefreshToken: (_ctx, client, code) => client.grantTypeAllowed("refresh_token") && code.scopes.has("offline_access"),
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    // The certificate of a client, as a proxy that ends TLS says it (RFC 9440).
    mTLS: {
      enabled: true, certificateBoundAccessTokens: true,
      getCertificate: (ctx) => ctx.get("client-cert") ? new X509Certificate(Buffer.from(ctx.get("client-cert").slice(1, -1), "base64")) : undefined,
    },
    introspection: { enabled: true, allowedPolicy: (_ctx, client) => client.clientId === "gatehouse" },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource, client) => client.clientId === "brief" ? brief : apis.get(resource) ?? { ...apis.get("https://api.example.com/orders"), audience: resource },
    },
  },
  // Tokens say how and when their user was authenticated (RFC 9470 section 6),
  // and in which session.
  extraTokenClaims(ctx, token) {
    const grant = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
    return token.kind === "AccessToken" && grant ? { acr: grant.acr, auth_time: grant.authTime, sid: grant.sid } : undefined;
  },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
});

// interact answers what the provider would ask a person.
async function interact(req, res) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);
  if (prompt.name === "login") {
    const acr = params.acr_values?.split(" ")[0] ?? "silver";
    return provider.interactionFinished(req, res, { login: { accountId: params.login_hint, acr } });
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope, missingResourceScopes } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) grant.addResourceScope(resource, scopes.join(" "));
  return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

provider.proxy = true; // which says in X-Forwarded-Proto whether it spoke TLS
provider.on("backchannel.error", (_ctx, err) => console.error(err));
provider.on("server_error", (_ctx, err) => console.error(err));
const others = provider.callback();
const server = createServer((req, res) => {
  if (!req.url.startsWith("/interaction/")) return others(req, res);
  interact(req, res).catch((err) => { console.error(err); res.writeHead(500).end(); });
});
server.listen(0, "127.0.0.1", () => console.log(`provider listens on 127.0.0.1:${server.address().port}`));
