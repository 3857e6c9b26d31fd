import { useText } from "../../texts/texts";

interface Person {
  readonly id: string;
  readonly displayName: string | null;
  readonly login: string | null;
}

/** Gives what somebody is called. */
export function useNameOf(): (person: Person) => string {
  const text = useText();
  return ({ id, displayName, login }) => displayName ?? login ?? text("session.unnamed", { id });
}
