import { useNumbers } from "../texts/numbers";
import { useText } from "../texts/texts";

/** From here on a percentage is harder to read than how many times it is. */
const MANY_TIMES = 3;

interface Properties {
  readonly now: number;
  readonly before: number;
  readonly days: number;
}

/** How much more or less there is than in as many days before, in words. */
export function Change({ now, before, days }: Properties) {
  const text = useText();
  const numbers = useNumbers();
  if (before === 0) {
    return <span className="change">{text(now === 0 ? "change.same" : "change.new", { days })}</span>;
  }
  const share = (now - before) / before;
  if (share === 0) return <span className="change">{text("change.same", { days })}</span>;
  const more = share > 0;
  const percent = numbers.percent(Math.abs(share));
  return (
    <span className={more ? "change more" : "change less"}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        <path d={more ? "M5 1 9.5 9H.5Z" : "M5 9 .5 1h9Z"} />
      </svg>
      {share >= MANY_TIMES - 1
        ? text("change.times", { times: numbers.amount("hours", now / before), days })
        : text(more ? "change.more" : "change.less", { percent, days })}
    </span>
  );
}
