// Lays an answer out as JSON: what is small and flat on one line, the rest as usual.

const WIDTH = 76;

export function layOut(value, indent = "") {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const deeper = indent + "  ";
  const parts = Array.isArray(value)
    ? value.map((item) => layOut(item, deeper))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${layOut(item, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (!parts.length) return open + close;
  const line = `${open} ${parts.join(", ")} ${close}`;
  const flat = Object.values(value).every((item) => item === null || typeof item !== "object");
  if (flat && indent.length + line.length <= WIDTH) return line;
  return `${open}\n${parts.map((part) => deeper + part).join(",\n")}\n${indent}${close}`;
}
