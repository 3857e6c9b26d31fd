// An OpenID Connect provider on a free port of this machine. It prints its address. Who signs in
// there is whoever they say; their login is the id that the gateway reads.
//
// RETURN_URL: where the pages are led back to. RESOURCE: whom access tokens are for.
// REFRESH: "yes" for clients that get refresh tokens, each for one use.

import { createServer } from "node:http";
import Provider from "oidc-provider";

const { RETURN_URL, RESOURCE, REFRESH } = process.env;
const NAMES = { 77: "Ada", 78: "Bert", 1304710: "Grace", 1631617: "Alan" };

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "pages",
        token_endpoint_auth_method: "none",
        redirect_uris: [RETURN_URL],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    clientBasedCORS: (_, origin) => origin === new URL(RETURN_URL).origin,
    cookies: { keys: ["of a test"] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => REFRESH === "yes",
    // The tests' browser is some hours ahead.
    ttl: { IdToken: 86_400 },
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => false,
        getResourceServerInfo: () => ({
          scope: "",
          audience: RESOURCE,
          accessTokenFormat: "jwt",
          accessTokenTTL: 3600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (_, { accountId }) => ({ name: NAMES[accountId] }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
