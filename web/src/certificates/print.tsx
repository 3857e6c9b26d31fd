import { useText } from "../texts/texts";

/** Prints the certificate that the page shows. */
export function Print() {
  const text = useText();
  return (
    <div className="print">
      <button type="button" className="button primary" onClick={() => window.print()}>
        {text("certificate.print")}
      </button>
    </div>
  );
}
