// Bars over time, as SVG. All geometry stands in attributes: the page's policy allows no styles
// in the markup.

import { scaleBand, scaleLinear } from "d3-scale";
import { type PointerEvent, useState } from "react";
import type { Measure } from "../address";
import type { Period } from "../days";
import { useNumbers } from "../texts/numbers";
import type { Bar } from "./bars";
import { useWidth } from "./use-width";

const HEIGHT = 280;
const TOP = 12;
const BOTTOM = 30;
const RIGHT = 4;
const LETTER = 7.2;
const TICK_SPACE = 72;

interface Properties {
  readonly bars: readonly Bar[];
  readonly period: Period;
  readonly measure: Measure;
  readonly label: string;
  /** The days that the bars stand for, in words. */
  readonly days: string;
  /** Called with a bar that is pressed; the table has the same as links. */
  readonly onPick?: ((bar: Bar) => void) | undefined;
}

export function BarChart({ bars, period, measure, label, days, onPick }: Properties) {
  const numbers = useNumbers();
  const [place, width] = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const highest = Math.max(...bars.map((bar) => Math.max(bar.value, bar.before?.value ?? 0)), 0);
  const y = scaleLinear([0, highest || 1], [HEIGHT - BOTTOM, TOP]).nice(4);
  const whole = measure !== "hours";
  // Something is never drawn as nothing.
  const top = (value: number) => Math.min(y(value), HEIGHT - BOTTOM - (value > 0 ? 2 : 0));
  const ticks = y.ticks(4).filter((tick) => !whole || Number.isInteger(tick));
  const left = Math.max(...ticks.map((tick) => numbers.short(tick).length)) * LETTER + 10;
  const x = scaleBand(
    bars.map((bar) => bar.startsOn),
    [left, Math.max(width - RIGHT, left + 1)],
  )
    .paddingInner(bars.length > 60 ? 0.15 : 0.25)
    .paddingOuter(0.1);
  // One bar alone would be as wide as the page.
  const thickness = Math.min(x.bandwidth(), 72);
  const middle = (bar: Bar) => (x(bar.startsOn) ?? 0) + x.bandwidth() / 2;
  const every = Math.ceil(bars.length / Math.max(1, Math.floor((width - left) / TICK_SPACE)));
  const at = (event: PointerEvent<SVGSVGElement>): number | null => {
    const across = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    const found = Math.floor(across / x.step());
    return found >= 0 && found < bars.length ? found : null;
  };
  const shown = active === null ? undefined : bars[active];
  return (
    <div className="chart" ref={place}>
      <p className="readout" aria-hidden="true">
        {shown === undefined && days}
        {shown && (
          <>
            <strong>{numbers.amountOf(measure, shown.value)}</strong>{" "}
            {numbers.bucket(shown.startsOn, period)}
            {shown.before && (
              <span className="earlier">
                {numbers.amountOf(measure, shown.before.value)}{" "}
                {numbers.bucket(shown.before.startsOn, period)}
              </span>
            )}
          </>
        )}
      </p>
      <svg
        role="img"
        aria-label={label}
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        className={onPick ? "pickable" : undefined}
        onPointerMove={(event) => setActive(at(event))}
        onPointerDown={(event) => setActive(at(event))}
        onPointerLeave={() => setActive(null)}
        onClick={() => shown && onPick?.(shown)}
      >
        {ticks.map((tick) => (
          <g key={tick} className="level">
            <line x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
            <text x={left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
              {numbers.short(tick)}
            </text>
          </g>
        ))}
        {bars.map((bar, index) => (
          <g key={bar.startsOn} className={index === active ? "column active" : "column"}>
            {index === active && (
              <rect
                className="behind"
                x={middle(bar) - x.step() / 2}
                y={TOP}
                width={x.step()}
                height={HEIGHT - BOTTOM - TOP}
              />
            )}
            {bar.before && (
              <path className="before" d={column(middle(bar), thickness, top(bar.before.value))} />
            )}
            <path
              className="bar"
              d={column(middle(bar), bar.before ? thickness * 0.6 : thickness, top(bar.value))}
            />
            {index % every === 0 && (
              <text x={middle(bar)} y={HEIGHT - 10} textAnchor="middle">
                {numbers.tick(bar.startsOn, period)}
              </text>
            )}
          </g>
        ))}
        <line className="floor" x1={left} x2={width} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} />
      </svg>
    </div>
  );
}

/** A bar from the floor to a height, round at its upper corners. */
function column(middle: number, width: number, top: number): string {
  const floor = HEIGHT - BOTTOM;
  const radius = Math.min(4, width / 2, floor - top);
  const [left, right] = [middle - width / 2, middle + width / 2];
  if (floor - top <= 0) return "";
  return [
    `M${left},${floor}V${top + radius}`,
    `Q${left},${top} ${left + radius},${top}`,
    `H${right - radius}`,
    `Q${right},${top} ${right},${top + radius}`,
    `V${floor}Z`,
  ].join("");
}
