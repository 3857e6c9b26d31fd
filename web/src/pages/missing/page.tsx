import { Link } from "wouter";
import { useTitle } from "../../parts/use-title";
import { useText } from "../../texts/texts";

/** What stands at an address that leads nowhere; `reason` says more than the usual sentence. */
export function Missing({ reason }: { readonly reason?: string }) {
  const text = useText();
  useTitle(text("missing.title"));
  return (
    <div className="missing">
      <h1>{text("missing.title")}</h1>
      <p>{reason ?? text("missing.explain")}</p>
      <Link href="/" className="button">
        {text("missing.home")}
      </Link>
    </div>
  );
}
