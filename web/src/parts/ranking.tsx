import type { ReactNode } from "react";
import { Count } from "./count";
import { Share } from "./share";

export interface Ranked {
  readonly key: string;
  readonly name: ReactNode;
  readonly value: number;
  readonly note?: ReactNode;
}

interface Properties {
  /** The first has most: the bars of the others are measured against it. */
  readonly rows: readonly Ranked[];
  readonly format: (value: number) => string;
}

/** Names with their numbers, each with a bar. */
export function Ranking({ rows, format }: Properties) {
  const most = Math.max(rows[0]?.value ?? 0, Number.MIN_VALUE);
  return (
    <ol className="ranking">
      {rows.map(({ key, name, value, note }) => (
        <li key={key}>
          <span className="name">{name}</span>
          <span className="number">
            <Count value={value} format={format} />
          </span>
          <Share of={value / most} />
          {note && <span className="note">{note}</span>}
        </li>
      ))}
    </ol>
  );
}
