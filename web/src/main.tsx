import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { keepFocus } from "./parts/keep-focus";
import "./theme/theme.css";
import "./theme/parts.css";
import "./theme/charts.css";

// It is written relative to the page that was opened, and looked up from others as well.
for (const icon of document.querySelectorAll<HTMLLinkElement>("link[rel=icon]")) {
  icon.href = new URL(icon.href).href;
}

const place = document.getElementById("root");
if (place === null) throw new Error("The document has no place for the application.");
keepFocus(place);
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
