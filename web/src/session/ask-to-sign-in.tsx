import { useText, type TextId } from "../texts/texts";

/** Says that a page is about who is signed in; the button is in the frame. */
export function AskToSignIn({ reason }: { readonly reason: TextId }) {
  const text = useText();
  return <p className="empty">{text(reason)}</p>;
}
