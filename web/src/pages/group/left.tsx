import { Link } from "wouter";
import { Said } from "../../parts/said";
import { useText } from "../../texts/texts";

/** In place of a group that one has left, and so does not find any more. */
export function Left({ name }: { readonly name: string }) {
  const text = useText();
  return (
    <div className="missing">
      <h1>{text("group.left", { name })}</h1>
      <Said>{text("group.hasLeft")}</Said>
      <Link href="/groups" className="button">
        {text("group.toGroups")}
      </Link>
    </div>
  );
}
