// What all views are written with: elements and their state.
import { h, render, Fragment } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export { render, Fragment };
export { useEffect, useMemo, useRef, useState } from "./vendor/hooks.js";

/**
 * Elements as one writes them in HTML. Values in them become text or properties, never markup.
 * @type {(strings: TemplateStringsArray, ...values: any[]) => any}
 */
export const html = htm.bind(h);
