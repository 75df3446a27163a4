// A plain terminal: lines of text and a cursor in the last ones. It understands what shells
// write to edit a line, and drops colours and whatever else steers real terminals.

const most = 2000; // lines kept

export class Screen {
  #lines = [""];
  #row = 0;
  #column = 0;
  #rest = ""; // the beginning of a sequence
  #drawing = 0;

  /** @param {HTMLElement} out */
  constructor(out) {
    this.out = out;
    out.replaceChildren();
  }

  /** How many characters fit in a line. */
  columns() {
    const probe = document.createElement("span");
    probe.textContent = "0".repeat(50);
    this.out.append(probe);
    const width = probe.getBoundingClientRect().width / 50;
    probe.remove();
    return width > 0 ? Math.max(20, Math.floor((this.out.clientWidth - 24) / width)) : 80;
  }

  /** @param {string} text */
  write(text) {
    text = this.#rest + text;
    this.#rest = "";
    const token = /\x1b\[([0-9;?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b[=>78cDEHM]|\x1b|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g;
    for (let m; (m = token.exec(text)); ) {
      const [t, numbers, final] = m;
      if (t === "\x1b" && text.length - m.index < 64) {
        this.#rest = text.slice(m.index);
        break;
      }
      if (final) this.#control(final, numbers);
      else if (t[0] >= " " && t !== "\x7f") this.#put(t);
      else this.#move(t);
    }
    this.#drawing ||= requestAnimationFrame(() => this.#draw());
  }

  /** @param {string} s */
  #put(s) {
    const line = this.#lines[this.#row].padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + s + line.slice(this.#column + s.length);
    this.#column += s.length;
  }

  /** @param {string} c */
  #move(c) {
    if (c === "\r") this.#column = 0;
    else if (c === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (c === "\t") this.#put(" ".repeat(8 - (this.#column % 8)));
    else if (c === "\n") {
      if (++this.#row === this.#lines.length) this.#lines.push("");
      if (this.#lines.length > most) this.#row -= this.#lines.splice(0, this.#lines.length - most).length;
    }
  }

  /** @param {string} final @param {string} numbers */
  #control(final, numbers) {
    const n = parseInt(numbers, 10) || 0, line = this.#lines[this.#row];
    switch (final) {
      case "A": this.#row = Math.max(0, this.#row - (n || 1)); break;
      case "B": this.#row = Math.min(this.#lines.length - 1, this.#row + (n || 1)); break;
      case "C": this.#column = Math.min(this.#column + (n || 1), 500); break;
      case "D": this.#column = Math.max(0, this.#column - (n || 1)); break;
      case "G": this.#column = Math.min(Math.max(0, n - 1), 500); break;
      case "K": this.#lines[this.#row] = n === 1 ? " ".repeat(this.#column) + line.slice(this.#column) : n === 2 ? "" : line.slice(0, this.#column); break;
      case "P": this.#lines[this.#row] = line.slice(0, this.#column) + line.slice(this.#column + (n || 1)); break;
      case "J":
        if (n >= 2) this.#lines = [""], this.#row = this.#column = 0;
        else this.#lines[this.#row] = line.slice(0, this.#column), this.#lines.length = this.#row + 1;
        break;
    }
  }

  #draw() {
    this.#drawing = 0;
    const cursor = document.createElement("span"), line = this.#lines[this.#row];
    cursor.className = "cursor";
    cursor.textContent = line[this.#column] ?? " ";
    const before = [...this.#lines.slice(0, this.#row), line.slice(0, this.#column).padEnd(this.#column)].join("\n");
    const after = [line.slice(this.#column + 1), ...this.#lines.slice(this.#row + 1)].join("\n");
    this.out.replaceChildren(before, cursor, after);
    this.out.scrollTop = this.out.scrollHeight;
  }
}

/** @type {Record<string, string>} */
const keys = {
  Enter: "\r", Backspace: "\x7f", Tab: "\t", Escape: "\x1b", Delete: "\x1b[3~", Home: "\x1b[H", End: "\x1b[F",
  ArrowUp: "\x1b[A", ArrowDown: "\x1b[B", ArrowRight: "\x1b[C", ArrowLeft: "\x1b[D",
};

/** What a terminal sends for a key, or "" if the key is the browser's. @param {KeyboardEvent} e */
export function bytesOf(e) {
  if (e.metaKey || e.isComposing || (e.key === "Tab" && e.shiftKey)) return "";
  if (e.ctrlKey && !e.altKey) {
    if (e.shiftKey || e.key.length !== 1) return "";
    if (e.key === "v" || (e.key === "c" && getSelection()?.toString())) return ""; // paste, copy
    const code = e.key.toUpperCase().charCodeAt(0);
    return code >= 64 && code < 96 ? String.fromCharCode(code - 64) : "";
  }
  const typed = keys[e.key] ?? (e.key.length === 1 ? e.key : "");
  return e.altKey && typed ? "\x1b" + typed : typed;
}
