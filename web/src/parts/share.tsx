/** A bar for a share from 0 to 1; the number itself stands beside it, as text. */
export function Share({ of }: { readonly of: number }) {
  const length = Math.min(Math.max(of, 0), 1) * 100;
  return (
    <svg className="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect className="whole" width="100" height="6" />
      <rect className="part" width={length} height="6" />
    </svg>
  );
}
