// The HTML that shows a chart or a counter on another page.

import type { View } from "../address";
import { root } from "../root";

export const FORMS = ["frame", "chart", "counter"] as const;
export type Form = (typeof FORMS)[number];

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const SIZES: Record<Form, readonly [width: number, height: number]> = {
  frame: [720, 440],
  chart: [720, 380],
  counter: [320, 132],
};
const FILES: Record<Form, string> = { frame: "", chart: "/chart.svg", counter: "/counter.svg" };

/** The address of a form of what a page shows, from the gateway's root; other days are all days. */
export function embedAddress(path: string, form: Form, { preset, measure }: View, theme: Theme): string {
  const asked = new URLSearchParams();
  if (measure !== "classifications") asked.set("show", measure);
  if (preset !== "all" && preset !== "chosen") asked.set("range", preset);
  if (theme !== "auto") asked.set("theme", theme);
  const query = asked.toString();
  return `${root}embed${path}${FILES[form]}${query && `?${query}`}`;
}

/** The HTML to copy; `alt` is said in the place of what it shows. */
export function embedHtml(path: string, form: Form, view: View, theme: Theme, alt: string): string {
  const attribute = (name: string, value: string | number) => `${name}="${escaped(String(value))}"`;
  const address = (which: Theme) => location.origin + embedAddress(path, form, view, which);
  const [width, height] = SIZES[form];
  const size = `${attribute("width", width)} ${attribute("height", height)}`;
  if (form === "frame") {
    const source = attribute("src", address(theme));
    return `<iframe ${source} ${attribute("title", alt)} ${size} style="border: 0"></iframe>`;
  }
  const image = (which: Theme) =>
    `<img ${attribute("src", address(which))} ${attribute("alt", alt)} ${size}>`;
  if (theme !== "auto") return image(theme);
  // An image does not know what its reader's system prefers: the page around it has to ask.
  const dark = `media="(prefers-color-scheme: dark)" ${attribute("srcset", address("dark"))}`;
  return `<picture>\n  <source ${dark}>\n  ${image("light")}\n</picture>`;
}

const escaped = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
