// A shell in a container.
import { html, useEffect, useRef, useState } from "../html.js";
import { path, socket } from "../api.js";
import { Command, quoted } from "../parts.js";
import { Screen, bytesOf } from "../screen.js";
import { setQuery } from "../route.js";

const stdin = 0, failed = 3, resize = 4; // channels of v5.channel.k8s.io

/** The first shell that the container has. */
const program = ["/bin/sh", "-c", "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"];

/** @param {{pod: any, container?: string}} props */
export function Shell({ pod, container }) {
  const { name, namespace } = pod.metadata;
  const names = pod.spec.containers.map((/** @type {any} */ c) => c.name);
  const chosen = container ?? names[0];
  const [state, setState] = useState("connecting");
  const [round, again] = useState(0);
  const out = useRef(/** @type {HTMLPreElement | null} */ (null));
  const input = useRef((/** @type {string} */ _keys) => {});
  useEffect(() => {
    if (!out.current) return;
    const query = new URLSearchParams({ container: chosen, stdin: "true", stdout: "true", tty: "true" });
    for (const word of program) query.append("command", word);
    const session = connect(path`/api/v1/namespaces/${namespace}/pods/${name}/exec` + "?" + query, out.current, setState);
    input.current = session.type;
    out.current.focus();
    return session.close;
  }, [name, namespace, chosen, round]);
  const key = (/** @type {KeyboardEvent} */ e) => {
    const typed = bytesOf(e);
    if (!typed) return;
    e.preventDefault();
    input.current(typed);
  };
  const paste = (/** @type {ClipboardEvent} */ e) => {
    e.preventDefault();
    input.current((e.clipboardData?.getData("text") ?? "").replaceAll("\r\n", "\r").replaceAll("\n", "\r"));
  };
  return html`<form class="filters" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
      <label>Container<select value=${chosen} onChange=${(/** @type {any} */ e) => setQuery({ container: e.target.value })}>${names.map((/** @type {string} */ n) => html`<option key=${n} value=${n}>${n}</option>`)}</select></label>
      <span class="dim" role="status">${state}</span>
      ${state !== "connected" && state !== "connecting" && html`<button type="button" onClick=${() => again(round + 1)}>Connect again</button>`}
      <span class="dim wide">Shift+Tab leaves the shell.</span>
    </form>
    <pre class="text screen" tabindex="0" role="textbox" aria-multiline="true" aria-label="Shell" ref=${out} onKeyDown=${key} onPaste=${paste}></pre>
    <${Command}>${`kubectl exec -it ${quoted(name)} -n ${quoted(namespace)} -c ${quoted(chosen)} -- sh`}<//>`;
}

/** @param {string} url @param {HTMLElement} out @param {(state: string) => void} say */
function connect(url, out, say) {
  const s = socket(url, "v5.channel.k8s.io"), screen = new Screen(out), decoder = new TextDecoder(), encoder = new TextEncoder();
  let opened = false, over = false, end = "";
  const send = (/** @type {number} */ channel, /** @type {string} */ text) => {
    if (s.readyState !== WebSocket.OPEN) return;
    const bytes = encoder.encode(text), frame = new Uint8Array(bytes.length + 1);
    frame[0] = channel;
    frame.set(bytes, 1);
    s.send(frame);
  };
  const size = () => send(resize, JSON.stringify({ Width: screen.columns(), Height: 24 }));
  const sizes = new ResizeObserver(size);
  say("connecting");
  s.onopen = () => {
    opened = true;
    say("connected");
    sizes.observe(out);
  };
  s.onmessage = ({ data }) => {
    const bytes = new Uint8Array(data), channel = bytes[0], rest = bytes.subarray(1);
    if (channel === failed) end = outcome(decoder.decode(rest));
    else screen.write(decoder.decode(rest, { stream: true }));
  };
  s.onclose = () => {
    sizes.disconnect();
    if (!over) say(end || (opened ? "the connection has ended" : "no connection: the container may not run, or you may not have the right to create pods/exec"));
  };
  return {
    type: (/** @type {string} */ text) => send(stdin, text),
    close: () => {
      over = true;
      sizes.disconnect();
      s.close();
    },
  };
}

/** @param {string} status the Status at the end, as JSON */
function outcome(status) {
  try {
    const { status: result, message } = JSON.parse(status);
    return result === "Success" ? "the shell has ended" : `the shell has ended: ${message}`;
  } catch {
    return "the shell has ended";
  }
}
