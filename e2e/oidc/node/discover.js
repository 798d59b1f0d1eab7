// A client that knows nothing but the address of an API, its argument, and what
// it is called at whatever provider that API trusts: it goes by the challenge
// and the metadata of the API (RFC 9728), read by oauth4webapi. One line for
// each thing that it tried: its name and what came of it.
import { webcrypto } from "node:crypto";
import * as oauth from "oauth4webapi";

// Node 18, which is Debian 12's, does not show these two.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const api = new URL(process.argv[2]);
const orders = new URL("/orders", api);

const refused = await fetch(orders);
const challenge = refused.headers.get("www-authenticate");
console.log(`nobody: ${refused.status}`);

let asked;
const answer = await oauth.resourceDiscoveryRequest(api, { [oauth.customFetch]: (url, options) => { asked = url; return fetch(url, options); } });
const resource = await oauth.processResourceDiscoveryResponse(api, answer);
console.log(`challenge-names-the-document: ${challenge.includes(`resource_metadata="${asked}"`)}`);
console.log(`scopes: ${resource.scopes_supported}`);
console.log(`methods: ${resource.bearer_methods_supported}`);

const issuer = new URL(resource.authorization_servers[0]);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const client = { client_id: "robot" }, authentication = oauth.ClientSecretBasic("robots-secret");
const both = (list) => resource.dpop_signing_alg_values_supported.includes(list);
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(server.dpop_signing_alg_values_supported.find(both)));

// ask does what needs a nonce, again when the first answer gave one.
const ask = (what) => what().catch((error) => { if (!oauth.isDPoPNonceError(error)) throw error; return what(); });
const wanted = { resource: resource.resource, scope: resource.scopes_supported.join(" ") };
const token = await ask(async () => oauth.processClientCredentialsResponse(server, client, await oauth.clientCredentialsGrantRequest(server, client, authentication, wanted, { DPoP })));
const got = await ask(() => oauth.protectedResourceRequest(token.access_token, "GET", orders, undefined, undefined, { DPoP }));
console.log(`call: ${got.status} ${got.headers.get("x-saw")}`);
