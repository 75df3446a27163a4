// What the API server cannot be asked to watch is asked for again and again.
import { useEffect, useState } from "./html.js";

const every = 3000;

/**
 * @template T
 * @param {(stop: AbortSignal) => Promise<T>} load @param {string} of what is loaded: when it changes, loading begins anew
 * @returns {{value?: T, error?: any}} the last answer
 */
export function usePolled(load, of) {
  const [answer, setAnswer] = useState(/** @type {{value?: T, error?: any}} */ ({}));
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const again = async () => {
      const next = await load(stop.signal).then((value) => ({ value }), (error) => ({ error }));
      if (stop.signal.aborted) return;
      setAnswer(next);
      timer = setTimeout(again, every);
    };
    again();
    return () => (stop.abort(), clearTimeout(timer));
  }, [of]);
  return answer;
}
