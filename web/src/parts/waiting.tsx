import { useText } from "../texts/texts";

/** Blocks where the figures and the chart of a page will be, so that nothing moves when they come. */
export function Waiting({ figures }: { readonly figures: number }) {
  const text = useText();
  return (
    <div className="waiting" role="status">
      <p className="unseen">{text("loading")}</p>
      <div className="figures" aria-hidden="true">
        {Array.from({ length: figures }, (_, place) => (
          <div key={place} className="figure blank" />
        ))}
      </div>
      <div className="panel blank" aria-hidden="true" />
    </div>
  );
}
