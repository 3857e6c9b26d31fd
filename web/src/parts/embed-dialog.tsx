// The dialog with the HTML to copy, and what it shows. It is loaded when somebody asks for it.

import { useRef, useState } from "react";
import type { View } from "../address";
import { Dialog } from "../forms/dialog";
import { useText } from "../texts/texts";
import { embedAddress, embedHtml, type Form, FORMS, type Theme, THEMES } from "./embed-html";
import "./embed.css";

interface Properties {
  readonly path: string;
  readonly name: string;
  readonly view: View;
  readonly onClose: () => void;
}

export default function EmbedDialog({ path, name, view, onClose }: Properties) {
  const text = useText();
  const [form, setForm] = useState<Form>("frame");
  const [theme, setTheme] = useState<Theme>("auto");
  const [copied, setCopied] = useState<"embed.copied" | "embed.copyYourself" | null>(null);
  const place = useRef<HTMLTextAreaElement>(null);
  const alt = `${name}: ${text(`measure.${view.measure}`)}`;
  const html = embedHtml(path, form, view, theme, alt);
  const choose = (choice: () => void) => {
    setCopied(null);
    choice();
  };
  const copy = async () => {
    place.current?.select();
    try {
      // There is none where the page did not come over https.
      await navigator.clipboard.writeText(html);
      setCopied("embed.copied");
    } catch {
      setCopied("embed.copyYourself");
    }
  };
  // No frame may be in this page: an image shows the same.
  const shown = form === "counter" ? "counter" : "chart";
  const preview = (which: Theme) => embedAddress(path, shown, view, which);
  return (
    <Dialog title={text("embed.title")} onClose={onClose}>
      <p>{text("embed.explain")}</p>
      <div className="fields">
        <div className="beside">
          <label>
            {text("embed.form")}
            <select
              autoFocus
              value={form}
              onChange={({ target }) => choose(() => setForm(target.value as Form))}
            >
              {FORMS.map((one) => (
                <option key={one} value={one}>
                  {text(`embed.form.${one}`)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {text("embed.theme")}
            <select
              value={theme}
              onChange={({ target }) => choose(() => setTheme(target.value as Theme))}
            >
              {THEMES.map((one) => (
                <option key={one} value={one}>
                  {text(`embed.theme.${one}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
        <picture className="preview">
          {theme === "auto" && (
            <source media="(prefers-color-scheme: dark)" srcSet={preview("dark")} />
          )}
          <img src={preview(theme === "auto" ? "light" : theme)} alt={alt} />
        </picture>
        <label>
          {text("embed.html")}
          <textarea ref={place} rows={4} readOnly spellCheck={false} dir="ltr" value={html} />
        </label>
      </div>
      <p className="hint" role="status">
        {copied && text(copied)}
      </p>
      <div className="buttons">
        <button type="button" className="button" onClick={onClose}>
          {text("embed.close")}
        </button>
        <button type="button" className="button primary" onClick={copy}>
          {text("embed.copy")}
        </button>
      </div>
    </Dialog>
  );
}
