import type { Problem } from "./use-command";

/** Says why a change was not done; nothing if it was. */
export function Problems({ problems }: { readonly problems: readonly Problem[] }) {
  return (
    <div role="alert">
      {problems.map(({ sentence }) => (
        <p key={sentence} className="problem">
          {sentence}
        </p>
      ))}
    </div>
  );
}
