import { config } from "./config";

/**
 * Leave for the issuer of the gateway's settings; whether there is one. `silent`: it asks nobody
 * anything. Rejected if the gateway or the issuer does not answer.
 */
export async function signInAtIssuer(silent: boolean): Promise<boolean> {
  const { signIn } = await config();
  if (signIn === null) return false;
  const { begin } = await import("./issuer");
  await begin(signIn, silent);
  return true;
}
