// What a container writes, as it writes it.
import { html, useEffect, useRef, useState } from "../html.js";
import { path, request, socket, withQuery } from "../api.js";
import { Command, quoted } from "../parts.js";
import { setQuery } from "../route.js";

const most = 5000; // lines kept
const tail = 1000; // lines of the past

/** @param {{pod: any, container?: string}} props */
export function Logs({ pod, container }) {
  const { name, namespace } = pod.metadata;
  const names = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((/** @type {any} */ c) => c.name);
  const chosen = container ?? names[0];
  const [previous, setPrevious] = useState(false);
  const [stamps, setStamps] = useState(false);
  const [state, setState] = useState("connecting");
  const [round, again] = useState(0);
  const out = useRef(/** @type {HTMLPreElement | null} */ (null));
  useEffect(() => {
    if (!out.current) return;
    const at = path`/api/v1/namespaces/${namespace}/pods/${name}/log`;
    return follow(at, { container: chosen, previous, timestamps: stamps, tailLines: tail }, out.current, setState);
  }, [name, namespace, chosen, previous, stamps, round]);
  return html`<form class="filters" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
      <label>Container<select value=${chosen} onChange=${(/** @type {any} */ e) => setQuery({ container: e.target.value })}>${names.map((n) => html`<option key=${n} value=${n}>${n}</option>`)}</select></label>
      <label class="check"><input type="checkbox" checked=${previous} onChange=${() => setPrevious(!previous)} />the one before the last restart</label>
      <label class="check"><input type="checkbox" checked=${stamps} onChange=${() => setStamps(!stamps)} />times</label>
      <span class="dim" role="status">${state}</span>
      ${state !== "following" && state !== "connecting" && html`<button type="button" onClick=${() => again(round + 1)}>Read again</button>`}
    </form>
    <pre class="text log" tabindex="0" aria-label="Log" ref=${out}></pre>
    <${Command}>${`kubectl logs ${quoted(name)} -n ${quoted(namespace)} -c ${quoted(chosen)}${previous ? " --previous" : " -f"}`}<//>`;
}

/**
 * Writes a log into an element until the returned function is called.
 * @param {string} at @param {Record<string, any>} query @param {HTMLElement} out @param {(state: string) => void} say
 */
function follow(at, query, out, say) {
  const decoder = new TextDecoder(), kept = /** @type {{node: Text, lines: number}[]} */ ([]);
  let waiting = "", timer = 0, lines = 0, opened = false, over = false;
  out.replaceChildren();
  say("connecting");
  const write = () => {
    timer = 0;
    const atEnd = out.scrollHeight - out.scrollTop - out.clientHeight < 40;
    const text = readable(waiting);
    waiting = "";
    const added = { node: new Text(text), lines: text.split("\n").length - 1 };
    kept.push(added);
    lines += added.lines;
    out.append(added.node);
    while (lines > most && kept.length > 1) {
      const old = /** @type {{node: Text, lines: number}} */ (kept.shift());
      old.node.remove();
      lines -= old.lines;
    }
    if (atEnd) out.scrollTop = out.scrollHeight;
  };
  const s = socket(withQuery(at, { ...query, follow: !query.previous }), "binary.k8s.io");
  s.onopen = () => {
    opened = true;
    say("following");
  };
  s.onmessage = ({ data }) => {
    waiting += decoder.decode(data, { stream: true });
    timer ||= setTimeout(write, 50);
  };
  s.onclose = async () => {
    if (over) return;
    if (opened) return say("the log has ended");
    try { // the answer to an ordinary request says why
      waiting += await (await request("GET", withQuery(at, query), { accept: "*/*" })).text();
      write();
      say("the log has ended");
    } catch (e) {
      say(/** @type {Error} */ (e).message);
    }
  };
  return () => {
    over = true;
    clearTimeout(timer);
    s.close();
  };
}

/** Text without what would steer a terminal. @param {string} s */
export const readable = (s) => s.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[@-Z\\-_]/g, "").replace(/\r(?=\n)/g, "").replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
