import { root } from "../root";

/** The token of a role of the demo: asked for by POST, since no other page can do that from here. */
export async function tokenOfRole(name: string): Promise<string> {
  const answer = await fetch(`${root}demo/${encodeURIComponent(name)}`, {
    method: "POST",
    credentials: "omit",
    cache: "no-store",
  });
  if (!answer.ok) throw new Error(`The gateway answered ${answer.status}.`);
  const { token } = (await answer.json()) as { readonly token: string };
  return token;
}
