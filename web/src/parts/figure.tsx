import type { ReactNode } from "react";
import { Count } from "./count";

interface Properties {
  readonly label: string;
  readonly value: number;
  readonly format: (value: number) => string;
  /** What more there is to say about the number, each on a line. */
  readonly notes?: readonly ReactNode[];
  readonly great?: boolean;
}

/** One number of a page, with its name: an entry of a `<dl>`. */
export function Figure({ label, value, format, notes = [], great = false }: Properties) {
  return (
    <div className={great ? "figure great" : "figure"}>
      <dt>{label}</dt>
      <dd className="value">
        <Count value={value} format={format} />
      </dd>
      {notes.map((note, place) => (
        <dd key={place} className="note">
          {note}
        </dd>
      ))}
    </div>
  );
}
