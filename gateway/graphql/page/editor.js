// A text area with syntax highlighting and indentation by Tab; Escape, then Tab, leaves it.

export class Editor {
  constructor(frame, highlight, onRun) {
    this.area = frame.querySelector("textarea");
    this.backdrop = frame.querySelector("pre");
    this.highlight = highlight;
    this.onRun = onRun;
    this.leaving = false;
    this.area.addEventListener("input", () => this.paint());
    this.area.addEventListener("scroll", () => this.follow());
    this.area.addEventListener("keydown", (event) => this.press(event));
    this.area.addEventListener("blur", () => (this.leaving = false));
  }

  get text() {
    return this.area.value;
  }

  set text(value) {
    this.area.value = value;
    this.area.scrollTo(0, 0);
    this.paint();
  }

  paint() {
    this.highlight(this.backdrop, this.text + "\n");
    this.follow();
  }

  follow() {
    const { scrollLeft, scrollTop } = this.area;
    this.backdrop.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
  }

  press(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.onRun();
    } else if (event.key === "Escape") {
      this.leaving = true;
    } else if (event.key === "Tab" && !event.shiftKey && !this.leaving) {
      event.preventDefault();
      this.insert("  ");
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const line = this.text.slice(0, this.area.selectionStart).split("\n").pop();
      const indent = line.match(/^ */)[0];
      this.insert("\n" + indent + (/[{([]\s*$/.test(line) ? "  " : ""));
    } else if (!["Tab", "Shift"].includes(event.key)) {
      this.leaving = false;
    }
  }

  insert(text) {
    // This deprecated command is the only way to insert text and keep the browser's undo history.
    if (!document.execCommand("insertText", false, text)) {
      this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
      this.paint();
    }
  }
}
