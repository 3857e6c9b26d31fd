import { useEffect, useRef, useState } from "react";

const MILLISECONDS = 700;

interface Properties {
  readonly value: number;
  readonly format: (value: number) => string;
}

/** A number that counts gently to where it is now, unless motion is not wanted. */
export function Count({ value, format }: Properties) {
  const [shown, setShown] = useState(value);
  const from = useRef(value);
  useEffect(() => {
    const start = from.current;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (start === value || still || document.hidden) {
      from.current = value;
      setShown(value);
      return undefined;
    }
    const began = performance.now();
    // On the way to a whole number all are whole.
    const told = Number.isInteger(value) ? Math.round : Number;
    let frame = requestAnimationFrame(function step(now) {
      const part = Math.min(Math.max((now - began) / MILLISECONDS, 0), 1);
      from.current = part === 1 ? value : told(start + (value - start) * (1 - (1 - part) ** 3));
      setShown(from.current);
      if (part < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [value]);
  return <>{format(shown)}</>;
}
