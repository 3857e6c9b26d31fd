import {
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
} from "oauth4webapi";
import { keepBegun } from "../begun";
import type { IssuerConfig } from "../config";
import { safePath } from "../return-path";
import { asksForIdentity, issuerOf, purpose } from "./server";

/**
 * Leave for the issuer, and come back to this page. `silent`: the issuer shows nothing, and leads
 * back at once, signed in or not.
 */
export async function begin(config: IssuerConfig, silent: boolean): Promise<void> {
  const { server, returnUrl } = await issuerOf(config);
  if (server.authorization_endpoint === undefined) throw new Error("Nobody can sign in there.");
  // What is stored here would not be found under another origin.
  if (new URL(returnUrl).origin !== location.origin) throw new Error("It leads back elsewhere.");
  const [state, nonce] = [generateRandomState(), generateRandomNonce()];
  const verifier = generateRandomCodeVerifier();
  const url = new URL(server.authorization_endpoint);
  const parameters = {
    client_id: config.clientId,
    redirect_uri: returnUrl,
    response_type: config.implicit ? "token" : "code",
    scope: config.scopes,
    state,
    ...purpose(config),
    ...(asksForIdentity(config) && { nonce, ...(silent && { prompt: "none" }) }),
    ...(!config.implicit && {
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  keepBegun(state, { nonce, verifier, path: safePath(location.pathname + location.search), silent });
  if (silent) location.replace(url);
  else location.assign(url);
}
