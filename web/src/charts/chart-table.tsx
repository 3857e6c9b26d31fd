import type { Measure } from "../address";
import { bucketRange, type Period, type Range } from "../days";
import { ViewLink } from "../parts/view";
import { useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";
import type { Bar } from "./bars";
import { within } from "./within";

interface Properties {
  readonly bars: readonly Bar[];
  readonly period: Period;
  readonly measure: Measure;
  readonly range: Range;
  readonly caption: string;
}

/** The numbers of a chart. Each period leads to its days. */
export function ChartTable({ bars, period, measure, range, caption }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  const compared = bars.some((bar) => bar.before !== undefined);
  return (
    <details className="numbers">
      <summary>{text("chart.table")}</summary>
      <div className="scrolling" role="group" aria-label={caption} tabIndex={0}>
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              <th scope="col">{text("chart.period", { period })}</th>
              <th scope="col" className="number">
                {text(`measure.${measure}`)}
              </th>
              {compared && (
                <>
                  <th scope="col">{text("chart.beforePeriod", { period })}</th>
                  <th scope="col" className="number">
                    {text(`measure.${measure}`)}
                  </th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {bars.map((bar) => (
              <tr key={bar.startsOn}>
                <th scope="row">
                  {period === "day" ? (
                    numbers.bucket(bar.startsOn, period)
                  ) : (
                    <ViewLink change={{ range: within(bucketRange(bar.startsOn, period), range) }}>
                      {numbers.bucket(bar.startsOn, period)}
                    </ViewLink>
                  )}
                </th>
                <td className="number">{numbers.amount(measure, bar.value)}</td>
                {compared && (
                  <>
                    <td>{bar.before && numbers.bucket(bar.before.startsOn, period)}</td>
                    <td className="number">
                      {bar.before && numbers.amount(measure, bar.before.value)}
                    </td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
