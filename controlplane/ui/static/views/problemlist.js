// What is wrong, with links to where it shows.
import { html } from "../html.js";
import { Age, Link, Rows } from "../parts.js";

/** @param {{problems: import("../problems.js").Problem[], most?: number}} props */
export const ProblemList = ({ problems, most = 200 }) => html`<${Rows} label="Problems" heads=${["What", "Problem", "Since"]} empty="Nothing is wrong that any object knows of."
  rows=${problems.slice(0, most).map((p) => [html`<${Link} to=${p.at} query=${p.query}>${p.what}<//>`, p.text, html`<${Age} since=${p.since} />`])} />
  ${problems.length > most && html`<p><${Link} to=${["health"]}>${problems.length - most} more<//></p>`}`;
